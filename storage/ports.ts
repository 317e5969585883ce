/**
 * The stores as their readers see them. Each port has one contract suite that
 * runs on every backend; what a backend cannot do it says in `capabilities`.
 * Everything here can be sent between threads; lists come in pages.
 */
import type { Series, SeriesSource } from '#promql/ports.ts';
import type { Cursor } from '#journal/ports.ts';
import type { Labels, Matcher } from '#signals/matchers.ts';
import type { LogRecord, Span, SpanKind } from '#signals/model.ts';
import type { TraceId } from '#signals/ids.ts';
import type { Exemplar } from '#signals/prometheus/sink.ts';

export type { Series };

// -- traces -------------------------------------------------------------------

export interface TraceCapabilities {
  readonly searchByAttributes: boolean;
  readonly searchByDuration: boolean;
}

export interface TraceSearch {
  readonly service: string;
  /** Span name; any when undefined. */
  readonly operation: string | undefined;
  /** Every pair must be on one span (or its resource), compared as text. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly durationNanosMin: bigint | undefined;
  readonly durationNanosMax: bigint | undefined;
  /** Start time of the matching span, both inclusive. */
  readonly startUnixNanosMin: bigint;
  readonly startUnixNanosMax: bigint;
  /** Traces, newest first. 1 … 1500. */
  readonly tracesMax: number;
}

export interface Trace {
  readonly traceId: TraceId;
  /** By start time. */
  readonly spans: readonly Span[];
  /** True when the trace has more spans than a reader returns. */
  readonly truncated?: boolean;
}

export interface TraceReader {
  traceCapabilities(): Promise<TraceCapabilities>;
  services(): Promise<readonly string[]>;
  operations(service: string): Promise<readonly { readonly name: string; readonly kind: SpanKind }[]>;
  /** Undefined when no span of it is stored. */
  trace(traceId: TraceId, signal?: AbortSignal): Promise<Trace | undefined>;
  searchTraces(search: TraceSearch, signal?: AbortSignal): Promise<readonly Trace[]>;
}

// -- logs ---------------------------------------------------------------------

export interface LogSearch {
  readonly service: string | undefined;
  /** Case-insensitive substring of the body's text. */
  readonly text: string | undefined;
  readonly severityNumberMin: number;
  readonly traceId: TraceId | undefined;
  /** Every pair must be on the record or its resource, compared as text. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Both inclusive. */
  readonly unixNanosMin: bigint;
  readonly unixNanosMax: bigint;
  readonly order: 'newest-first' | 'oldest-first';
  /** 1 … 5000. */
  readonly recordsMax: number;
  /** Opaque, from the page before. */
  readonly after: string | undefined;
}

export interface LogPage {
  readonly records: readonly LogRecord[];
  /** For `after` of the next page; undefined when this was the last. */
  readonly next: string | undefined;
}

export interface LogReader {
  searchLogs(search: LogSearch, signal?: AbortSignal): Promise<LogPage>;
}

// -- metrics ------------------------------------------------------------------

export interface MetricMetadata {
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'unknown';
  readonly help: string;
  readonly unit: string;
}

export interface LabelRequest {
  /** Sets of matchers; a series counts when it matches any set; all when empty. */
  readonly sets: readonly (readonly Matcher[])[];
  readonly startMs: number;
  readonly endMs: number;
  /** Results beyond this are cut; 0 for no limit. */
  readonly limit: number;
}

export interface ExemplarRequest {
  /** Sets of matchers; a series counts when it matches any set, and none when there is no set. */
  readonly sets: readonly (readonly Matcher[])[];
  /** Both inclusive. */
  readonly startMs: number;
  readonly endMs: number;
}

export interface ExemplarSeries {
  readonly labels: Labels;
  /** By time. */
  readonly exemplars: readonly Exemplar[];
}

export interface MetricReader extends SeriesSource {
  labelNames(request: LabelRequest): Promise<readonly string[]>;
  labelValues(name: string, request: LabelRequest): Promise<readonly string[]>;
  series(request: LabelRequest): Promise<readonly Labels[]>;
  /** Series in the order of their labels; those without an exemplar in the range left out. */
  exemplars(request: ExemplarRequest): Promise<readonly ExemplarSeries[]>;
  /** By metric name (the family's, without `_bucket` and the like). */
  metadata(): Promise<Readonly<Record<string, MetricMetadata>>>;
}

// -- status -------------------------------------------------------------------

export interface StoreStatus {
  readonly name: string;
  readonly cursor: Cursor;
  /** Bytes on disk. */
  readonly bytes: number;
  /** Items or samples waiting in memory for the next seal. */
  readonly tailItems: number;
  readonly oldestUnixNanos: bigint | undefined;
  readonly residentBytes: number | undefined;
}
