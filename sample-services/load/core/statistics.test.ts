import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Latencies } from '#sample-services/load/core/latencies.ts';
import { RandomStream } from '#sample-services/load/core/random-stream.ts';
import { Statistics } from '#sample-services/load/core/statistics.ts';

test('quantiles are within one percent of those of the sorted list', () => {
  const random = new RandomStream(3);
  const values = Array.from({ length: 20_000 }, () => 2 * Math.exp(3 * random.next() ** 2));
  const latencies = new Latencies();
  for (const value of values) latencies.add(value);
  const sorted = values.toSorted((a, b) => a - b);
  for (const share of [0.01, 0.5, 0.9, 0.99, 0.999, 1]) {
    const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
    const found = latencies.quantile(share) ?? 0;
    assert.ok(Math.abs(found / exact - 1) < 0.01, `${share}: ${found}, exactly ${exact}`);
  }
  assert.equal(latencies.maxMs, sorted.at(-1));
});

test('nothing counted has no quantile; what is out of range counts at the edge', () => {
  const latencies = new Latencies();
  assert.equal(latencies.quantile(0.5), undefined);
  latencies.add(-1);
  latencies.add(1e9);
  assert.equal(latencies.count, 2);
  assert.ok((latencies.quantile(1) ?? 0) >= 119_000);
});

test('errors are what had no answer or one of 500 and above, by step', () => {
  const statistics = new Statistics();
  const at = { intendedMs: 1000, startedMs: 1002, endedMs: 1052 };
  for (const status of [0, 200, 404, 500, 503]) statistics.add({ ...at, step: 'POST /quotes', status });
  statistics.add({ ...at, step: 'POST /shipments', status: 201 });
  const { requests, errors, lagMs, steps } = statistics.sinceStart();
  assert.deepEqual([requests, errors], [6, 3]);
  assert.equal(steps['POST /quotes']?.errors, 3);
  assert.equal(steps['POST /shipments']?.latencyMs?.max, 52);
  assert.equal(lagMs?.max, 2);
});

test('the last minute forgets what is older', () => {
  const statistics = new Statistics();
  for (let second = 0; second < 300; second += 1) {
    const endedMs = 1_700_000_000_000 + second * 1000;
    statistics.add({
      intendedMs: endedMs - 5,
      startedMs: endedMs - 5,
      endedMs,
      step: 'POST /quotes',
      status: 201,
    });
  }
  const nowMs = 1_700_000_000_000 + 300_000;
  const { requests } = statistics.lastMinute(nowMs);
  assert.ok(requests >= 60 && requests <= 65, `${requests} requests`);
  assert.equal(statistics.lastMinute(nowMs + 120_000).requests, 0);
  assert.equal(statistics.sinceStart().requests, 300);
});
