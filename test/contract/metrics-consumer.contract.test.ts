/** The metrics store as a consumer of a real disk journal: replay, conservation, restart. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { sleep } from '#base/clock.ts';
import { silentLogger } from '#base/log.ts';
import { present } from '#base/invariant.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { createMeter } from '#base/real/metrics.ts';
import { systemRandom } from '#base/real/random.ts';
import { ledger } from '#collector/ledger.ts';
import { DEFAULT_JOURNAL_CONFIG } from '#journal/config.ts';
import { createCommittedCell, publishCommitted, SharedCommitted } from '#journal/disk/committed.ts';
import { openDiskJournalSource } from '#journal/disk/reader.ts';
import { openDiskJournal, type DiskJournalWriter } from '#journal/disk/writer.ts';
import { DEFAULT_TENANT } from '#signals/ids.ts';
import { METRICS_CONSUMER, startMetrics, type MetricsStore } from '#storage/embedded/metrics/start.ts';
import { buildMetrics } from '#test/support/otlp.ts';

const CONFIG = {
  retentionMs: 3_600_000,
  retentionBytes: 2 ** 30,
  sealIntervalMs: 3_600_000,
  sealSamples: 1_000_000,
  seriesMax: 1000,
};
const START_MS = Date.now() - 60_000;

interface World extends AsyncDisposable {
  readonly journal: DiskJournalWriter;
  start(): Promise<MetricsStore>;
}

async function world(): Promise<World> {
  const directory = await mkdtemp(path.join(tmpdir(), 'plimsoll-metrics-consumer-'));
  const cell = createCommittedCell();
  const journal = await openDiskJournal({
    disk: systemDisk,
    clock: systemClock,
    random: systemRandom,
    directory: path.join(directory, 'journal'),
    config: DEFAULT_JOURNAL_CONFIG,
    consumers: [METRICS_CONSUMER],
    onCommit: (offset) => publishCommitted(cell, offset),
  });
  return {
    journal,
    start: () =>
      startMetrics({
        disk: systemDisk,
        clock: systemClock,
        log: silentLogger,
        meter: createMeter(),
        directory: path.join(directory, 'metrics'),
        source: openDiskJournalSource({
          disk: systemDisk,
          clock: systemClock,
          directory: path.join(directory, 'journal'),
          committed: new SharedCommitted(cell),
        }),
        config: CONFIG,
      }),
    async [Symbol.asyncDispose]() {
      await journal[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

async function append(journal: DiskJournalWriter, at: number): Promise<void> {
  const nanos = BigInt(START_MS + at * 1000) * 1_000_000n;
  const body = buildMetrics({
    service: 'quotes',
    metrics: [
      { name: 'requests', kind: 'sum', points: [{ nanos, value: BigInt(at) }] },
      { name: 'forgotten', kind: 'sum', delta: true, points: [{ nanos, value: 1n }] },
    ],
  });
  await journal.append({ kind: 'otlp-metrics', tenant: DEFAULT_TENANT, items: 2, body });
}

async function rowWhenCaughtUp(journal: DiskJournalWriter, store: MetricsStore) {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const { cursor } = await store.status();
    const rows = ledger(journal.status(), [{ name: 'metrics', cursor }]);
    const row = present(
      rows.find(({ signal }) => signal === 'otlp-metrics'),
      'a row a signal',
    );
    if (row.held === 0) return row;
    await sleep(systemClock, 10);
  }
  throw new Error('the store does not catch up');
}

async function values(store: MetricsStore): Promise<number[]> {
  const series = await store.reader.select({
    matchers: [{ name: '__name__', operator: '=', value: 'requests_total' }],
    startMs: 0,
    endMs: START_MS * 2,
  });
  return [...(series[0]?.values ?? [])];
}

test('what is accepted is delivered or dropped by reason, across restarts and seals', async () => {
  await using scene = await world();
  const { journal } = scene;
  let expected = 0;
  for (let life = 0; life < 3; life += 1) {
    await using store = await scene.start();
    for (let index = 0; index < 10; index += 1) await append(journal, expected + index);
    expected += 10;
    const row = await rowWhenCaughtUp(journal, store);
    assert.deepEqual(
      [row.accepted, row.delivered, { ...row.dropped }, row.residual],
      [expected * 2, expected, { delta_temporality: expected }, 0],
    );
    assert.deepEqual(
      await values(store),
      Array.from({ length: expected }, (_, index) => index),
    );
  }
});

test('a crash before the seal loses nothing and doubles nothing', async () => {
  await using scene = await world();
  const { journal } = scene;
  const first = await scene.start();
  for (let index = 0; index < 5; index += 1) await append(journal, index);
  await rowWhenCaughtUp(journal, first);
  await first.sealNow();
  for (let index = 5; index < 9; index += 1) await append(journal, index);
  await rowWhenCaughtUp(journal, first);
  // The first store is left as a crash would leave it: its tail is never sealed.
  await using second = await scene.start();
  const row = await rowWhenCaughtUp(journal, second);
  assert.deepEqual([row.delivered, row.residual], [9, 0]);
  assert.deepEqual(await values(second), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  await first[Symbol.asyncDispose]();
});

test('a flood of traces is not held in the journal on behalf of a store that keeps none', async () => {
  await using scene = await world();
  const { journal } = scene;
  await using store = await scene.start();
  await append(journal, 0);
  const body = new Uint8Array(8 * 2 ** 20);
  for (let index = 0; index < 4; index += 1) {
    await journal.append({ kind: 'otlp-traces', tenant: DEFAULT_TENANT, items: 1, body: body.slice() });
  }
  await rowWhenCaughtUp(journal, store);
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const held = present(journal.status().consumers[0], 'one consumer').heldBytes;
    // The timer alone would seal in an hour.
    if (held <= 2 * body.length) return;
    await sleep(systemClock, 10);
  }
  assert.fail('the cursor stays where it was');
});
