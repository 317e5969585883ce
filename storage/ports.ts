/**
 * The stores as their readers see them. Each port has one contract suite that
 * runs on every backend; what a backend cannot do it says in `capabilities`.
 * Everything here can be sent between threads; lists come in pages.
 */
import type { Series, SeriesSource } from '#promql/ports.ts';
import type { Cursor } from '#journal/ports.ts';
import type { Labels, Matcher } from '#signals/matchers.ts';
import type { LogRecord, Span, SpanKind } from '#signals/model.ts';
import type { SpanId, TraceId } from '#signals/ids.ts';
import type { Exemplar } from '#signals/prometheus/sink.ts';
import type { SeverityRange } from '#signals/severity.ts';

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
  /**
   * Those of them that are stored, each once, in the order of `traceIds`; looked
   * up together, which costs little more than one.
   *
   * @param traceIds 1 … 100
   * @throws CodedError `PLIM_PARAMETER`, `PLIM_QUERY_LIMIT` when several have too many spans together
   */
  traces(traceIds: readonly TraceId[], signal?: AbortSignal): Promise<readonly Trace[]>;
  searchTraces(search: TraceSearch, signal?: AbortSignal): Promise<readonly Trace[]>;
}

// -- logs ---------------------------------------------------------------------

/** Which records; every criterion must hold. */
export interface LogFilter {
  readonly service: string | undefined;
  /** Case-insensitive substring of the body's text. */
  readonly text: string | undefined;
  readonly severityNumberMin: number;
  readonly traceId: TraceId | undefined;
  readonly spanId: SpanId | undefined;
  /** Every pair must be on the record or its resource, compared as text. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Both inclusive. */
  readonly unixNanosMin: bigint;
  readonly unixNanosMax: bigint;
  /** Absent: nothing is left out. */
  readonly excluded?: LogExclusions;
}

/** What leaves a record out: any one of it is enough. A record that has no such value stays. */
export interface LogExclusions {
  readonly services: readonly string[];
  /** Case-insensitive substrings of the body's text. */
  readonly texts: readonly string[];
  readonly severities: readonly SeverityRange[];
  /** On the record or its resource, compared as text; a key may come several times. */
  readonly attributes: readonly (readonly [key: string, value: string])[];
}

export interface LogSearch extends LogFilter {
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

/** Steps of equal length, one after another. */
export interface LogSteps {
  readonly startUnixNanos: bigint;
  /** At least 1. */
  readonly stepNanos: bigint;
  /** 1 … 1000. */
  readonly steps: number;
}

/** Records by severity. */
export type SeverityCounts = Readonly<Record<SeverityRange, number>>;

export interface LogFacets {
  /** Records counted: the newest that match, at most as many as the store looks at. */
  readonly scanned: number;
  /** Service, severity, then attributes: those of records before those of resources alone, the frequent first. */
  readonly facets: readonly LogFacet[];
}

export interface LogFacet {
  readonly key: 'service' | 'severity' | `attr.${string}`;
  /** The frequent first. A record counts once a key: its own attribute hides one of its resource. */
  readonly values: readonly { readonly value: string; readonly count: number }[];
  /** Records that have the key with a value not listed. */
  readonly otherCount: number;
}

export interface LogPatternsRequest {
  /** Begin of the time before the search's own with which it is compared; undefined for none. */
  readonly baselineUnixNanosMin: bigint | undefined;
  /** 1 … 1000. */
  readonly patternsMax: number;
}

export interface LogPatterns {
  /** Records looked at: the newest that match, at most as many as the store looks at. */
  readonly scanned: number;
  /** The same before the search's own time. */
  readonly baselineScanned: number;
  /** The frequent first. */
  readonly patterns: readonly LogPattern[];
}

/** Records of one service and severity whose messages are the same but for ids, numbers and the like. */
export interface LogPattern {
  readonly pattern: string;
  readonly service: string;
  readonly severity: SeverityRange;
  readonly count: number;
  readonly baselineCount: number;
  readonly firstUnixNanos: bigint;
  readonly lastUnixNanos: bigint;
  /** Id and message of the newest of them; the message may be cut. */
  readonly exampleId: string;
  readonly example: string;
}

export interface LogArrivalsRequest {
  /** Opaque, `next` of the answer before; undefined begins now. */
  readonly since: string | undefined;
  /** 1 … 5000. */
  readonly recordsMax: number;
}

export interface LogArrivals {
  /** By time, newest first. */
  readonly records: readonly LogRecord[];
  /** Older ones that arrived as well and are not in `records`. */
  readonly skipped: number;
  readonly next: string;
}

export interface LogReader {
  searchLogs(search: LogSearch, signal?: AbortSignal): Promise<LogPage>;
  /** Counts of each step, exact. */
  logHistogram(filter: LogFilter, steps: LogSteps, signal?: AbortSignal): Promise<readonly SeverityCounts[]>;
  /** @param request `valuesMax` of each facet, 1 … 100 */
  logFacets(
    filter: LogFilter,
    request: { readonly valuesMax: number },
    signal?: AbortSignal,
  ): Promise<LogFacets>;
  logPatterns(filter: LogFilter, request: LogPatternsRequest, signal?: AbortSignal): Promise<LogPatterns>;
  /**
   * What matches and has arrived since the answer before, whatever time it bears:
   * each record once, across seals and restarts of the store.
   */
  logArrivals(filter: LogFilter, request: LogArrivalsRequest, signal?: AbortSignal): Promise<LogArrivals>;
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
