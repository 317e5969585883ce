import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseYaml } from '#base/config/yaml.ts';
import type { Problem } from '#base/problem.ts';
import { present } from '#base/invariant.ts';
import { CONNECTORS_DEFAULT, connectorsSchema, type ConnectorsConfig } from '#collector/connectors/config.ts';

function read(text: string): { readonly config: ConnectorsConfig | undefined; readonly problems: string[] } {
  const problems: Problem[] = [];
  const [root] = parseYaml('p.yaml', text).roots;
  const config = connectorsSchema.read(present(root, 'there is a document'), 'connectors', {
    file: 'p.yaml',
    problems,
  });
  return { config, problems: problems.map(({ path, message }) => `${path}: ${message}`) };
}

test('both run by default, every five seconds, with the bounds of the OpenTelemetry Collector', () => {
  const { spanmetrics, servicegraph } = CONNECTORS_DEFAULT;
  assert.deepEqual([spanmetrics.enabled, spanmetrics.flushIntervalMs], [true, 5000]);
  assert.deepEqual([servicegraph.enabled, servicegraph.flushIntervalMs], [true, 5000]);
  assert.deepEqual(spanmetrics.bucketsMs.slice(-3), [5000, 10_000, 15_000]);
  assert.deepEqual(servicegraph.bucketsSeconds.slice(0, 2), [0.002, 0.004]);
});

test('everything written is read', () => {
  const { config, problems } = read(`
spanmetrics:
  metrics_flush_interval: 1s
  aggregation_cardinality_limit: 10
  dimensions: [{ name: http.method, default: GET }, { name: region }]
  histogram: { explicit: { buckets: [1.5ms, 100ms, 1.4s] } }
servicegraph:
  enabled: false
  dimensions: [tenant]
  latency_histogram_buckets: [100ms]
  store: { max_items: 5, ttl: 2s }
`);
  assert.deepEqual(problems, []);
  assert.deepEqual(config?.spanmetrics, {
    enabled: true,
    flushIntervalMs: 1000,
    dimensions: [
      { name: 'http.method', byDefault: 'GET' },
      { name: 'region', byDefault: undefined },
    ],
    bucketsMs: [1.5, 100, 1400],
    seriesMax: 10,
  });
  assert.deepEqual(config.servicegraph, {
    enabled: false,
    flushIntervalMs: 5000,
    dimensions: ['tenant'],
    bucketsSeconds: [0.1],
    seriesMax: 2000,
    waitingMax: 5,
    waitingMsMax: 2000,
  });
});

for (const [text, problem] of [
  ['spanmetrics: { histogram: { explicit: { buckets: [] } } }', /buckets: expected 1 to 64 durations/],
  ['spanmetrics: { histogram: { explicit: { buckets: [2ms, 2ms] } } }', /longer than the one before/],
  ['spanmetrics: { histogram: { explicit: { buckets: [fast] } } }', /expected 1 to 64 durations/],
  ['servicegraph: { store: { max_items: 0 } }', /max_items: expected a whole number from 1/],
  ['servicegraph: { store: { ttl: 1ms } }', /ttl: expected a duration/],
  ['spanmetrics: { metrics_flush_interval: 1ms }', /metrics_flush_interval: expected a duration/],
  [`servicegraph: { dimensions: [${'a, '.repeat(16)}a] }`, /more than 16 dimensions/],
  ['spanmetrics: { dimension: [] }', /did you mean dimensions/],
] as const) {
  test(`refused: ${text}`, () => {
    const { config, problems } = read(text);
    assert.equal(config, undefined);
    assert.match(problems.join('\n'), problem);
  });
}
