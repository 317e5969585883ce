import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { present } from '#base/invariant.ts';
import { systemDisk } from '#base/real/disk.ts';
import { NEW_CURSOR } from '#journal/core/cursor.ts';
import type { MetricsConfig } from '#storage/embedded/metrics/config.ts';
import { EmbeddedMetrics } from '#storage/embedded/metrics/store.ts';
import type { IncomingSample } from '#storage/embedded/metrics/stored-series.ts';
import { metricsContract, type MetricsBackend } from '#test/contract/metrics.ts';

const NOW_MS = 1_700_000_100_000;
const CONFIG: MetricsConfig = {
  retentionMs: 3_600_000 * 24,
  retentionBytes: 2 ** 30,
  sealIntervalMs: 60_000,
  sealSamples: 1_000_000,
  seriesMax: 1000,
};

function sampleOf(name: string, timeMs: number): IncomingSample {
  return { labels: { __name__: name }, timeMs, value: 1, stale: false };
}

async function embedded(
  config: MetricsConfig = CONFIG,
): Promise<MetricsBackend & { store(): EmbeddedMetrics }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'plimsoll-metrics-'));
  let store = await EmbeddedMetrics.open(systemDisk, directory, config);
  return {
    get reader() {
      return store;
    },
    store: () => store,
    async write(samples) {
      for (const sample of samples) store.add({ stale: false, ...sample }, NOW_MS);
      await Promise.resolve();
    },
    async writeExemplars(series) {
      for (const { labels, exemplars } of series) {
        for (const exemplar of exemplars) {
          assert.equal(store.addExemplar(labels, exemplar, NOW_MS), undefined);
        }
      }
      await Promise.resolve();
    },
    async describe(name, metadata) {
      store.describe(name, metadata);
      await Promise.resolve();
    },
    flush: () => store.seal(NEW_CURSOR, NOW_MS),
    async restart() {
      await store[Symbol.asyncDispose]();
      store = await EmbeddedMetrics.open(systemDisk, directory, config);
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

metricsContract('embedded metrics', () => embedded());

test('embedded metrics: over the series limit further series are refused, known ones go on', async () => {
  await using backend = await embedded({ ...CONFIG, seriesMax: 2 });
  const store = backend.store();
  const add = (name: string): string | undefined => store.add(sampleOf(name, NOW_MS), NOW_MS);
  assert.deepEqual(
    [add('a'), add('b'), add('c'), add('a')],
    [undefined, undefined, 'series_limit', undefined],
  );
});

test('embedded metrics: retention deletes whole files and forgets their series', async () => {
  await using backend = await embedded({ ...CONFIG, retentionMs: 60_000 });
  const store = backend.store();
  store.add(sampleOf('old', NOW_MS), NOW_MS);
  await store.seal(NEW_CURSOR, NOW_MS);
  assert.equal(store.seriesCount, 1);
  await store.seal(NEW_CURSOR, NOW_MS + 61_000);
  assert.equal(store.seriesCount, 0);
  assert.equal(store.bytes, 0);
});

test('embedded metrics: a seal that fails loses nothing', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'plimsoll-metrics-'));
  let broken = true;
  const disk: typeof systemDisk = {
    ...systemDisk,
    rename: (source, target) =>
      broken ? Promise.reject(new Error('the disk says no')) : systemDisk.rename(source, target),
  };
  const store = await EmbeddedMetrics.open(disk, directory, CONFIG);
  store.add(sampleOf('kept', NOW_MS), NOW_MS);
  const failed = store.seal(NEW_CURSOR, NOW_MS);
  store.add({ ...sampleOf('kept', NOW_MS + 1), value: 2 }, NOW_MS);
  await assert.rejects(failed, /says no/);
  broken = false;
  await store.seal(NEW_CURSOR, NOW_MS);
  const matchers = [{ name: '__name__', operator: '=', value: 'kept' }] as const;
  const [series] = await store.select({ matchers, startMs: 0, endMs: NOW_MS * 2 });
  assert.deepEqual([...present(series, 'the series is there').values], [1, 2]);
  await store[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

test('embedded metrics: exemplars of a seal that failed are in the next', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'plimsoll-metrics-'));
  let broken = true;
  const disk: typeof systemDisk = {
    ...systemDisk,
    rename: (source, target) =>
      broken ? Promise.reject(new Error('the disk says no')) : systemDisk.rename(source, target),
  };
  const store = await EmbeddedMetrics.open(disk, directory, CONFIG);
  const labels = { __name__: 'latency_bucket' };
  store.addExemplar(labels, { labels: { trace_id: 'early' }, value: 1, timeMs: NOW_MS }, NOW_MS);
  await assert.rejects(store.seal(NEW_CURSOR, NOW_MS), /says no/);
  broken = false;
  store.addExemplar(labels, { labels: { trace_id: 'late' }, value: 2, timeMs: NOW_MS }, NOW_MS);
  await store.seal(NEW_CURSOR, NOW_MS);
  await store[Symbol.asyncDispose]();
  await using again = await EmbeddedMetrics.open(disk, directory, CONFIG);
  const found = await again.exemplars({
    sets: [[{ name: '__name__', operator: '=', value: 'latency_bucket' }]],
    startMs: 0,
    endMs: NOW_MS,
  });
  const ids = found[0]?.exemplars.map((exemplar) => exemplar.labels['trace_id']);
  assert.deepEqual(ids, ['early', 'late']);
  await rm(directory, { recursive: true });
});

test('embedded metrics: exemplars over age or with long labels are refused', async () => {
  await using backend = await embedded();
  const store = backend.store();
  const refusal = (trace: string, timeMs: number): string | undefined =>
    store.addExemplar({ __name__: 'a' }, { labels: { trace_id: trace }, value: 1, timeMs }, NOW_MS);
  assert.equal(refusal('x'.repeat(120), NOW_MS), undefined);
  assert.equal(refusal('x'.repeat(121), NOW_MS), 'exemplar_labels');
  assert.equal(refusal('x', NOW_MS - CONFIG.retentionMs - 1), 'exemplar_retention');
});
