/** The evidence of the stores, kept with an incident: as it was, durably, and said why where it is not. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { EVIDENCE_BYTES_MAX, NOTHING_KEPT, type KeptEvidence } from '#alerting/kept-evidence.ts';
import { isCoded } from '#base/errors.ts';
import { silentLogger } from '#base/log.ts';
import { createMeter } from '#base/real/metrics.ts';
import type { EvidenceStores } from '#bin/evidence/ask.ts';
import { logFilter } from '#bin/evidence/core/logs.ts';
import { windowOf } from '#bin/evidence/core/window.ts';
import { EvidenceKeeper, SETTLE_MS, TRIES_MAX } from '#bin/evidence/keeper.ts';
import { Part } from '#bin/supervise/part.ts';
import type { DocumentsApi } from '#bin/threads/documents.ts';
import { createPrometheusApi } from '#server/prometheus/handlers.ts';
import { logsRecord } from '#test/contract/logs.ts';
import { spansRecord } from '#test/contract/traces.ts';
import { AlertingRig } from '#test/support/alerting-rig.ts';
import { DocumentsWorld } from '#test/support/documents-world.ts';
import { MemoryMetrics, type SeriesInput } from '#test/support/memory-metrics.ts';

/** As the scripted engine freezes it. */
const FAILING = '0af7651916cd43dd8448eb211c80319c';
const PAGE = { sloId: 'orders/checkout', kind: 'page', on: true } as const;
const MINUTE_MS = 60_000;
const NANOS_PER_MS = 1_000_000n;

const nanosAt = (timeMs: number): bigint => BigInt(timeMs) * NANOS_PER_MS;

function folder(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'plimsoll-evidence-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function firing(t: TestContext) {
  const options = { databasePath: join(folder(t), 'state.sqlite') };
  const rig = await AlertingRig.start(options);
  t.after(() => rig[Symbol.asyncDispose]());
  rig.append(PAGE);
  await rig.advance(1000);
  const [incident] = await rig.api.incidents({ open: true, limit: 1 });
  assert.ok(incident);
  return { rig, incident, restart: () => rig.restart(options) };
}

function keeperOf(rig: AlertingRig, stores: EvidenceStores): EvidenceKeeper {
  const outside = { clock: rig.clock, log: silentLogger, meter: createMeter() };
  return new EvidenceKeeper({ alerting: rig.api, stores, ...outside }, new AbortController().signal);
}

/** A round when it is due. */
async function keep(rig: AlertingRig, keeper: EvidenceKeeper, afterMs = SETTLE_MS): Promise<KeptEvidence> {
  await keeper.round();
  await rig.advance(afterMs);
  await keeper.round();
  const [incident] = await rig.api.incidents({ open: true, limit: 1 });
  const kept = await rig.api.keptEvidence(incident?.id ?? '');
  assert.ok(kept);
  return kept;
}

/** Samples every 5 s from `fromMs` until `untilMs`. */
function steady(labels: SeriesInput['labels'], fromMs: number, untilMs: number, value: number): SeriesInput {
  const count = Math.floor((untilMs - fromMs) / 5000) + 1;
  return { labels, samples: Array.from({ length: count }, (_, index) => [fromMs + index * 5000, value]) };
}

/** At `nowMs`: orders was restarted a minute ago, quotes has a new operation and version, ledger is silent. */
function metricsAt(rig: AlertingRig, nowMs: number): NonNullable<EvidenceStores['prometheus']> {
  const longAgoMs = nowMs - 60 * MINUTE_MS;
  const minuteAgoMs = nowMs - MINUTE_MS;
  const start = { __name__: 'process_start_time_seconds', job: 'orders' };
  const calls = { __name__: 'traces_span_metrics_calls_total', service_name: 'quotes' };
  const info = { __name__: 'target_info', job: 'quotes' };
  const reader = new MemoryMetrics([
    steady({ ...start, instance: 'a' }, longAgoMs, minuteAgoMs, longAgoMs / 1000),
    steady({ ...start, instance: 'b' }, minuteAgoMs, nowMs, minuteAgoMs / 1000),
    steady({ ...start, job: 'ledger' }, longAgoMs, nowMs, longAgoMs / 1000),
    steady({ ...calls, span_name: 'GET /old' }, longAgoMs, nowMs, 1),
    steady({ ...calls, span_name: 'GET /new' }, minuteAgoMs, nowMs, 1),
    steady({ ...calls, service_name: 'young', span_name: 'GET /' }, minuteAgoMs, nowMs, 1),
    steady({ ...info, service_version: '1' }, longAgoMs, nowMs, 1),
    steady({ ...info, service_version: '2' }, minuteAgoMs, nowMs, 1),
    steady({ __name__: 'up', job: 'orders' }, longAgoMs, nowMs, 1),
    steady({ __name__: 'up', job: 'ledger' }, longAgoMs, nowMs, 0),
  ]);
  return createPrometheusApi({ reader, clock: rig.clock, log: silentLogger });
}

/** A failing trace, an error that is new, one that grew and one that was always there. */
async function writeFailure(world: DocumentsWorld, nowMs: number): Promise<void> {
  const lines = (body: string, count: number, fromMs: number) =>
    Array.from({ length: count }, (_, index) => ({
      nanos: nanosAt(fromMs + index),
      severityNumber: 17,
      body: `${body} ${index}`,
    }));
  const beforeMs = nowMs - 20 * MINUTE_MS;
  await world.write([
    logsRecord({ service: 'quotes' }, [
      ...lines('pool is empty, waited ms', 7, nowMs - 30_000),
      ...lines('retrying, attempt', 12, nowMs - 30_000),
      ...lines('retrying, attempt', 2, beforeMs),
      ...lines('cache miss', 3, nowMs - 30_000),
      ...lines('cache miss', 3, beforeMs),
    ]),
  ]);
  const at = nanosAt(nowMs - 20_000);
  const common = { traceId: FAILING, statusCode: 2 };
  const root = { ...common, spanId: '00000000000000a1', name: 'POST /checkout', startNanos: at };
  const child = { ...common, spanId: '00000000000000a2', parentSpanId: root.spanId, name: 'GET /quotes' };
  await world.write([
    spansRecord({ service: 'orders' }, [{ ...root, endNanos: at + 80n * NANOS_PER_MS }]),
    spansRecord({ service: 'quotes' }, [
      { ...child, startNanos: at + 10n * NANOS_PER_MS, endNanos: at + 70n * NANOS_PER_MS },
    ]),
  ]);
}

test('what was new when it fired answers the same when the stores have forgotten it', async (t) => {
  const { rig, incident, restart } = await firing(t);
  await using world = await DocumentsWorld.open({ config: { retentionBytes: 20_000 } });
  const firedMs = incident.startsAtMs;
  await writeFailure(world, firedMs);
  const prometheus = metricsAt(rig, firedMs);
  const keeper = keeperOf(rig, { documents: world.store, prometheus });
  await keeper.round();
  assert.deepEqual(await rig.api.keptEvidence(incident.id), NOTHING_KEPT, 'what is on its way is waited for');
  const kept = await keep(rig, keeper);
  assert.ok(kept.logs.state === 'kept' && kept.changes.state === 'kept' && kept.traces.state === 'kept');
  assert.equal(kept.logs.asOfMs, firedMs + SETTLE_MS);
  assert.deepEqual(
    kept.logs.value.patterns.map(({ pattern, count, baselineCount }) => [pattern, count, baselineCount]),
    [
      ['pool is empty, waited ms <num>', 7, 0],
      ['retrying, attempt <num>', 12, 2],
    ],
  );
  assert.deepEqual(
    kept.changes.value.map(({ kind, service, detail }) => [kind, service, detail].join(' ')).toSorted(),
    ['operation quotes GET /new', 'restart orders ', 'silent ledger ', 'version quotes 2'],
  );
  assert.deepEqual(kept.traces.value, [
    {
      traceId: FAILING,
      rootService: 'orders',
      rootOperation: 'POST /checkout',
      startMs: firedMs - 20_000,
      durationMs: 80,
      spans: 2,
      failedSpans: 2,
      failedServices: ['orders', 'quotes'],
    },
  ]);
  // The negative control: the store itself has nothing to tell any more.
  const window = windowOf(incident, firedMs + SETTLE_MS);
  const ask = async (): Promise<number> =>
    (await world.store.logPatterns(logFilter(window), { baselineUnixNanosMin: undefined, patternsMax: 9 }))
      .patterns.length;
  assert.ok((await ask()) > 0);
  await fillUntil(world, async () => (await ask()) === 0);
  assert.deepEqual(await world.store.traces([FAILING as never]), []);
  await restart();
  await keep(rig, keeperOf(rig, { documents: world.store, prometheus }));
  assert.deepEqual(await rig.api.keptEvidence(incident.id), kept);
  assert.deepEqual(await rig.api.evidenceWanted(), []);
});

/** Writes what is not asked for until retention has removed what was there. */
async function fillUntil(world: DocumentsWorld, isGone: () => Promise<boolean>): Promise<void> {
  for (let number = 0; number < 30; number += 1) {
    if (await isGone()) return;
    const logs = Array.from({ length: 50 }, (_, index) => ({ nanos: BigInt(index), body: `${number}` }));
    await world.write([logsRecord({ service: 'other' }, logs)]);
    await world.store.sealNow();
  }
  assert.fail('it was not removed');
}

/** As a child process that does not run. */
function down(): NonNullable<EvidenceStores['documents']> {
  return new Part<DocumentsApi, undefined, undefined>({
    name: 'documents',
    launch: () => assert.fail('it is not started'),
    options: () => undefined,
    clock: new AlertingRig().clock,
    log: silentLogger,
    onLost: () => {},
  }).api;
}

test('a store that is down is asked again, also after a restart, and what others told stays', async (t) => {
  const { rig, incident, restart } = await firing(t);
  await using world = await DocumentsWorld.open();
  await writeFailure(world, incident.startsAtMs);
  const prometheus = metricsAt(rig, incident.startsAtMs);
  const first = await keep(rig, keeperOf(rig, { documents: down(), prometheus }));
  const waiting = { state: 'pending', reason: 'documents is not running' };
  assert.deepEqual([first.logs, first.traces], [waiting, waiting]);
  assert.equal(first.changes.state, 'kept');
  await restart();
  await rig.advance(10 * MINUTE_MS);
  const second = await keep(rig, keeperOf(rig, { documents: world.store, prometheus }));
  assert.deepEqual(second.changes, first.changes, 'it was not asked for again');
  assert.ok(second.logs.state === 'kept' && second.traces.state === 'kept');
  assert.equal(second.logs.asOfMs, rig.clock.wallMs());
  assert.equal(second.logs.endMs, incident.startsAtMs + 3 * MINUTE_MS, 'about the start all the same');
  assert.equal(second.logs.value.changed, 2);
});

test('a store that stays down is given up, and the incident says why', async (t) => {
  const { rig, incident } = await firing(t);
  const keeper = keeperOf(rig, { documents: down(), prometheus: metricsAt(rig, incident.startsAtMs) });
  await keep(rig, keeper);
  for (let number = 2; number <= TRIES_MAX; number += 1) {
    assert.equal((await rig.api.keptEvidence(incident.id))?.logs.state, 'pending', `after ${number - 1}`);
    await rig.advance(120_000);
    await keeper.round();
  }
  const kept = await rig.api.keptEvidence(incident.id);
  const reason = `no answer in ${TRIES_MAX} tries: documents is not running`;
  assert.deepEqual([kept?.logs, kept?.traces], Array(2).fill({ state: 'not-kept', reason }));
  assert.deepEqual(await rig.api.evidenceWanted(), []);
});

test('a program without stores says so at once', async (t) => {
  const { rig } = await firing(t);
  const kept = await keep(rig, keeperOf(rig, { documents: undefined, prometheus: undefined }));
  const reason = 'this program runs without the stores, which are another’s';
  for (const part of [kept.logs, kept.changes, kept.traces])
    assert.deepEqual(part, { state: 'not-kept', reason });
});

test('what is kept is never written over; what is unknown or too large is refused', async (t) => {
  const { rig, incident } = await firing(t);
  const given = (reason: string): KeptEvidence => ({
    ...NOTHING_KEPT,
    logs: { state: 'not-kept', reason },
    changes: { state: 'pending', reason },
  });
  assert.equal(await rig.api.keepEvidence('unknown', given('x')), false);
  assert.equal(await rig.api.keptEvidence('unknown'), undefined);
  assert.equal(await rig.api.keepEvidence(incident.id, given('first')), true);
  assert.equal(await rig.api.keepEvidence(incident.id, given('second')), true);
  const kept = { ...given('second'), logs: given('first').logs };
  assert.deepEqual(await rig.api.keptEvidence(incident.id), kept);
  await assert.rejects(rig.api.keepEvidence(incident.id, given('x'.repeat(EVIDENCE_BYTES_MAX))), (error) =>
    isCoded(error, 'PLIM_BODY_TOO_LARGE'),
  );
  assert.deepEqual(await rig.api.keptEvidence(incident.id), kept);
  assert.equal((await rig.api.evidenceWanted()).length, 1);
});
