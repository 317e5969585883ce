import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONNECTORS_DEFAULT, type SpanMetricsConfig } from '#collector/connectors/config.ts';
import { SpanMetrics } from '#collector/connectors/core/spanmetrics.ts';
import { scanSpans } from '#signals/otlp/scan-traces.ts';
import { DerivedReader } from '#test/support/derived.ts';
import { buildTraces, type TestSpan } from '#test/support/otlp.ts';

const DEFAULT = CONNECTORS_DEFAULT.spanmetrics;
const START_NANOS = 1_700_000_000_000_000_000n;
const CALLS = 'traces_span_metrics_calls_total';
const DURATION = 'traces_span_metrics_duration_milliseconds';

function span(name: string, durationMs: number, rest: Partial<TestSpan> = {}): TestSpan {
  const endNanos = START_NANOS + BigInt(Math.round(durationMs * 1e6));
  return {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    name,
    startNanos: START_NANOS,
    endNanos,
    ...rest,
  };
}

function record(metrics: SpanMetrics, service: string, spans: readonly TestSpan[], timeMs = 5000): void {
  metrics.record(scanSpans(buildTraces({ service, resource: { region: 'eu' }, spans })), timeMs);
}

function read(metrics: SpanMetrics): DerivedReader {
  const reader = new DerivedReader();
  metrics.emit(reader, { timeMs: 10_000, zeroMs: 5000 });
  return reader;
}

function withConfig(changes: Partial<SpanMetricsConfig>): SpanMetrics {
  return new SpanMetrics({ ...DEFAULT, ...changes });
}

test('service, name, kind and status make a series; each span counts once', () => {
  const metrics = withConfig({});
  record(metrics, 'quotes', [span('GET /', 3), span('GET /', 5, { statusCode: 2 }), span('GET /', 7)]);
  record(metrics, 'quotes', [
    span('GET /', 3, { kind: 3 }),
    span('GET /other', 3, { kind: 1, statusCode: 1 }),
  ]);
  record(metrics, 'billing', [span('GET /', 3)]);
  const kinds = 'service_name=quotes,span_kind=SPAN_KIND';
  assert.deepEqual(read(metrics).with(CALLS), {
    [`${CALLS}{${kinds}_SERVER,span_name=GET /,status_code=STATUS_CODE_UNSET}`]: 2,
    [`${CALLS}{${kinds}_SERVER,span_name=GET /,status_code=STATUS_CODE_ERROR}`]: 1,
    [`${CALLS}{${kinds}_CLIENT,span_name=GET /,status_code=STATUS_CODE_UNSET}`]: 1,
    [`${CALLS}{${kinds}_INTERNAL,span_name=GET /other,status_code=STATUS_CODE_OK}`]: 1,
    [`${CALLS}{service_name=billing,span_kind=SPAN_KIND_SERVER,span_name=GET /,status_code=STATUS_CODE_UNSET}`]: 1,
  });
});

test('durations fall into buckets by their upper bounds, in milliseconds', () => {
  const metrics = withConfig({ bucketsMs: [2, 10] });
  record(metrics, 'quotes', [span('a', 2), span('a', 2.000001), span('a', 10), span('a', 11)]);
  // A clock that was set back between start and end.
  record(metrics, 'quotes', [span('a', -50)]);
  const reader = read(metrics);
  const labels = 'service_name=quotes,span_kind=SPAN_KIND_SERVER,span_name=a,status_code=STATUS_CODE_UNSET';
  assert.deepEqual(reader.with(DURATION), {
    [`${DURATION}_bucket{le=2.0,${labels}}`]: 2,
    [`${DURATION}_bucket{le=10.0,${labels}}`]: 4,
    [`${DURATION}_bucket{le=+Inf,${labels}}`]: 5,
    [`${DURATION}_sum{${labels}}`]: 25.000001,
    [`${DURATION}_count{${labels}}`]: 5,
  });
});

test('a new series starts at zero where it was given out last, an old one goes on', () => {
  const metrics = withConfig({});
  record(metrics, 'quotes', [span('a', 1)]);
  const callsOf = (reader: DerivedReader): readonly (readonly number[])[] =>
    reader.samples.filter(({ key }) => key.startsWith(CALLS)).map(({ timeMs, value }) => [timeMs, value]);
  assert.deepEqual(callsOf(read(metrics)), [
    [5000, 0],
    [10_000, 1],
  ]);
  assert.deepEqual(callsOf(read(metrics)), [[10_000, 1]]);
  const restored = new SpanMetrics(DEFAULT, metrics.save());
  assert.deepEqual(callsOf(read(restored)), [[10_000, 1]]);
});

test('the slowest span since the last time is the exemplar of its bucket', () => {
  const metrics = withConfig({ bucketsMs: [2, 10] });
  record(metrics, 'quotes', [span('a', 1), span('a', 9, { traceId: 'f'.repeat(32) }), span('a', 8)]);
  const [[key, exemplar] = []] = [...read(metrics).exemplars];
  assert.match(String(key), /_bucket\{le=10\.0,/);
  assert.deepEqual(exemplar, {
    labels: { span_id: 'b7ad6b7169203331', trace_id: 'f'.repeat(32) },
    value: 9,
    timeMs: 5000,
  });
  assert.equal(read(metrics).exemplars.size, 0);
});

test('beyond the limit all share the overflow series and are counted', () => {
  const metrics = withConfig({ seriesMax: 2 });
  record(
    metrics,
    'quotes',
    ['a', 'b', 'c', 'd', 'a'].map((name) => span(name, 1)),
  );
  assert.equal(metrics.overflowed, 2);
  const reader = read(metrics);
  assert.equal(reader.values.get(`${CALLS}{otel_metric_overflow=true}`), 2);
  assert.equal(Object.keys(reader.with(CALLS)).length, 3);
  const restored = new SpanMetrics({ ...DEFAULT, seriesMax: 2 }, metrics.save());
  record(restored, 'quotes', [span('a', 1), span('e', 1)]);
  assert.equal(read(restored).values.get(`${CALLS}{otel_metric_overflow=true}`), 3);
});

test('dimensions: of the span, else of its resource, else the default, else no label', () => {
  const dimensions = [
    { name: 'http.method', byDefault: 'none' },
    { name: 'region', byDefault: undefined },
    { name: 'absent', byDefault: undefined },
  ];
  const metrics = withConfig({ dimensions });
  record(metrics, 'quotes', [
    span('a', 1, { attributes: { 'http.method': 'GET', region: 'us' } }),
    span('a', 1, { attributes: { 'http.method': 7n } }),
    span('a', 1),
  ]);
  const found = Object.keys(read(metrics).with(CALLS)).map((key) => key.replace(/,service.*/, ''));
  assert.deepEqual(found, [
    `${CALLS}{http_method=GET,region=us`,
    `${CALLS}{http_method=7,region=eu`,
    `${CALLS}{http_method=none,region=eu`,
  ]);
});

test('names that differ only in broken bytes or beyond the cut are one series, before and after a restart', () => {
  const long = 'x'.repeat(5000);
  let metrics = withConfig({});
  for (const life of [1, 2]) {
    record(metrics, 'quotes', [span(`${long}a`, 1), span(`${long}b`, 1)]);
    assert.deepEqual(Object.values(read(metrics).with(CALLS)), [2 * life]);
    metrics = new SpanMetrics(DEFAULT, metrics.save());
  }
});
