import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCoded } from '#base/errors.ts';
import type { Series } from '#promql/ports.ts';
import { readInParts, SAMPLES_MAX, type TimeRange } from '#storage/prometheus/core/parts.ts';

/** One sample a second, those of series b stale, in a range. */
function secondsIn({ startMs, endMs }: TimeRange): Series[] {
  const first = Math.ceil(startMs / 1000);
  const times = Array.from({ length: Math.floor(endMs / 1000) - first + 1 }, (_, at) => (first + at) * 1000);
  if (times.length <= 0) return [];
  const timesMs = Float64Array.from(times);
  return [
    { labels: { job: 'a' }, timesMs, values: timesMs, stale: undefined },
    { labels: { job: 'b' }, timesMs, values: timesMs, stale: Uint8Array.from(times, () => 1) },
  ];
}

test('what is too large comes in parts that are put together: each sample once, in order', async () => {
  for (const most of [1, 3, 7, 1000]) {
    const range = { startMs: 500, endMs: 100_000 };
    const parts: TimeRange[] = [];
    const series = await readInParts(range, async (part) => {
      const found = secondsIn(part);
      if ((found[0]?.timesMs.length ?? 0) > most) return undefined;
      parts.push(part);
      return Promise.resolve(found);
    });
    assert.deepEqual(series, secondsIn(range), `at most ${most}`);
    assert.ok(most === 1000 ? parts.length === 1 : parts.length > 10);
  }
});

test('too many series within a second, and too many samples, are refused', async () => {
  const range = { startMs: 0, endMs: 1e12 };
  const isLimit = (error: unknown): boolean => isCoded(error, 'PLIM_QUERY_LIMIT');
  await assert.rejects(
    readInParts(range, () => Promise.resolve(undefined)),
    isLimit,
  );
  const timesMs = new Float64Array(SAMPLES_MAX + 1);
  const series = [{ labels: {}, timesMs, values: timesMs, stale: undefined }];
  await assert.rejects(
    readInParts(range, () => Promise.resolve(series)),
    isLimit,
  );
});
