/**
 * Seconds from an outage to the page, with the workbook's own windows: a total
 * outage at a 99.9 % objective on steady 50 requests a second, ten times. The
 * yardstick is the sender's own log: when did the policy first hold on it.
 */
import { equal, ok } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { present } from '#base/invariant.ts';
import { seededRandom } from '#base/sim/random.ts';
import { OtlpSender } from '#test/support/client.ts';
import { startPlimsoll } from '#test/support/program.ts';
import {
  firstHoldsMs,
  pagingConfig,
  sloText,
  SteadySender,
  type Policy,
} from '#test/support/steady-sender.ts';
import { until } from '#test/support/wait.ts';
import { startWebhook, type Webhook } from '#test/support/webhook.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
/** Each round is a fresh platform with services side by side, each with an outage of its own. */
const ROUNDS = 2;
const SERVICES = ['quotes', 'billing', 'dispatch', 'tracking', 'shipments'];
const HISTORY_MS = 20_000;
/** Outages of a round begin at random moments of this span, so that no phase of any clock is special. */
const SPREAD_MS = 10_000;
const PAGE_TIMEOUT_MS = 90_000;
/** The pair that a total outage meets first. */
const POLICY: Policy = {
  objective: 0.999,
  longWindowMs: 3_600_000,
  shortWindowMs: 300_000,
  factor: 14.4,
  badEventsMin: 5,
};
const P50_MS_MAX = 1500;
const MS_MAX = 3000;

interface Measured {
  readonly service: string;
  readonly afterHoldsMs: number;
  readonly afterFirstFailureMs: number;
}

test('ten total outages: seconds to the page', { timeout: 600_000 }, async (t) => {
  const random = seededRandom(SEED);
  const measured: Measured[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const delays = SERVICES.map(() => random.below(SPREAD_MS));
    measured.push(...(await runRound(t, delays)));
  }
  const afterHolds = measured.map((one) => one.afterHoldsMs).sort((a, b) => a - b);
  const absolute = measured.map((one) => one.afterFirstFailureMs).sort((a, b) => a - b);
  const p50 = percentile50(afterHolds);
  const max = present(afterHolds.at(-1), 'ten outages');
  t.diagnostic(`seed ${SEED}: after the policy held p50 ${p50} ms, max ${max} ms`);
  t.diagnostic(`after the first failed request p50 ${percentile50(absolute)} ms, max ${absolute.at(-1)} ms`);
  ok(present(afterHolds[0], 'ten outages') > -1000, 'no page comes before its policy holds');
  ok(p50 <= P50_MS_MAX, `p50 is ${p50} ms`);
  ok(max <= MS_MAX, `max is ${max} ms`);
});

async function runRound(t: TestContext, delaysMs: readonly number[]): Promise<Measured[]> {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-outage-'));
  try {
    const sloDirectory = join(folder, 'slo');
    mkdirSync(sloDirectory);
    for (const service of SERVICES) {
      writeFileSync(join(sloDirectory, `${service}.yaml`), sloText(service, POLICY.objective));
    }
    await using webhook = await startWebhook();
    await using plimsoll = await startPlimsoll({
      dataDirectory: join(folder, 'data'),
      sloDirectory,
      configText: pagingConfig(webhook.url),
    });
    using sender = new OtlpSender(plimsoll.otlpHttp);
    const measured = await Promise.all(
      SERVICES.map((service, index) =>
        runOutage(sender, webhook, service, HISTORY_MS + present(delaysMs[index], 'a delay each')),
      ),
    );
    await sleep(1500);
    equal(webhook.calls.length, SERVICES.length, 'one page an outage');
    for (const one of measured) t.diagnostic(JSON.stringify(one));
    return measured;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runOutage(
  sender: OtlpSender,
  webhook: Webhook,
  service: string,
  healthyMs: number,
): Promise<Measured> {
  const steady = new SteadySender(sender, { service, perSecond: 50, batchMs: 150 });
  const stop = new AbortController();
  const running = steady.run(stop.signal);
  await sleep(healthyMs);
  steady.failing = true;
  const page = await until(
    `the page of ${service}`,
    () => webhook.calls.find(({ body }) => body.alerts[0]?.labels['service'] === service),
    { timeoutMs: PAGE_TIMEOUT_MS, everyMs: 20 },
  );
  stop.abort();
  await running;
  equal(steady.refused, 0);
  const holdsMs = present(firstHoldsMs(steady.events, POLICY), 'the policy held');
  return {
    service,
    afterHoldsMs: Math.round(page.atMs - holdsMs),
    afterFirstFailureMs: Math.round(page.atMs - present(steady.firstFailedMs, 'requests failed')),
  };
}

function percentile50(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  const low = present(sorted[Math.ceil(middle) - 1], 'not empty');
  const high = present(sorted[Math.floor(middle)], 'not empty');
  return (low + high) / 2;
}
