/**
 * Calls and durations of spans as metrics, in the names the OpenTelemetry
 * Collector's connector has in Prometheus: `traces_span_metrics_calls_total`
 * and `traces_span_metrics_duration_milliseconds`. Every span counts once,
 * whatever is sampled later. Pure.
 */
import type { SpanMetricsConfig } from '#collector/connectors/config.ts';
import { AttributeFinder } from '#signals/otlp/attribute-finder.ts';
import { Durations } from '#collector/connectors/core/durations.ts';
import {
  SpanSeriesTable,
  type SavedSpanSeries,
  type Slowest,
  type SpanSeries,
} from '#collector/connectors/core/span-series.ts';
import type { Labels } from '#signals/matchers.ts';
import type { SpanColumns } from '#signals/otlp/columns.ts';
import { hexAt } from '#signals/otlp/decode.ts';
import { labelName } from '#signals/prometheus/names.ts';
import type { SampleSink } from '#signals/prometheus/sink.ts';

const CALLS = 'traces_span_metrics_calls_total';
const DURATION = 'traces_span_metrics_duration_milliseconds';
const NANOS_PER_MS = 1e6;
/** Of `Span` and of `Resource`. */
const SPAN_ATTRIBUTES = 9;
const RESOURCE_ATTRIBUTES = 1;

/** When metrics are given out. */
export interface GivenOut {
  readonly timeMs: number;
  /** Where a new counter stands at zero, so that its first count shows as an increase. */
  readonly zeroMs: number;
}

export class SpanMetrics {
  readonly #config: SpanMetricsConfig;
  readonly #table: SpanSeriesTable;
  readonly #finder: AttributeFinder;
  readonly #identity: {
    body: Uint8Array;
    nameOffset: number;
    nameLength: number;
    service: string;
    kind: number;
    status: number;
    dimensions: (string | undefined)[];
  };

  constructor(config: SpanMetricsConfig, saved: readonly SavedSpanSeries[] = []) {
    this.#config = config;
    this.#finder = new AttributeFinder(config.dimensions.map(({ name }) => name));
    const { seriesMax, bucketsMs: bounds } = config;
    const dimensions = config.dimensions.map(({ name }) => labelName(name));
    this.#table = new SpanSeriesTable({ seriesMax, bounds, dimensions }, saved);
    this.#identity = {
      body: new Uint8Array(),
      nameOffset: 0,
      nameLength: 0,
      service: '',
      kind: 0,
      status: 0,
      dimensions: config.dimensions.map(() => undefined),
    };
  }

  /** Spans counted in the overflow series since this was made. */
  get overflowed(): number {
    return this.#table.overflowed;
  }

  /** @param timeMs when the record came; the time of exemplars */
  record(columns: SpanColumns, timeMs: number): void {
    const identity = this.#identity;
    const durations = new Durations(columns);
    identity.body = columns.body;
    for (let span = 0; span < columns.count; span += 1) {
      identity.nameOffset = columns.nameOffset[span] ?? 0;
      identity.nameLength = columns.nameLength[span] ?? 0;
      identity.kind = columns.kind[span] ?? 0;
      identity.status = columns.statusCode[span] ?? 0;
      identity.service = columns.resources[columns.resource[span] ?? 0]?.serviceName ?? '';
      if (identity.dimensions.length > 0) this.#readDimensions(columns, span);
      const series = this.#table.find(identity);
      const durationMs = durations.nanos(span) / NANOS_PER_MS;
      const bucket = series.latency.observe(durationMs);
      const { slowest } = series;
      if (durationMs <= slowest.value || columns.traceIdOffset[span] === 0) continue;
      slowest.value = durationMs;
      slowest.bucket = bucket;
      slowest.timeMs = timeMs;
      copyIds(columns, span, slowest.ids);
    }
    // The body is the journal's, and gone after this.
    identity.body = new Uint8Array();
  }

  /** Gives out every series, and the slowest span of each since the last time. */
  emit(sink: SampleSink, when: GivenOut): void {
    sink.metadata(CALLS, { type: 'counter', help: 'Spans that ended.', unit: '' });
    sink.metadata(DURATION, { type: 'histogram', help: 'How long spans took.', unit: 'milliseconds' });
    for (const series of this.#table.all()) emitSeries(series, sink, when);
  }

  save(): readonly SavedSpanSeries[] {
    return this.#table.save();
  }

  #readDimensions(columns: SpanColumns, span: number): void {
    const resource = columns.resources[columns.resource[span] ?? 0];
    const { values } = this.#finder;
    this.#finder.clear();
    if (resource !== undefined) {
      const message = { offset: resource.resourceOffset, length: resource.resourceLength };
      this.#finder.find(columns.body, message, RESOURCE_ATTRIBUTES);
    }
    const message = { offset: columns.spanOffset[span] ?? 0, length: columns.spanLength[span] ?? 0 };
    this.#finder.find(columns.body, message, SPAN_ATTRIBUTES);
    for (const [at, { byDefault }] of this.#config.dimensions.entries()) {
      this.#identity.dimensions[at] = values[at] ?? byDefault;
    }
  }
}

function emitSeries(series: SpanSeries, sink: SampleSink, { timeMs, zeroMs }: GivenOut): void {
  const { labels, latency, slowest, isNew } = series;
  const give = (name: string, value: number, le?: string): Labels => {
    const own = { __name__: name, ...labels, ...(le === undefined ? {} : { le }) };
    if (isNew) sink.sample(own, zeroMs, 0, false);
    sink.sample(own, timeMs, value, false);
    return own;
  };
  give(CALLS, latency.count);
  let bucket = 0;
  for (const { le, count } of latency.buckets()) {
    const own = give(`${DURATION}_bucket`, count, le);
    if (slowest.value >= 0 && slowest.bucket === bucket) sink.exemplar(own, exemplarOf(slowest));
    bucket += 1;
  }
  give(`${DURATION}_sum`, latency.sum);
  give(`${DURATION}_count`, latency.count);
  slowest.value = -1;
  series.isNew = false;
}

function exemplarOf({ ids, value, timeMs }: Slowest): Parameters<SampleSink['exemplar']>[1] {
  return { labels: { span_id: hexAt(ids, 16, 8), trace_id: hexAt(ids, 0, 16) }, value, timeMs };
}

function copyIds({ body, traceIdOffset, spanIdOffset }: SpanColumns, span: number, target: Uint8Array): void {
  const trace = traceIdOffset[span] ?? 0;
  const id = spanIdOffset[span] ?? 0;
  for (let at = 0; at < 16; at += 1) target[at] = body[trace + at] ?? 0;
  for (let at = 0; at < 8; at += 1) target[16 + at] = id === 0 ? 0 : (body[id + at] ?? 0);
}
