import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignedBuckets, barsOf, brushed, segmentsOf } from '#dashboards/console/core/logs/histogram.ts';

const counts = { unset: 0, trace: 0, debug: 1, info: 6, warn: 2, error: 0, fatal: 1 };

test('severities are put together in four bands', () => {
  const bars = barsOf({
    startUnixNanos: '1800000000000000000',
    stepNanos: '10000000000',
    buckets: [
      { unixNanos: '1800000000000000000', total: 10, counts },
      {
        unixNanos: '1800000010000000000',
        total: 0,
        counts: { ...counts, debug: 0, info: 0, warn: 0, fatal: 0 },
      },
    ],
  });
  assert.deepEqual(bars.totals, { error: 1, warn: 2, info: 6, below: 1 });
  assert.deepEqual([bars.total, bars.highest], [10, 10]);
  const [first] = bars.buckets;
  assert.ok(first !== undefined);
  assert.deepEqual([first.startMs, first.endMs], [1_800_000_000_000, 1_800_000_010_000]);
  assert.deepEqual(
    segmentsOf(first, 20).map(({ band, from, to }) => [band, from, to]),
    [
      ['error', 0, 0.05],
      ['warn', 0.05, 0.15],
      ['info', 0.15, 0.45],
      ['below', 0.45, 0.5],
    ],
  );
  assert.deepEqual(segmentsOf(first, 0), []);
});

test('buckets stand on whole steps and cover the interval', () => {
  for (const lengthMs of [1000, 60_000, 900_000, 3_600_000, 30 * 86_400_000]) {
    const interval = { startMs: 1_800_000_000_123, endMs: 1_800_000_000_123 + lengthMs };
    const { startMs, endMs, buckets } = alignedBuckets(interval, 90);
    const stepMs = (endMs - startMs) / buckets;
    assert.ok(startMs <= interval.startMs && endMs >= interval.endMs, `${lengthMs} ms is covered`);
    assert.ok(buckets <= 92 && Number.isInteger(stepMs) && startMs % stepMs === 0, `${buckets} × ${stepMs}`);
  }
});

test('a brush in either direction is a part of the interval; a click is none', () => {
  const interval = { startMs: 1000, endMs: 2000 };
  assert.deepEqual(brushed(interval, 0.75, 0.25), { startMs: 1250, endMs: 1750 });
  assert.deepEqual(brushed(interval, -1, 0.5), { startMs: 1000, endMs: 1500 });
  assert.equal(brushed(interval, 0.5, 0.501), undefined);
});
