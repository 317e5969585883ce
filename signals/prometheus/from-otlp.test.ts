import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Labels } from '#signals/matchers.ts';
import { translateMetrics, type TranslationCounts } from '#signals/prometheus/from-otlp.ts';
import { boundText, labelName, metricName } from '#signals/prometheus/names.ts';
import type { MetricDescription } from '#signals/prometheus/sink.ts';
import { MetricsRequest } from '#test/support/otlp-proto.ts';
import { protobufOf } from '#test/support/otlp-requests.ts';

const NANOS = '1800000000123999999';
const MS = 1_800_000_000_123;

interface Translated {
  readonly counts: TranslationCounts;
  /** `name{label="value",…} value` with the labels sorted, or `stale` for the value. */
  readonly lines: readonly string[];
  readonly timesMs: readonly number[];
  readonly families: ReadonlyMap<string, MetricDescription>;
  /** `name{le} value@time {labels}`. */
  readonly exemplars: readonly string[];
}

/** Translates metrics given as protobufjs objects, all of one resource. */
function translated(metrics: readonly object[], resource: Readonly<Record<string, string>> = {}): Translated {
  const lines: string[] = [];
  const timesMs: number[] = [];
  const exemplars: string[] = [];
  const families = new Map<string, MetricDescription>();
  const request = {
    resourceMetrics: [{ resource: { attributes: attributes(resource) }, scopeMetrics: [{ metrics }] }],
  };
  const counts = translateMetrics(protobufOf(MetricsRequest, request), 7, {
    sample: ({ __name__: name, ...labels }, timeMs, value, stale) => {
      const texts = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
      lines.push(`${name}{${texts.toSorted().join(',')}} ${stale ? 'stale' : value}`);
      timesMs.push(timeMs);
    },
    exemplar: ({ __name__: name, le }, { labels, value, timeMs }) =>
      exemplars.push(`${name}{${le ?? ''}} ${value}@${timeMs} ${JSON.stringify(labels)}`),
    metadata: (name, description) => families.set(name, description),
  });
  return { counts, lines, timesMs, families, exemplars };
}

function attributes(values: Readonly<Record<string, string>>): object[] {
  return Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

test('names: illegal characters, units in words, total and ratio', () => {
  const cases: readonly [string, string, 'counter' | 'gauge' | 'histogram', string][] = [
    ['http.server.request.duration', 's', 'histogram', 'http_server_request_duration_seconds'],
    ['http.server.active_requests', '{request}', 'gauge', 'http_server_active_requests'],
    ['requests', '1', 'counter', 'requests_total'],
    ['requests_total', '', 'counter', 'requests_total'],
    ['io', 'By', 'counter', 'io_bytes_total'],
    ['io_bytes', 'By', 'gauge', 'io_bytes'],
    ['speed', 'm/s', 'gauge', 'speed_meters_per_second'],
    ['cpu.utilization', '1', 'gauge', 'cpu_utilization_ratio'],
    ['2xx', '', 'gauge', '_2xx'],
    ['a--b', '', 'gauge', 'a_b'],
  ];
  for (const [name, unit, type, expected] of cases) assert.equal(metricName(name, unit, type), expected);
  assert.deepEqual(['http.route', '2xx', 'größe'].map(labelName), ['http_route', 'key_2xx', 'gr__e']);
});

test('bounds are written as Prometheus 3 writes them', () => {
  const bounds = [
    0,
    1,
    0.005,
    2.5,
    100_000,
    1_000_000,
    12_345_678,
    0.0001,
    0.00001,
    1e21,
    Infinity,
    -Infinity,
    -3,
  ];
  assert.deepEqual(bounds.map(boundText), [
    '0.0',
    '1.0',
    '0.005',
    '2.5',
    '100000.0',
    '1e+06',
    '1.2345678e+07',
    '0.0001',
    '1e-05',
    '1e+21',
    '+Inf',
    '-Inf',
    '-3.0',
  ]);
});

test('a gauge and a counter become one sample a point, in whole milliseconds', () => {
  const dataPoints = [{ timeUnixNano: NANOS, asInt: '-5', attributes: attributes({ 'http.route': '/x' }) }];
  const { lines, timesMs, counts, families } = translated([
    { name: 'depth', description: 'How deep', unit: 'm', gauge: { dataPoints } },
    { name: 'calls', sum: { dataPoints, aggregationTemporality: 2, isMonotonic: true } },
    { name: 'open', sum: { dataPoints: [{ asDouble: 1.5 }], aggregationTemporality: 2 } },
  ]);
  const job = 'job="unknown_service"';
  assert.deepEqual(lines, [
    `depth_meters{http_route="/x",${job}} -5`,
    `calls_total{http_route="/x",${job}} -5`,
    `open{${job}} 1.5`,
  ]);
  assert.deepEqual(timesMs, [MS, MS, 7], 'a point without a time gets the time of receipt');
  assert.deepEqual(counts, { points: 3, delivered: 3, dropped: {} });
  assert.equal(families.get('depth_meters')?.help, 'How deep');
  assert.deepEqual(
    [...families.values()].map(({ type }) => type),
    ['gauge', 'counter', 'gauge'],
  );
});

test('exemplars stand with their counter, or with the bucket they fall into', () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const spanId = 'b7ad6b7169203331';
  const exemplars = [
    { asDouble: 9, timeUnixNano: NANOS },
    {
      asInt: '-2',
      traceId,
      spanId,
      filteredAttributes: attributes({ trace_id: 'other', 'user.tier': 'gold' }),
    },
    { asDouble: 2.5, traceId: '00'.repeat(16), spanId: 'abcd' },
    { asDouble: Number.NaN },
    { traceId },
  ];
  const point = { count: '3', bucketCounts: ['1', '1', '1'], explicitBounds: [1, 2.5], exemplars };
  const { exemplars: found, counts } = translated([
    { name: 'h', histogram: { aggregationTemporality: 2, dataPoints: [point] } },
    {
      name: 'c',
      sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ asInt: '1', exemplars }] },
    },
    { name: 'g', gauge: { dataPoints: [{ asInt: '1', exemplars }] } },
    { name: 'u', sum: { aggregationTemporality: 2, dataPoints: [{ asInt: '1', exemplars }] } },
  ]);
  const gold = `{"trace_id":"${traceId}","user_tier":"gold","span_id":"${spanId}"}`;
  assert.deepEqual(found, [
    `h_bucket{1.0} -2@7 ${gold}`,
    'h_bucket{2.5} 2.5@7 {}',
    `h_bucket{+Inf} 9@${MS} {}`,
    `c_total{} -2@7 ${gold}`,
    'c_total{} 2.5@7 {}',
    `c_total{} 9@${MS} {}`,
  ]);
  assert.equal(counts.delivered, 4);
});

test('a histogram becomes cumulative buckets, a sum and a count; a summary its quantiles', () => {
  const { lines } = translated([
    {
      name: 'h',
      histogram: {
        aggregationTemporality: 2,
        dataPoints: [{ count: '6', sum: 4.5, bucketCounts: ['1', '2', '3'], explicitBounds: [1, 2.5] }],
      },
    },
    {
      name: 's',
      summary: { dataPoints: [{ count: '2', sum: 3, quantileValues: [{ quantile: 1, value: 2 }] }] },
    },
  ]);
  const job = 'job="unknown_service"';
  assert.deepEqual(lines, [
    `h_bucket{${job},le="1.0"} 1`,
    `h_bucket{${job},le="2.5"} 3`,
    `h_bucket{${job},le="+Inf"} 6`,
    `h_sum{${job}} 4.5`,
    `h_count{${job}} 6`,
    `s{${job},quantile="1.0"} 2`,
    `s_sum{${job}} 3`,
    `s_count{${job}} 2`,
  ]);
});

test('what has no place is dropped by reason, and every point is accounted for', () => {
  const point = { timeUnixNano: NANOS, asInt: '1' };
  const { counts, lines } = translated([
    { name: 'delta', sum: { dataPoints: [point, point], aggregationTemporality: 1 } },
    { name: 'exp', exponentialHistogram: { dataPoints: [{ count: '1' }], aggregationTemporality: 2 } },
    { name: 'valueless', gauge: { dataPoints: [{ timeUnixNano: NANOS }] } },
    {
      name: 'crooked',
      histogram: {
        aggregationTemporality: 2,
        dataPoints: [{ count: '1', bucketCounts: ['1'], explicitBounds: [1, 2] }],
      },
    },
    { name: 'kept', gauge: { dataPoints: [point] } },
  ]);
  assert.deepEqual(counts, {
    points: 6,
    delivered: 1,
    dropped: { delta_temporality: 2, exponential_histogram: 1, malformed_point: 2 },
  });
  assert.deepEqual(lines, ['kept{job="unknown_service"} 1']);
});

test('a point without a recorded value is a staleness marker', () => {
  const { lines } = translated([{ name: 'g', gauge: { dataPoints: [{ flags: 1 }] } }]);
  assert.deepEqual(lines, ['g{job="unknown_service"} stale']);
});

test('a resource gives job, instance and one target_info', () => {
  const gauge = { dataPoints: [{ timeUnixNano: NANOS, asInt: '1' }] };
  const { lines } = translated(
    [
      { name: 'a', gauge },
      { name: 'b', gauge },
    ],
    {
      'service.name': 'quotes',
      'service.namespace': 'freight',
      'service.instance.id': 'q-1',
      'host.name': 'h',
    },
  );
  assert.deepEqual(lines, [
    'a{instance="q-1",job="freight/quotes"} 1',
    'b{instance="q-1",job="freight/quotes"} 1',
    'target_info{host_name="h",instance="q-1",job="freight/quotes"} 1',
  ]);
});

test('keys that become one label are joined in order of the keys; lists are JSON', () => {
  const values = [{ intValue: '1' }, { stringValue: 'x' }];
  const keys = [
    { key: 'a_b', value: { stringValue: 'second' } },
    { key: 'a.b', value: { stringValue: 'first' } },
    { key: 'list', value: { arrayValue: { values } } },
    { key: '__proto__', value: { stringValue: 'p' } },
  ];
  const { lines } = translated([{ name: 'g', gauge: { dataPoints: [{ asInt: '1', attributes: keys }] } }]);
  assert.deepEqual(lines, ['g{__proto__="p",a_b="first;second",job="unknown_service",list="[1,"x"]"} 1']);
});

test('a caller may want names as they are, the resource on each series, and the place of each point', () => {
  const metrics = [
    { name: 'wait.time', unit: 's', sum: { aggregationTemporality: 1, dataPoints: [{ asDouble: 1 }] } },
    { name: 'io.bytes', unit: 'By', gauge: { dataPoints: [{ asDouble: 1 }, { asDouble: 2 }] } },
  ];
  const resource = { attributes: attributes({ 'service.name': 'shop', zone: 'a' }) };
  const body = protobufOf(MetricsRequest, { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] });
  const told: unknown[] = [];
  const sink = {
    point: (ordinal: number | undefined) => void told.push(ordinal),
    sample: (labels: Labels) => void told.push(labels['__name__'], labels['zone']),
    exemplar: () => {},
    metadata: () => {},
  };
  translateMetrics(body, 7, sink, { addsSuffixes: false, addsResource: true });
  assert.deepEqual(told, [1, 'io_bytes', 'a', 2, 'io_bytes', 'a', undefined, 'target_info', 'a']);
  told.length = 0;
  translateMetrics(body, 7, sink, { addsTargetInfo: false });
  assert.deepEqual(told, [1, 'io_bytes', undefined, 2, 'io_bytes', undefined]);
});
