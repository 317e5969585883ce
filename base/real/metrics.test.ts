import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetricDefinition } from '#base/metrics.ts';
import { createMeter, METRIC_SERIES_MAX } from '#base/real/metrics.ts';

function definition(type: MetricDefinition['type'], labels: readonly string[] = []): MetricDefinition {
  return {
    name: `test_${type}`,
    type,
    help: 'Only a test.',
    labels,
    ...(type === 'histogram' ? { buckets: [1, 5] } : {}),
  };
}

test('a counter without labels is there before it counts', async () => {
  const meter = createMeter();
  const counter = meter.counter(definition('counter'));
  assert.equal((await meter.collect())[0]?.samples[0]?.value, 0);
  counter.add(3);
  counter.add(2);
  assert.equal((await meter.collect())[0]?.samples[0]?.value, 5);
});

test('who asks for a metric again gets the same one', async () => {
  const meter = createMeter();
  for (const who of ['a', 'b', 'a']) meter.counter(definition('counter', ['who'])).add(1, { who });
  const families = await meter.collect();
  assert.deepEqual(
    families[0]?.samples.map(({ labels, value }) => [labels['who'], value]),
    [
      ['a', 2],
      ['b', 1],
    ],
  );
});

test('a histogram gives cumulative buckets, sum and count', async () => {
  const meter = createMeter();
  const histogram = meter.histogram(definition('histogram'));
  for (const value of [0.5, 2, 100]) histogram.observe(value);
  const samples = (await meter.collect())[0]?.samples ?? [];
  const bucket = (le: string): number | undefined => samples.find(({ labels }) => labels['le'] === le)?.value;
  assert.deepEqual([bucket('1'), bucket('5'), bucket('+Inf')], [1, 2, 3]);
  assert.equal(samples.find(({ name }) => name === 'test_histogram_sum')?.value, 102.5);
  assert.equal(samples.find(({ name }) => name === 'test_histogram_count')?.value, 3);
});

test('a histogram can show labels before the first observation', async () => {
  const meter = createMeter();
  meter.histogram(definition('histogram', ['who'])).zero({ who: 'a' });
  const samples = (await meter.collect())[0]?.samples ?? [];
  assert.deepEqual(
    samples.map(({ labels, value }) => [labels['who'], value]),
    Array.from({ length: 5 }, () => ['a', 0]),
  );
});

test('series beyond the limit fall together instead of growing', async () => {
  const meter = createMeter();
  const counter = meter.counter(definition('counter', ['id']));
  for (let id = 0; id < METRIC_SERIES_MAX + 50; id += 1) counter.add(1, { id: String(id) });
  counter.add(1, { id: '0' });
  const samples = (await meter.collect())[0]?.samples ?? [];
  assert.equal(samples.length, METRIC_SERIES_MAX + 1);
  assert.equal(samples.find(({ labels }) => labels['id'] === 'overflow')?.value, 50);
  assert.equal(
    samples.find(({ labels }) => labels['id'] === '0')?.value,
    2,
    'what was known goes on counting',
  );
});

test('onCollect runs before each collection', async () => {
  const meter = createMeter();
  const gauge = meter.gauge(definition('gauge'));
  let reading = 0;
  meter.onCollect(() => gauge.set((reading += 1)));
  await meter.collect();
  assert.equal((await meter.collect())[0]?.samples[0]?.value, 2);
});
