/**
 * Deaths and stops of the parts of a running program: what dies alone comes
 * back, what keeps dying ends the whole with a word, nothing is left behind, and
 * what was acknowledged and judged is there after each of them. One data folder
 * goes through all of it.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { present } from '#base/invariant.ts';
import { getJson, ledgerRows, OtlpSender } from '#test/support/client.ts';
import { caughtUp, judge, sendLoad, type Book } from '#test/support/kill-history.ts';
import { buildTraces } from '#test/support/otlp.ts';
import { commandOf, isAlive, processTree } from '#test/support/processes.ts';
import { startPlimsoll, type Program } from '#test/support/program.ts';
import { promptly } from '#test/support/promptly.ts';
import { sloText } from '#test/support/steady-sender.ts';
import { until } from '#test/support/wait.ts';

const SPANS_PER_SECOND = 600;
const BACK_MS_MAX = 15_000;
/** The promise is 3 s; the launcher and a busy machine add a little. */
const STOP_MS_MAX = 3500;
/** What a scraper waits for, less a margin. */
const HUNG_MS_MAX = 9000;
const GONE_MS_MAX = 2000;
const TRACES_MIN = 150;
/** Long enough that what burns still burns after every restart of this test. */
const POLICY = { longWindowMs: 3_600_000, shortWindowMs: 300_000, factor: 14.4, badEventsMin: 5 };
const OBJECTIVE = 0.999;

let folder: string;
/** All that was ever sent. */
const book: Book = new Map();

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-parts-'));
  mkdirSync(join(folder, 'slo'));
  for (const service of ['broken', 'killed'])
    writeFileSync(
      join(folder, 'slo', `${service}.yaml`),
      sloText(service, OBJECTIVE, { objective: OBJECTIVE, ...POLICY }),
    );
});
after(() => rmSync(folder, { recursive: true, force: true }));

function start(): Promise<Program> {
  return startPlimsoll({ dataDirectory: join(folder, 'data'), sloDirectory: join(folder, 'slo') });
}

function documentsOf(program: Program): number | undefined {
  return processTree(program.pid).find((pid) => commandOf(pid) === 'documents.ts');
}

async function isReady(program: Program): Promise<boolean> {
  return (await fetch(`${program.origin}/-/ready`)).status === 200;
}

/** SIGKILL; resolves when it is known and over, with the time that took. */
async function killDocuments(program: Program): Promise<number> {
  const pid = present(documentsOf(program), 'the store runs');
  const startedMs = performance.now();
  process.kill(pid, 'SIGKILL');
  await until('the death to be noticed', async () => !(await isReady(program)), {
    timeoutMs: 5000,
    everyMs: 5,
    detail: program.output,
  });
  await until('it to be ready again', () => isReady(program), {
    timeoutMs: BACK_MS_MAX,
    everyMs: 20,
    detail: program.output,
  });
  return performance.now() - startedMs;
}

async function expectAllThere(program: Program): Promise<void> {
  await expectBalance(program);
  const violations = await judge(program.origin, book);
  deepEqual(violations.slice(0, 10), [], `${violations.length} violations`);
}

async function expectBalance(program: Program): Promise<void> {
  await until('every consumer to have read all', () => caughtUp(program.origin), {
    timeoutMs: 20_000,
    detail: program.output,
  });
  const rows = await ledgerRows(program.origin);
  deepEqual(
    rows.filter(({ residual }) => residual !== 0),
    [],
  );
}

interface Slo {
  readonly id: string;
  readonly state: string;
  readonly budget: { readonly good: number; readonly total: number };
}

async function slo(program: Program, id: string): Promise<Slo> {
  return present(await getJson<Slo>(program.origin, `/api/plimsoll/v1/slos/${id}`), 'the SLO is there');
}

interface Incident {
  readonly id: string;
  readonly sloId: string;
  readonly state: string;
}

async function incidents(program: Program): Promise<readonly Incident[]> {
  return (
    (await getJson<{ incidents: Incident[] }>(program.origin, '/api/plimsoll/v1/incidents'))?.incidents ?? []
  );
}

/** Two minutes of failures, sent at once. */
async function sendOutage(sender: OtlpSender): Promise<void> {
  const spans = Array.from({ length: 120 }, (_, second) => {
    const endNanos = BigInt(Date.now() - second * 1000) * 1_000_000n;
    return {
      traceId: randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      startNanos: endNanos - 1_000_000n,
      endNanos,
      statusCode: 2,
    };
  });
  equal((await sender.post('traces', buildTraces({ service: 'broken', spans }))).status, 200);
}

test('a store that is killed comes back, with everything acknowledged; killed thrice, all ends', async (t) => {
  await using program = await start();
  using sender = new OtlpSender(program.otlpHttp);
  const stop = new AbortController();
  const load = sendLoad(sender, book, SPANS_PER_SECOND, stop.signal);
  await until('some load', () => book.size > TRACES_MIN, { timeoutMs: 10_000, everyMs: 10 });
  const backMs = await killDocuments(program);
  await sleep(300);
  stop.abort();
  equal(await load, 0, 'the door stayed open all the while');
  t.diagnostic(`back after ${backMs.toFixed(0)} ms; ${book.size} traces`);
  await expectAllThere(program);
  const page = await (await fetch(`${program.origin}/metrics`)).text();
  match(page, /^plimsoll_thread_restarts_total\{thread="documents"\} 1$/m);
  match(page, /^plimsoll_thread_restarts_total\{thread="ingest"\} 0$/m);

  await killDocuments(program);
  const tree = processTree(program.pid);
  const startedMs = performance.now();
  process.kill(present(documentsOf(program), 'the store runs'), 'SIGKILL');
  equal(await program.ended, 1, program.output());
  ok(performance.now() - startedMs < STOP_MS_MAX);
  const said = program
    .output()
    .split('\n')
    .filter((line) => line.startsWith('plimsoll: '));
  deepEqual(said, ['plimsoll: documents died 3 times within a minute, last: SIGKILL [PLIM_THREAD_LOST]']);
  ok(!/^\s+at /m.test(program.output()), program.output());
  deepEqual(tree.filter(isAlive), []);
});

test('a stop under load ends well, and what was acknowledged and judged is there afterwards', async (t) => {
  let before: readonly Incident[];
  {
    await using program = await start();
    using sender = new OtlpSender(program.otlpHttp);
    await sendOutage(sender);
    before = await until(
      'the incident',
      async () => {
        const found = await incidents(program);
        return found.length > 0 && found;
      },
      { timeoutMs: 10_000, detail: program.output },
    );
    equal((await slo(program, 'broken/availability')).state, 'burning');
    const stop = new AbortController();
    const load = sendLoad(sender, book, SPANS_PER_SECOND, stop.signal);
    await sleep(700);
    const startedMs = performance.now();
    equal(await program.stop(), 0, program.output());
    const stopMs = performance.now() - startedMs;
    t.diagnostic(`stopped under load in ${stopMs.toFixed(0)} ms`);
    ok(stopMs < STOP_MS_MAX, `${stopMs} ms`);
    stop.abort();
    await load;
  }
  await using program = await start();
  await expectAllThere(program);
  await until('the SLOs to have caught up', () => isJudging(program), { timeoutMs: 10_000 });
  const accepted = present(
    (await ledgerRows(program.origin)).find(
      ({ signal, consumer }) => signal === 'otlp-traces' && consumer === 'alerting',
    ),
    'the ledger has it',
  ).accepted;
  const killed = await slo(program, 'killed/availability');
  const broken = await slo(program, 'broken/availability');
  equal(killed.budget.total + broken.budget.total, accepted, 'each span was counted once');
  deepEqual([broken.budget.good, broken.budget.total, broken.state], [0, 120, 'burning']);
  deepEqual(await incidents(program), before, 'it is the same incident, and the only one');

  const tree = processTree(program.pid);
  const startedMs = performance.now();
  await program.kill();
  const goneMs = performance.now() - startedMs;
  t.diagnostic(`nothing left ${goneMs.toFixed(0)} ms after SIGKILL`);
  ok(tree.length > 1 && goneMs < GONE_MS_MAX, `${goneMs} ms`);
  deepEqual(tree.filter(isAlive), []);

  await using again = await start();
  await until('the SLOs to have caught up', () => isJudging(again), { timeoutMs: 10_000 });
  deepEqual((await slo(again, 'killed/availability')).budget.total, killed.budget.total);
  equal((await slo(again, 'broken/availability')).state, 'burning');
  deepEqual(await incidents(again), before);
  await expectBalance(again);
});

test('a store that hangs takes nothing else with it, and the stop stays in time', (t) =>
  promptly(t, 'stopped', STOP_MS_MAX, stopWithHungStore));

/** Milliseconds of the stop; Infinity when it was cut short, as a busy machine may have it. */
async function stopWithHungStore(): Promise<number> {
  await using program = await start();
  const pid = present(documentsOf(program), 'the store runs');
  const tree = processTree(program.pid);
  process.kill(pid, 'SIGSTOP');
  try {
    const [metrics, ledger, query, slos] = await Promise.all(
      ['/metrics', '/api/plimsoll/v1/ledger', '/api/v1/query?query=1', '/api/plimsoll/v1/slos'].map((path) =>
        fetch(`${program.origin}${path}`, { signal: AbortSignal.timeout(HUNG_MS_MAX) }),
      ),
    );
    deepEqual([metrics?.status, ledger?.status, query?.status, slos?.status], [200, 503, 200, 200]);
    match((await metrics?.text()) ?? '', /^plimsoll_journal_bytes \d+$/m);
    const startedMs = performance.now();
    const code = await program.stop();
    const stopMs = performance.now() - startedMs;
    deepEqual(tree.filter(isAlive), []);
    if (code === 1 && program.output().includes('the stop took too long')) return Infinity;
    equal(code, 0, program.output());
    return stopMs;
  } finally {
    if (isAlive(pid)) process.kill(pid, 'SIGCONT');
  }
}

async function isJudging(program: Program): Promise<boolean> {
  const states = await Promise.all(
    ['killed/availability', 'broken/availability'].map(async (id) => (await slo(program, id)).state),
  );
  return !states.includes('catching-up');
}
