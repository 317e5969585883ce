/** `npm start`: the freight company at work on the platform, and all of it gone at the end. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { demoFile, demoProcesses, startDemoProgram } from '#test/support/demo.ts';
import { commandOf, isAlive } from '#test/support/processes.ts';
import { until } from '#test/support/wait.ts';

/** Stated for two quiet cores is 8 s; tests run beside each other, on slower ones too. */
const START_MS_MAX = 40_000;
const STOP_MS_MAX = 3500;
/** That all ends is the claim; a leash grants 3.5 s. */
const GONE_MS_MAX = 15_000;
const TRACE_MS_MAX = 15_000;
/** What the origin tells of the programs beside it, and where the list stands in it. */
const COMPANIONS = [
  ['/faults', 'active'],
  ['/pages', 'pages'],
  ['/proofs', 'proofs'],
] as const;

interface JaegerTraces {
  readonly data: readonly {
    readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
  }[];
}

async function servicesOfATrace(origin: string): Promise<ReadonlySet<string>> {
  const response = await fetch(`${origin}/api/traces?service=dispatch&limit=20`);
  const { data } = (await response.json()) as JaegerTraces;
  const sets = data.map(
    ({ processes }) => new Set(Object.values(processes).map(({ serviceName }) => serviceName)),
  );
  return sets.toSorted((a, b) => b.size - a.size)[0] ?? new Set();
}

test('a customer is seen through five services; Ctrl-C leaves nothing behind', async (t) => {
  await using demo = await startDemoProgram(['--rate', '10']);
  t.diagnostic(`ready after ${demo.startedInMs.toFixed(0)} ms`);
  assert.ok(demo.startedInMs < START_MS_MAX, `${demo.startedInMs.toFixed(0)} ms`);
  const wanted = ['gateway', 'shipments', 'dispatch', 'carriers', 'quotes'];
  const seen = await until(
    'a booking from the gateway to the carriers',
    async () => {
      const services = await servicesOfATrace(demo.origin);
      return wanted.every((name) => services.has(name)) && services;
    },
    { timeoutMs: TRACE_MS_MAX, everyMs: 250 },
  );
  t.diagnostic(`one trace through ${[...seen].join(', ')}`);
  for (const [path, key] of COMPANIONS) {
    const response = await fetch(`${demo.origin}/api/plimsoll/v1${path}`);
    const answer = (await response.json()) as Readonly<Record<string, unknown>>;
    assert.ok(response.ok && Array.isArray(answer[key]), `${path}: ${JSON.stringify(answer)}`);
  }
  const processes = demoProcesses(demo.data, demo.pid);
  assert.ok(processes.length >= 11, `${processes.length} processes`);
  const stoppingMs = performance.now();
  demo.launcher.kill('SIGINT');
  await until('the launcher to end', () => demo.launcher.exitCode ?? false, {
    timeoutMs: 10_000,
    everyMs: 10,
  });
  const stoppedMs = performance.now() - stoppingMs;
  t.diagnostic(`stopped in ${stoppedMs.toFixed(0)} ms`);
  assert.equal(demo.launcher.exitCode, 0, demo.output());
  assert.ok(stoppedMs < STOP_MS_MAX, `${stoppedMs.toFixed(0)} ms`);
  await allGone(processes);
});

test('killed at the top in the middle of a fault: no process left, no fault left', async (t) => {
  await using demo = await startDemoProgram(['--rate', '5']);
  const started = await fetch(`${demo.chaos}/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ fault: 'pause', target: 'quotes', forMs: 60_000 }),
  });
  assert.equal(started.status, 201, await started.text());
  const processes = demoProcesses(demo.data, demo.pid);
  const { pid } = demoFile(demo.data).targets['quotes'] ?? { pid: 0 };
  await until('quotes to be stopped', () => stateOf(pid) === 'T', { timeoutMs: 10_000, everyMs: 10 });
  const killedMs = performance.now();
  process.kill(demo.pid, 'SIGKILL');
  await allGone(processes);
  t.diagnostic(`all gone after ${(performance.now() - killedMs).toFixed(0)} ms`);
  assert.match(readFileSync(join(demo.data, 'plimsoll.yaml'), 'utf8'), /scrape_configs/);
});

async function allGone(processes: readonly number[]): Promise<void> {
  await until('everything to be gone', () => !processes.some(isAlive), {
    timeoutMs: GONE_MS_MAX,
    everyMs: 20,
    detail: () => processes.filter(isAlive).map(commandOf).join(' '),
  });
}

/** One letter of proc(5): T is stopped by a signal. */
function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
}
