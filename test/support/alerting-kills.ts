/**
 * Kill -9 again and again while services break and recover and the receiver
 * answers 200, 500 or 429: at a receiver that honours Idempotency-Key nothing is
 * missed and nothing doubled.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery, Incident } from '#alerting/ports.ts';
import { seededRandom } from '#base/sim/random.ts';
import { getJson, OtlpSender } from '#test/support/client.ts';
import { buildTraces } from '#test/support/otlp.ts';
import { startPlimsoll, type Program } from '#test/support/program.ts';
import { pagingConfig, sloText } from '#test/support/steady-sender.ts';
import { until } from '#test/support/wait.ts';
import { startWebhook, type Webhook } from '#test/support/webhook.ts';
import { WebhookReceiver } from '#test/support/webhook-receiver.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const SERVICES = ['quotes', 'billing', 'tracking'];
const POLICY = { objective: 0.999, longWindowMs: 10_000, shortWindowMs: 2000, factor: 14.4, badEventsMin: 5 };
const SPANS_PER_BATCH = 5;
const BATCH_MS = 100;

/** Services that send whether or not anybody listens; which of them fail is up to the test. */
class Services {
  readonly failing = new Set<string>();
  sender: OtlpSender | undefined;

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(BATCH_MS);
      const { sender } = this;
      if (sender === undefined) continue;
      const posts = SERVICES.map((service) => sender.post('traces', this.#batch(service)));
      // What is lost while it is down is lost; the point is what it makes of the rest.
      await Promise.allSettled(posts);
    }
  }

  #batch(service: string): Uint8Array {
    const nowNanos = BigInt(Date.now()) * 1_000_000n;
    const spans = Array.from({ length: SPANS_PER_BATCH }, () => ({
      traceId: randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      name: 'GET /',
      startNanos: nowNanos - 5_000_000n,
      endNanos: nowNanos,
      statusCode: this.failing.has(service) ? 2 : 0,
    }));
    return buildTraces({ service, spans });
  }
}

/** The receiver's view: what it answered 200, each key once. */
function judge(webhook: Webhook, statuses: readonly number[]): WebhookReceiver {
  const receiver = new WebhookReceiver();
  for (const [index, call] of webhook.calls.entries()) {
    if (statuses[index] === 200) receiver.accept(call.key, Buffer.from(JSON.stringify(call.body)));
  }
  return receiver;
}

async function incidentsOf(program: Program): Promise<readonly Incident[]> {
  const answer = await getJson<{ incidents: Incident[] }>(
    program.origin,
    '/api/plimsoll/v1/incidents?limit=1000',
  );
  return answer?.incidents ?? [];
}

async function deliveriesOf(program: Program): Promise<readonly Delivery[]> {
  const answer = await getJson<{ deliveries: Delivery[] }>(
    program.origin,
    '/api/plimsoll/v1/deliveries?limit=1000',
  );
  return answer?.deliveries ?? [];
}

export async function runAlertingKills(t: TestContext, kills: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-kills-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const random = seededRandom(SEED);
  const sloDirectory = join(folder, 'slo');
  mkdirSync(sloDirectory);
  for (const service of SERVICES) {
    writeFileSync(join(sloDirectory, `${service}.yaml`), sloText(service, POLICY.objective, POLICY));
  }
  await using webhook = await startWebhook();
  const configText = pagingConfig(webhook.url).replace(
    'route: { receiver: on-call }',
    'route: { receiver: on-call, group_interval: 2s }',
  );
  const start = (): Promise<Program> =>
    startPlimsoll({ dataDirectory: join(folder, 'data'), sloDirectory, configText });

  let program = await start();
  const statuses: number[] = [];
  let calm = false;
  let killing: Promise<void> | undefined;
  webhook.answer((index) => {
    const status = calm ? 200 : ([200, 200, 500, 429] as const)[random.below(4)];
    statuses[index] = status ?? 200;
    // The hardest moment: accepted here, and nobody left to hear it.
    if (status === 200 && !calm && random.below(2) === 0) killing ??= program.kill();
    return { status: status ?? 200, headers: status === 429 ? { 'retry-after': '1' } : {} };
  });
  const services = new Services();
  const stop = new AbortController();
  const running = services.run(stop.signal);
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      using sender = new OtlpSender(program.otlpHttp);
      services.sender = sender;
      const service = SERVICES[random.below(SERVICES.length)] ?? '';
      if (!services.failing.delete(service)) services.failing.add(service);
      await until('the next kill', () => killing !== undefined, {
        timeoutMs: 200 + random.below(1500),
      }).catch(() => {});
      services.sender = undefined;
      await (killing ??= program.kill());
      program = await start();
      killing = undefined;
    }
    calm = true;
    using sender = new OtlpSender(program.otlpHttp);
    services.sender = sender;
    // One service fails on, the others recover: both must be known in the end.
    services.failing.clear();
    services.failing.add('quotes');
    const last = program;
    await until('everything to be told', () => isSettled(last, judge(webhook, statuses)), {
      timeoutMs: 60_000,
      everyMs: 100,
      detail: () => `seed ${SEED}, believed: ${[...judge(webhook, statuses).firing.keys()].join(' ')}`,
    });
    const receiver = judge(webhook, statuses);
    assert.deepEqual(receiver.violations, [], `seed ${SEED}`);
    await checkBooks(last, receiver);
    const { accepted, repeats } = receiver;
    t.diagnostic(
      `seed ${SEED}: ${webhook.calls.length} calls, ${accepted.length} notifications, ${repeats} repeats by key`,
    );
  } finally {
    stop.abort();
    await running;
    await program[Symbol.asyncDispose]();
  }
}

/** Only `quotes` burns, no notification waits, and the receiver believes in no more than that. */
async function isSettled(program: Program, receiver: WebhookReceiver): Promise<boolean> {
  const open = (await incidentsOf(program)).filter(({ state }) => state === 'firing');
  const waiting = (await deliveriesOf(program)).filter(({ state }) => state === 'waiting');
  const told = open.every(({ timeline }) => timeline.some(({ kind }) => kind === 'notified'));
  const burns = open.length === 1 && open[0]?.service === 'quotes';
  return burns && told && waiting.length === 0 && receiver.firing.size === open.length;
}

async function checkBooks(program: Program, receiver: WebhookReceiver): Promise<void> {
  const deliveries = await deliveriesOf(program);
  for (const { state, idempotencyKey } of deliveries) {
    assert.ok(state === 'delivered' || state === 'superseded', `seed ${SEED}: a notification is ${state}`);
    assert.equal(receiver.has(idempotencyKey), state === 'delivered', `seed ${SEED}: ${idempotencyKey}`);
  }
  assert.equal(receiver.accepted.length, deliveries.filter(({ state }) => state === 'delivered').length);
  const open = (await incidentsOf(program)).filter(({ state }) => state === 'firing');
  assert.deepEqual(
    [...receiver.firing.keys()].toSorted(),
    open.map(({ fingerprint }) => fingerprint).toSorted(),
    `seed ${SEED}: the receiver believes in exactly what fires`,
  );
}
