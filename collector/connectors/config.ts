/**
 * The connectors' part of `plimsoll.yaml`, in the OpenTelemetry Collector's
 * names where it has the same setting.
 */
import {
  boolean,
  duration,
  list,
  mapped,
  number,
  object,
  optional,
  required,
  section,
  text,
  withDefault,
  type Schema,
} from '#base/config/schema.ts';
import { parseDurationMs } from '#base/duration.ts';

/** An attribute that becomes a label. */
export interface Dimension {
  readonly name: string;
  /** Value where the attribute is not set; then there is no such label when undefined. */
  readonly byDefault: string | undefined;
}

export interface SpanMetricsConfig {
  readonly enabled: boolean;
  readonly flushIntervalMs: number;
  readonly dimensions: readonly Dimension[];
  /** Upper bounds in milliseconds, rising. */
  readonly bucketsMs: readonly number[];
  /** Label sets; what is beyond them is counted in one overflow series. */
  readonly seriesMax: number;
}

export interface ServiceGraphConfig {
  readonly enabled: boolean;
  readonly flushIntervalMs: number;
  /** Attributes of both ends; labels `client_NAME` and `server_NAME`. */
  readonly dimensions: readonly string[];
  /** Upper bounds in seconds, rising. */
  readonly bucketsSeconds: readonly number[];
  readonly seriesMax: number;
  /** Spans that wait for their other end. */
  readonly waitingMax: number;
  readonly waitingMsMax: number;
}

export interface ConnectorsConfig {
  readonly spanmetrics: SpanMetricsConfig;
  readonly servicegraph: ServiceGraphConfig;
}

/** Each is a label of every series. */
const DIMENSIONS_MAX = 16;
/** Each is a series of every label set. */
const BUCKETS_MAX = 64;
/** The OpenTelemetry Collector's own bounds. */
const BUCKETS_MS = [2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1000, 1400, 2000, 5000, 10_000, 15_000];

const enabled = withDefault(boolean(), true, 'Whether it runs.');
const flushInterval = withDefault(
  duration({ minMs: 500, maxMs: 3_600_000 }),
  5000,
  'How often its metrics are given out.',
);
// One label set is one line on a page; whoever has more has put an id into a name.
const seriesMax = withDefault(
  number({ min: 1, max: 100_000, integer: true }),
  2000,
  'Label sets; what comes beyond them is counted in one series with `otel_metric_overflow="true"`.',
);

const attributeName = text({ pattern: /^.{1,256}$/, expected: "an attribute's name" });

const spanmetrics = object({
  enabled,
  metrics_flush_interval: flushInterval,
  aggregation_cardinality_limit: seriesMax,
  dimensions: withDefault(
    list(
      object({
        name: required(attributeName, 'Attribute of the span, else of its resource.'),
        default: optional(text(), 'Value where it is not set.'),
      }),
    ),
    [],
    'Attributes that become labels beside service, span name, kind and status.',
  ),
  histogram: section(
    object({ explicit: section(object({ buckets: bucketsField() }), 'Buckets with bounds.') }),
    'The histogram of durations.',
  ),
});

const servicegraph = object({
  enabled,
  metrics_flush_interval: flushInterval,
  aggregation_cardinality_limit: seriesMax,
  dimensions: withDefault(
    list(attributeName),
    [],
    'Attributes of both ends that become labels, with `client_` and `server_` before their names.',
  ),
  latency_histogram_buckets: bucketsField(),
  store: section(
    object({
      // At 200 requests a second over eight edges a few seconds of spans are on their way.
      max_items: withDefault(
        number({ min: 1, max: 1_000_000, integer: true }),
        10_000,
        'Spans that may wait for their other end; beyond it they are dropped and counted.',
      ),
      ttl: withDefault(
        duration({ minMs: 100, maxMs: 600_000 }),
        10_000,
        'How long a span waits for its other end.',
      ),
    }),
    'Spans whose other end has not come yet.',
  ),
});

/** Schema of the key `connectors`. */
export const connectorsSchema: Schema<ConnectorsConfig> = mapped(
  object({
    spanmetrics: section(spanmetrics, 'Calls, errors and durations of spans as metrics.'),
    servicegraph: section(servicegraph, 'Requests between services as metrics.'),
  }),
  (written, complainHere) => {
    const { spanmetrics: spans, servicegraph: graph } = written;
    if (Math.max(spans.dimensions.length, graph.dimensions.length) > DIMENSIONS_MAX) {
      return complainHere(`more than ${DIMENSIONS_MAX} dimensions; each is a label of every series`);
    }
    return {
      spanmetrics: {
        enabled: spans.enabled,
        flushIntervalMs: spans.metrics_flush_interval,
        dimensions: spans.dimensions.map((one) => ({ name: one.name, byDefault: one.default })),
        bucketsMs: spans.histogram.explicit.buckets,
        seriesMax: spans.aggregation_cardinality_limit,
      },
      servicegraph: {
        enabled: graph.enabled,
        flushIntervalMs: graph.metrics_flush_interval,
        dimensions: graph.dimensions,
        bucketsSeconds: graph.latency_histogram_buckets.map((boundMs) => boundMs / 1000),
        seriesMax: graph.aggregation_cardinality_limit,
        waitingMax: graph.store.max_items,
        waitingMsMax: graph.store.ttl,
      },
    };
  },
);

/** What holds when nothing is written. */
export const CONNECTORS_DEFAULT: ConnectorsConfig = section(connectorsSchema, '').default.value;

/** Milliseconds, rising; written as durations. */
function bucketsField() {
  const bounds = mapped(list(text({ expected: 'durations such as 2ms or 1.4s' })), (texts, complainHere) => {
    const boundsMs = texts.map(boundMs);
    const isRising = boundsMs.every((bound, at) => bound > 0 && bound > (boundsMs[at - 1] ?? 0));
    if (isRising && boundsMs.length > 0 && boundsMs.length <= BUCKETS_MAX) return boundsMs;
    return complainHere(
      `expected 1 to ${BUCKETS_MAX} durations, each longer than the one before, such as [2ms, 10ms, 1.4s]`,
    );
  });
  return withDefault(bounds, BUCKETS_MS, 'Upper bounds of the buckets, written as durations.');
}

/** NaN for what is no duration. */
function boundMs(written: string): number {
  const whole = parseDurationMs(written);
  if (whole !== undefined) return whole;
  const match = /^(\d+\.\d+)(ms|s)$/.exec(written);
  return Number(match?.[1]) * (match?.[2] === 's' ? 1000 : 1);
}
