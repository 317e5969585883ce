/** Live events of a running Plimsoll: what GET answers, as it changes, and no hindrance to the stop. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { OtlpSender } from '#test/support/client.ts';
import { openEventSource, type EventSource } from '#test/support/event-source.ts';
import { buildLogs } from '#test/support/otlp.ts';
import { startPlimsoll } from '#test/support/program.ts';
import { sloText } from '#test/support/steady-sender.ts';
import { until } from '#test/support/wait.ts';

const OWN = '/api/plimsoll/v1';
/** The promise is 3 s, whoever listens; the launcher and a busy machine add a little. */
const STOP_MS_MAX = 3500;
/** Where each topic can be read without listening. */
const SAME_AS: Readonly<Record<string, string>> = {
  slos: '/slos',
  incidents: '/incidents?open=true&limit=100',
  pipeline: '/ledger',
  deliveries: '/deliveries?limit=50',
};

type Value = Readonly<Record<string, unknown>>;

function lastOf({ events }: EventSource, topic: string): Value | undefined {
  return events.findLast(({ event }) => event === topic)?.data as Value | undefined;
}

function logsAccepted(value: Value | undefined): number {
  const journal = value?.['journal'] as { readonly accepted: Readonly<Record<string, number>> } | undefined;
  return journal?.accepted['otlp-logs'] ?? 0;
}

/** What only tells how long ago something was is another at each look. */
function withoutAge(value: Value | undefined): Value {
  const { lagMs: _lagMs, ...rest } = value ?? {};
  return rest;
}

test('what is listened to is what is answered, changes within seconds, and ends with the stop', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-live-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const sloDirectory = join(folder, 'slo');
  mkdirSync(sloDirectory);
  writeFileSync(join(sloDirectory, 'idle.yaml'), sloText('nobody', 0.999));
  await using program = await startPlimsoll({ dataDirectory: join(folder, 'data'), sloDirectory });
  const base = `${program.origin}${OWN}`;
  using all = await openEventSource(`${base}/live`);
  using one = await openEventSource(`${base}/live?topics=pipeline`);
  for (const [topic, path] of Object.entries(SAME_AS)) {
    const same = async (): Promise<boolean> => {
      const answered = (await (await fetch(`${base}${path}`)).json()) as Value;
      const told = lastOf(all, topic);
      return told !== undefined && isEqual(withoutAge(told), withoutAge(answered));
    };
    await until(`${topic} to be as GET has it`, same, { timeoutMs: 15_000, detail: () => all.text() });
  }
  equal(logsAccepted(lastOf(one, 'pipeline')), 0);
  using sender = new OtlpSender(program.otlpHttp);
  const nanos = BigInt(Date.now()) * 1_000_000n;
  const logs = buildLogs({ service: 'quotes', logs: [{ nanos, body: 'x' }] });
  equal((await sender.post('logs', logs)).status, 200);
  const sentMs = performance.now();
  await until('the record to be told of', () => logsAccepted(lastOf(one, 'pipeline')) === 1, {
    timeoutMs: 15_000,
    everyMs: 10,
  });
  t.diagnostic(`told after ${(performance.now() - sentMs).toFixed(0)} ms`);
  deepEqual([...new Set(one.events.map(({ event }) => event))], ['pipeline']);
  const build = (await (await fetch(`${base}/build`)).json()) as Value;
  equal(build['node'], process.version);
  ok(Math.abs(Number(build['startedAtMs']) + Number(build['uptimeMs']) - Date.now()) < 2000);
  const stoppingMs = performance.now();
  equal(await program.stop(), 0);
  const stoppedMs = performance.now() - stoppingMs;
  t.diagnostic(`stopped in ${stoppedMs.toFixed(0)} ms with two who listen`);
  ok(stoppedMs < STOP_MS_MAX, `${stoppedMs.toFixed(0)} ms`);
  await until('the streams to end', () => all.ended() && one.ended(), { timeoutMs: 5000, everyMs: 5 });
});

function isEqual(a: Value, b: Value): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
