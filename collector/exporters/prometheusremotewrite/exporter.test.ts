import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#base/log.ts';
import { systemClock } from '#base/real/clock.ts';
import { SimulatedNet, type Outcome, type Receiver } from '#base/sim/net.ts';
import { COMMON_DEFAULT } from '#collector/exporters/config.ts';
import { ExportError, type ExportOutcome } from '#collector/exporters/ports.ts';
import type { RemoteWriteConfig } from '#collector/exporters/prometheusremotewrite/config.ts';
import { RemoteWriteExporter } from '#collector/exporters/prometheusremotewrite/exporter.ts';
import { storedSamples } from '#collector/exporters/prometheusremotewrite/stored.ts';
import type { JournalRecord } from '#journal/ports.ts';
import { journalRecord, plainSamples, samplesRecord } from '#test/support/journal-records.ts';
import { MemoryMetrics } from '#test/support/memory-metrics.ts';
import { buildMetrics } from '#test/support/otlp.ts';
import { RemoteWriteServer } from '#test/support/remote-write-server.ts';

const CONFIG: RemoteWriteConfig = {
  common: COMMON_DEFAULT,
  endpoint: 'http://127.0.0.1:9090/api/v1/write',
  protocol: '1.0',
  externalLabels: {},
  namespace: '',
  addsSuffixes: true,
  addsTargetInfo: true,
  addsResource: false,
  sendsMetadata: false,
  requestBytesMax: 3_000_000,
};
const T = 1_700_000_000_000;
const up = (job: string) => ({ __name__: 'up', job });

/** The exporter in front of a server; `answer` may stand in for it, once for each. */
class World {
  readonly server = new RemoteWriteServer();
  readonly instead: Outcome[] = [];
  readonly requests: SimulatedNet['requests'];
  readonly exporter: RemoteWriteExporter;

  constructor(
    config: Partial<RemoteWriteConfig> = {},
    options: { readonly stored?: boolean; readonly receiver?: Receiver } = {},
  ) {
    const take: Receiver = (request) => ({ kind: 'response', ...this.server.take(request) });
    const net = new SimulatedNet(systemClock, (request, nowMs) => {
      const instead = this.instead.shift();
      if (instead?.kind === 'error' && instead.code === 'ECONNRESET') this.server.take(request);
      return instead ?? (options.receiver ?? take)(request, nowMs);
    });
    this.requests = net.requests;
    this.exporter = new RemoteWriteExporter({
      config: { ...CONFIG, ...config },
      net,
      clock: systemClock,
      log: silentLogger,
      tls: undefined,
      stored: options.stored === true ? storedSamples(this.#reader(), silentLogger) : undefined,
    });
  }

  export(records: readonly JournalRecord[], mayRepeat = false): Promise<ExportOutcome> {
    return this.exporter.export({ records, mayRepeat, signal: new AbortController().signal });
  }

  /** `job@seconds=value` of each sample, in order of arrival. */
  get seen(): string[] {
    return this.server.samples.map(
      ({ labels, timeMs, value }) => `${labels['job'] ?? labels['__name__']}@${(timeMs - T) / 1000}=${value}`,
    );
  }

  #reader() {
    return {
      select: (request: Parameters<MemoryMetrics['select']>[0]) => {
        const bySeries = Map.groupBy(this.server.samples, ({ labels }) => JSON.stringify(labels));
        const inputs = [...bySeries.values()].map((samples) => ({
          labels: samples[0]?.labels ?? {},
          samples: samples.map(({ timeMs, value }) => [timeMs, value] as const),
        }));
        return new MemoryMetrics(inputs).select(request);
      },
    };
  }
}

test('samples of several records leave by series and time, staleness markers as such', async () => {
  const world = new World();
  const records = [
    plainSamples(1, [
      [up('a'), T + 2000, 2],
      [up('b'), T, 7],
    ]),
    samplesRecord(2, (sink) => {
      sink.sample(up('a'), T + 1000, 1, false);
      sink.sample(up('a'), T + 3000, 0, true);
      sink.exemplar(up('b'), { labels: { trace_id: 'x' }, value: 5, timeMs: T });
    }),
  ];
  assert.deepEqual(await world.export(records), { refused: [] });
  assert.deepEqual(world.seen, ['a@1=1', 'a@2=2', 'a@3=stale', 'b@0=7']);
  assert.deepEqual(world.server.exemplars, [{ labels: up('b'), value: 5 }]);
  const [first] = world.requests;
  assert.deepEqual(
    [first?.request.headers['content-encoding'], first?.request.headers['x-prometheus-remote-write-version']],
    ['snappy', '0.1.0'],
  );
});

test('what has no answer in time is sent in smaller requests, each series in its order', async () => {
  const limit = 4000;
  const server = new RemoteWriteServer();
  const world = new World(
    { requestBytesMax: 200_000 },
    {
      receiver: (request) =>
        (request.body?.length ?? 0) > limit
          ? { kind: 'error', code: 'ETIMEDOUT' }
          : { kind: 'response', ...server.take(request) },
    },
  );
  const samples = Array.from({ length: 8000 }, (_, index): [ReturnType<typeof up>, number, number] => [
    up(`j${index % 50}`),
    T + index * 1000,
    Math.sin(index),
  ]);
  const records = [plainSamples(1, samples)];
  let calls = 0;
  for (let outcome: unknown; outcome === undefined; calls += 1) {
    assert.ok(calls < 10, 'it gets through');
    outcome = await world.export(records, calls > 0).catch((error: unknown) => {
      assert.ok(error instanceof ExportError, String(error));
    });
  }
  assert.equal(server.samples.length, 8000);
  assert.ok(calls > 2, `${calls} calls`);
  const sizes = world.requests.map(({ request }) => request.body?.length ?? 0);
  assert.equal(sizes.filter((size) => size > limit).length, calls - 1, 'one request a call is too slow');
});

test('late samples among thousands are found, told by place, and hold nothing up', async () => {
  const world = new World({ requestBytesMax: 20_000 });
  const many = Array.from({ length: 3000 }, (_, index) => up(`j${index}`));
  await world.export([
    plainSamples(
      1,
      many.map((labels) => [labels, T, 1] as const),
    ),
  ]);
  const before = world.seen.length;
  const late = new Set([0, 17, 1500, 2999]);
  const record = plainSamples(
    2,
    many.map((labels, index) => [labels, late.has(index) ? T - 5 : T + 5, 2] as const),
  );
  const { refused } = await world.export([record]);
  assert.deepEqual(
    refused.map(({ ordinal, items, reason }) => [ordinal, items, reason]),
    [...late].map((ordinal) => [ordinal, 1, 'out_of_order']),
  );
  assert.equal(refused[0]?.record, record.id);
  assert.match(refused[0]?.detail ?? '', /out of order sample/);
  assert.equal(world.seen.length - before, 2996);
});

test('of one series the late ones go and the others stay', async () => {
  const world = new World();
  await world.export([plainSamples(1, [[up('a'), T + 2000, 0]])]);
  const times = [0, 1, 2, 3, 4].map((second) => [up('a'), T + second * 1000, second + 10] as const);
  const { refused } = await world.export([plainSamples(2, times)]);
  assert.deepEqual(
    refused.map(({ ordinal, reason }) => [ordinal, reason]),
    [
      [0, 'out_of_order'],
      [1, 'out_of_order'],
      [2, 'duplicate'],
    ],
  );
  assert.deepEqual(world.seen, ['a@2=0', 'a@3=13', 'a@4=14']);
});

test('a point with several samples is refused once, and what has no form by its reason', async () => {
  const world = new World();
  const nanos = BigInt(T) * 1_000_000n;
  const histogram = (at: bigint) =>
    ({ kind: 'histogram', name: 'h', points: [{ nanos: at, bounds: [1], counts: [1, 2], sum: 3 }] }) as const;
  const delta = { kind: 'sum', name: 'd', delta: true, points: [{ nanos, value: 1 }] } as const;
  const gauge = { kind: 'gauge', name: 'g', points: [{ nanos: nanos + 1_000_000_000n, value: 1 }] } as const;
  await world.export([
    journalRecord(1, 'otlp-metrics', 1, buildMetrics({ service: 's', metrics: [histogram(nanos)] })),
  ]);
  const late = buildMetrics({
    service: 's',
    resource: { zone: 'z' },
    metrics: [delta, gauge, histogram(nanos - 1_000_000n)],
  });
  const { refused } = await world.export([journalRecord(2, 'otlp-metrics', 3, late)]);
  assert.deepEqual(
    refused.map(({ ordinal, items, reason }) => [ordinal, items, reason]),
    [
      [undefined, 1, 'delta_temporality'],
      [2, 1, 'out_of_order'],
    ],
  );
  const names = world.server.samples.map(({ labels }) => labels['__name__']);
  assert.deepEqual(names.slice(4), ['g', 'target_info'], 'the good ones are there');
});

test('of two values at one time the first stays, also within a batch', async () => {
  const world = new World();
  const { refused } = await world.export([
    plainSamples(1, [
      [up('a'), T, 1],
      [up('a'), T, 1],
    ]),
    plainSamples(2, [[up('a'), T, 2]]),
  ]);
  assert.deepEqual(
    refused.map(({ record, reason, items }) => [record.sequence, reason, items]),
    [[2, 'duplicate', 1]],
  );
  assert.deepEqual(world.seen, ['a@0=1']);
});

const LATER: readonly (readonly [string, Outcome, number | undefined])[] = [
  ['overloaded', { kind: 'response', status: 429, headers: { 'retry-after': '7' } }, 7000],
  ['broken', { kind: 'response', status: 500 }, undefined],
  ['away', { kind: 'response', status: 503, headers: { 'retry-after': '1' } }, 1000],
  ['not for us', { kind: 'response', status: 401 }, undefined],
  ['not there', { kind: 'response', status: 404, body: 'remote write receiver is not enabled' }, undefined],
  ['elsewhere', { kind: 'response', status: 307 }, undefined],
  ['refused', { kind: 'error', code: 'ECONNREFUSED' }, undefined],
];

for (const [what, outcome, retryAfterMs] of LATER) {
  test(`a server that is ${what} gets the batch later, and nothing twice`, async () => {
    const records = [
      plainSamples(
        1,
        Array.from({ length: 100 }, (_, job) => [up(`j${job}`), T, 1] as const),
      ),
    ];
    const steady = new World({ requestBytesMax: 1024 });
    await steady.export(records);
    // The second of several requests meets it.
    const world: World = new World(
      { requestBytesMax: 1024 },
      {
        receiver: (request) =>
          world.requests.length === 2 ? outcome : { kind: 'response', ...world.server.take(request) },
      },
    );
    const error = await world.export(records).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof ExportError, String(error));
    assert.equal(error.retryAfterMs, retryAfterMs);
    assert.deepEqual(await world.export(records, true), { refused: [] });
    assert.equal(world.seen.length, 100);
    assert.equal(world.requests.length, steady.requests.length + 1, 'what had succeeded is not sent again');
  });
}

test('an answer nobody heard: what is there already is asked for, and is no loss', async () => {
  const times = [0, 1, 2].map((second) => [up('a'), T + second, second] as const);
  for (const stored of [true, false]) {
    const world = new World({}, { stored });
    const records = [plainSamples(1, times)];
    world.instead.push({ kind: 'error', code: 'ECONNRESET' });
    await assert.rejects(world.export(records), ExportError);
    const { refused } = await world.export(records, true);
    assert.equal(world.seen.length, 3, 'it was taken');
    assert.equal(refused.length, stored ? 0 : 2, 'who cannot be asked is believed');
  }
});

test('a late sample stays refused when the server is asked and has not got it', async () => {
  const world = new World({}, { stored: true });
  await world.export([plainSamples(1, [[up('a'), T + 5, 1]])]);
  const { refused } = await world.export([plainSamples(2, [[up('a'), T, 1]])], true);
  assert.deepEqual(
    refused.map(({ reason, items }) => [reason, items]),
    [['out_of_order', 1]],
  );
});

test('2.0 where the server counts what it wrote; 1.0 for one that says nothing, or 415', async () => {
  const record = plainSamples(1, [[up('a'), T, 1]]);
  const counting = new World(
    { protocol: 'auto' },
    {
      receiver: () => ({
        kind: 'response',
        status: 204,
        headers: { 'x-prometheus-remote-write-samples-written': '1' },
      }),
    },
  );
  await counting.export([record]);
  assert.equal(counting.requests[0]?.request.headers['x-prometheus-remote-write-version'], '2.0.0');
  for (const answer of [{ status: 204 }, { status: 415 }, { status: 400, body: 'cannot be decoded' }]) {
    const world = new World({ protocol: 'auto' });
    world.instead.push({ kind: 'response', ...answer });
    assert.deepEqual(await world.export([record]), { refused: [] });
    const versions = world.requests.map(
      ({ request }) => request.headers['x-prometheus-remote-write-version'],
    );
    assert.deepEqual(versions, ['2.0.0', '0.1.0'], `${answer.status}`);
    assert.deepEqual(world.seen, ['a@0=1']);
    await world.export([plainSamples(2, [[up('a'), T + 1, 2]])]);
    assert.equal(world.requests.length, 3, 'it is remembered');
  }
});

test('2.0 that wrote a part: as many are refused as it says', async () => {
  const world = new World(
    { protocol: 'auto' },
    {
      receiver: () => ({
        kind: 'response',
        status: 400,
        headers: { 'x-prometheus-remote-write-samples-written': '3' },
        body: 'out of order sample',
      }),
    },
  );
  const samples = [0, 1, 2, 3].map((job) => [up(`j${job}`), T, 1] as const);
  const { refused } = await world.export([plainSamples(1, samples)]);
  assert.deepEqual(
    refused.map(({ items, reason }) => [items, reason]),
    [[1, 'out_of_order']],
  );
  assert.equal(world.requests.length, 1, 'what is there is not sent again');
});

test('names, labels and descriptions as the configuration wants them', async () => {
  const world = new World({
    namespace: 'ship',
    externalLabels: { cluster: 'c1', job: 'mine' },
    sendsMetadata: true,
  });
  await world.export([
    samplesRecord(1, (sink) => {
      sink.metadata('up', { type: 'gauge', help: 'Whether.', unit: '' });
      sink.sample({ __name__: 'up', job: 'a', empty: '' }, T, 1, false);
    }),
  ]);
  assert.deepEqual(world.server.samples[0]?.labels, { __name__: 'ship_up', cluster: 'c1', job: 'a' });
  assert.deepEqual(world.server.families, ['ship_up']);
});

test('what no server will ever take, by any cut, is refused one by one', async () => {
  const world = new World(
    {},
    {
      receiver: () => ({ kind: 'response', status: 400, body: 'label name is invalid' }),
    },
  );
  const samples = Array.from({ length: 64 }, (_, job) => [up(`j${job}`), T, 1] as const);
  const { refused } = await world.export([plainSamples(1, samples)]);
  assert.deepEqual(
    refused.map(({ items, reason, ordinal }) => [items, reason, ordinal]),
    [[64, 'invalid_labels', undefined]],
  );
});
