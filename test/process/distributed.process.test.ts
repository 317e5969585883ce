/**
 * Two programs over one data folder: `plimsoll collector` writes the journal,
 * `plimsoll alerting` judges and pages. They share nothing but files, so either
 * may be started first, stopped and killed without the other.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { getJson, ledgerRows, OtlpSender, type LedgerRowJson } from '#test/support/client.ts';
import { runPlimsoll, startPlimsoll, type Program } from '#test/support/program.ts';
import { pagingConfig, sloText, SteadySender } from '#test/support/steady-sender.ts';
import { until } from '#test/support/wait.ts';
import { startWebhook } from '#test/support/webhook.ts';

const OBJECTIVE = 0.999;
const POLICY = { longWindowMs: 60_000, shortWindowMs: 5000, factor: 14.4, badEventsMin: 5 };
const HEALTHY_MS = 2500;
const PAGE_MS_MAX = 12_000;
const RATE = { perSecond: 50, batchMs: 150 };

interface Incident {
  readonly id: string;
  readonly sloId: string;
  readonly state: string;
}

async function incidents(alerting: Program): Promise<readonly Incident[]> {
  const answer = await getJson<{ incidents: Incident[] }>(alerting.origin, '/api/plimsoll/v1/incidents');
  return answer?.incidents ?? [];
}

/** Sends for as long as `during` takes. */
async function whileSending(
  collector: Program,
  failing: boolean,
  during: (quotes: SteadySender) => Promise<void>,
): Promise<void> {
  using sender = new OtlpSender(collector.otlpHttp);
  const stop = new AbortController();
  const quotes = new SteadySender(sender, { service: 'quotes', ...RATE });
  const billing = new SteadySender(sender, { service: 'billing', ...RATE });
  quotes.failing = failing;
  const running = Promise.all([quotes.run(stop.signal), billing.run(stop.signal)]);
  try {
    await during(quotes);
  } finally {
    stop.abort();
    await running;
  }
  equal(quotes.refused + billing.refused, 0, 'everything was accepted');
}

test('collector and alerting as two programs: an outage pages once, through restarts of both', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-distributed-'));
  await using resources = new AsyncDisposableStack();
  resources.defer(() => rmSync(folder, { recursive: true, force: true }));
  const webhook = resources.use(await startWebhook());
  const dataDirectory = join(folder, 'data');
  const sloDirectory = join(folder, 'slo');
  mkdirSync(sloDirectory);
  for (const service of ['quotes', 'billing']) {
    const text = sloText(service, OBJECTIVE, { objective: OBJECTIVE, ...POLICY });
    writeFileSync(join(sloDirectory, `${service}.yaml`), text);
  }
  const startCollector = async (): Promise<Program> =>
    resources.use(await startPlimsoll({ command: 'collector', dataDirectory }));
  const startAlerting = async (): Promise<Program> =>
    resources.use(
      await startPlimsoll({
        command: 'alerting',
        dataDirectory,
        sloDirectory,
        configText: pagingConfig(webhook.url),
      }),
    );

  // The one that reads comes first: there is no journal yet.
  const alerting = await startAlerting();
  const collector = await startCollector();
  equal(alerting.otlpHttp, null, 'it takes nothing in');
  let pageMs = 0;
  await whileSending(collector, false, async (quotes) => {
    await sleep(HEALTHY_MS);
    equal(webhook.calls.length, 0, 'nothing is wrong yet');
    quotes.failing = true;
    const startedMs = Date.now();
    const page = await until('the page', () => webhook.calls[0], {
      timeoutMs: PAGE_MS_MAX,
      everyMs: 10,
      detail: alerting.output,
    });
    pageMs = page.atMs - startedMs;
    deepEqual(
      page.body.alerts.map(({ labels }) => [labels['service'], labels['severity']]),
      [['quotes', 'page']],
    );
    await eachAnswersForItself(collector, alerting);
  });
  t.diagnostic(`page ${pageMs} ms after the first failure`);

  for (const command of ['collector', 'up']) {
    const refused = await runPlimsoll([
      command,
      '--data',
      dataDirectory,
      '--listen',
      '127.0.0.1:0',
      '--otlp-http',
      '127.0.0.1:0',
    ]);
    equal(refused.code, 1, refused.output);
    match(refused.output, new RegExp(`used by process ${collector.pid};.*PLIM_DATA_LOCKED`));
  }

  const before = await incidents(alerting);
  equal(before.length, 1);
  await alerting.kill();
  equal(await collector.stop(), 0, collector.output());
  const again = await startCollector();
  const judge = await startAlerting();
  deepEqual(await incidents(judge), before, 'it is the same incident');
  await whileSending(again, false, async () => {
    await until('it to be resolved', async () => (await incidents(judge))[0]?.state === 'resolved', {
      timeoutMs: 15_000,
      everyMs: 100,
      detail: judge.output,
    });
  });
  equal((await incidents(judge)).length, 1);
  equal(new Set(webhook.calls.map(({ key }) => key)).size, 1, 'nobody was paged again');
  equal(await judge.stop(), 0, judge.output());
  equal(await again.stop(), 0, again.output());
});

/** What runs elsewhere is a 404 here, never a failure. */
async function eachAnswersForItself(collector: Program, alerting: Program): Promise<void> {
  for (const [program, path, status] of [
    [collector, '/-/ready', 200],
    [alerting, '/-/ready', 200],
    [alerting, '/api/v2/status', 200],
    [alerting, '/api/plimsoll/v1/slos', 200],
    [alerting, '/api/services', 404],
    [alerting, '/api/v1/query?query=1', 404],
    [collector, '/api/plimsoll/v1/slos', 404],
    [collector, '/api/v2/status', 404],
  ] as const) {
    const answer = await fetch(`${program.origin}${path}`);
    equal(answer.status, status, path);
    if (status === 404) deepEqual(Object.keys((await answer.json()) as object), ['code', 'message'], path);
  }
  const elsewhere = await getJson<{ journal: { state: string } }>(alerting.origin, '/api/plimsoll/v1/ledger');
  equal(elsewhere?.journal.state, 'elsewhere');
  // The collector knows of its reader what that has reported, a little later.
  const row = await until('the ledger to show the reader', () => readerIn(collector), {
    timeoutMs: 15_000,
  });
  equal(row.residual, 0, JSON.stringify(row));
}

async function readerIn(collector: Program): Promise<LedgerRowJson | undefined> {
  const rows = await ledgerRows(collector.origin);
  return rows.find(
    ({ signal, consumer, delivered }) => signal === 'otlp-traces' && consumer === 'alerting' && delivered > 0,
  );
}
