/**
 * A search over documents as the stores see it: what a parser made of a request
 * in some engine's words. Everything here can be sent between processes. Fields
 * are those of `signals/elasticsearch/fields.ts`; dates stand as milliseconds
 * since the Unix epoch, which is how finely Elasticsearch's dates are told.
 */
import type { StreamType } from '#signals/elasticsearch/fields.ts';
import type { MovingFunction, NumericScript } from '#storage/document-scripts.ts';

/** One value of a field; a field has none, one or several. Integers beyond 2^53 are bigint. */
export type FieldValue = string | number | bigint | boolean;

// -- which documents ----------------------------------------------------------

/** For `field` in clauses on words: any field at all. */
export const ANY_FIELD = '*';

export type Clause =
  | { readonly kind: 'all' }
  | { readonly kind: 'none' }
  | {
      readonly kind: 'bool';
      readonly must: readonly Clause[];
      readonly should: readonly Clause[];
      readonly mustNot: readonly Clause[];
      /** How many of `should` must hold. */
      readonly shouldMin: number;
    }
  | { readonly kind: 'exists'; readonly field: string }
  | { readonly kind: 'ids'; readonly ids: readonly string[] }
  /** Equal to any of them: a whole keyword, a number, one word of a text. */
  | {
      readonly kind: 'terms';
      readonly field: string;
      readonly values: readonly FieldValue[];
      readonly ignoreCase: boolean;
    }
  | {
      readonly kind: 'range';
      readonly field: string;
      readonly min: Bound | undefined;
      readonly max: Bound | undefined;
    }
  /** In a text field: its words, so many of them. In others: equal as a whole. */
  | {
      readonly kind: 'words';
      readonly field: string;
      readonly text: string;
      /** Of the words of `text`: all, or at least so many (no more than there are). */
      readonly least: 'all' | number;
    }
  /** In a text field: its words in this order with at most `slop` moves. In others: equal as a whole. */
  | {
      readonly kind: 'phrase';
      readonly field: string;
      readonly text: string;
      readonly slop: number;
      /** The last word may go on. */
      readonly lastIsPrefix: boolean;
    }
  /** A whole keyword or one word of a text. */
  | {
      readonly kind: 'pattern';
      readonly field: string;
      readonly pattern: Pattern | Regexp;
      /** No matter to a regular expression. */
      readonly ignoreCase: boolean;
    };

export interface Bound {
  readonly value: FieldValue;
  readonly inclusive: boolean;
}

/** Literal texts, `'?'` for one character and `'*'` for any number, in order. */
export type Pattern = readonly PatternPart[];
export type PatternPart = { readonly text: string } | '?' | '*';

export interface Regexp {
  /** RE2, of the whole value or of a word in lower case; known to compile. */
  readonly regexp: string;
}

// -- in which order -----------------------------------------------------------

export interface SortKey {
  /** `_doc` is the order in which the store keeps documents, `_score` is the same for all. */
  readonly field: string;
  readonly descending: boolean;
  /** Where documents go that have no value; a value stands in for it. */
  readonly missing: 'first' | 'last' | { readonly value: FieldValue };
  /** Of several values the smallest or the largest counts. */
  readonly mode: 'min' | 'max';
}

/** Null where a document had no value. */
export type SortValue = FieldValue | null;

// -- what of them -------------------------------------------------------------

export interface FieldRequest {
  /** May hold `*`. */
  readonly field: string;
  readonly format: DateFormat;
}

export type DateFormat = 'iso' | 'iso-nanos' | 'epoch-millis' | 'epoch-seconds';

export interface SourceFilter {
  /** Patterns of field paths; all when empty. */
  readonly includes: readonly string[];
  readonly excludes: readonly string[];
}

export interface HighlightRequest {
  /** Patterns of field names. */
  readonly fields: readonly string[];
  readonly before: string;
  readonly after: string;
  /** Only what the query looks for in that very field. */
  readonly fieldMatch: boolean;
}

export interface DocumentSearchRequest {
  readonly streams: readonly StreamType[];
  readonly query: Clause;
  readonly sort: readonly SortKey[];
  /** Sort values of the document before the first. */
  readonly after: readonly SortValue[] | undefined;
  readonly from: number;
  /** `from` and `size` together 0 … {@link DOCUMENTS_MAX}. */
  readonly size: number;
  /** No `_source` when false. */
  readonly source: SourceFilter | false;
  readonly fields: readonly FieldRequest[];
  readonly highlight: HighlightRequest | undefined;
  readonly aggregations: Aggregations;
}

/** Elasticsearch's `index.max_result_window`. */
export const DOCUMENTS_MAX = 10_000;

// -- aggregations -------------------------------------------------------------

export type Aggregations = Readonly<Record<string, Aggregation>>;

export type Aggregation = BucketAggregation | MetricAggregation | PipelineAggregation;

export type BucketAggregation = (
  | TermsAggregation
  | DateHistogramAggregation
  | HistogramAggregation
  | { readonly kind: 'filter'; readonly filter: Clause }
  | { readonly kind: 'filters'; readonly filters: readonly NamedFilter[]; readonly keyed: boolean }
  | { readonly kind: 'missing'; readonly field: string }
) & { readonly aggregations: Aggregations };

export interface NamedFilter {
  readonly name: string;
  readonly filter: Clause;
}

export interface TermsAggregation {
  readonly kind: 'terms';
  readonly field: string;
  readonly size: number;
  readonly countMin: number;
  readonly missing: FieldValue | undefined;
  readonly order: readonly BucketOrder[];
}

export interface BucketOrder {
  /** `_key`, `_count` or the path of a metric: `name` or `name.value`. */
  readonly by: string;
  readonly descending: boolean;
}

export type CalendarUnit = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year';

export interface DateHistogramAggregation {
  readonly kind: 'date_histogram';
  readonly field: string;
  readonly interval: { readonly ms: number } | { readonly unit: CalendarUnit };
  readonly offsetMs: number;
  /** A name of the IANA database or a shift such as `+02:00`. */
  readonly timeZone: string;
  readonly countMin: number;
  readonly bounds: Bounds;
  /** Milliseconds. */
  readonly missing: number | undefined;
  readonly order: readonly BucketOrder[];
  readonly keyed: boolean;
  readonly format: DateFormat;
}

export interface HistogramAggregation {
  readonly kind: 'histogram';
  readonly field: string;
  readonly interval: number;
  readonly offset: number;
  readonly countMin: number;
  readonly bounds: Bounds;
  readonly missing: number | undefined;
  readonly order: readonly BucketOrder[];
  readonly keyed: boolean;
}

export interface Bounds {
  /** Buckets there are at least, when empty ones are wanted. */
  readonly extended: { readonly min: number | undefined; readonly max: number | undefined } | undefined;
  /** Buckets there are at most. */
  readonly hard: { readonly min: number | undefined; readonly max: number | undefined } | undefined;
}

export type SimpleMetric = 'avg' | 'sum' | 'min' | 'max' | 'value_count' | 'stats' | 'cardinality';

export type MetricAggregation =
  | {
      readonly kind: SimpleMetric;
      readonly field: string;
      readonly missing: FieldValue | undefined;
    }
  | {
      readonly kind: 'extended_stats';
      readonly field: string;
      readonly missing: FieldValue | undefined;
      readonly sigma: number;
    }
  | {
      readonly kind: 'percentiles';
      readonly field: string;
      readonly missing: FieldValue | undefined;
      readonly percents: readonly number[];
      readonly keyed: boolean;
    }
  | {
      readonly kind: 'top_metrics';
      readonly metrics: readonly string[];
      readonly sort: SortKey;
      readonly size: number;
    };

/** Of the numbers of the buckets around them, by path. */
export type PipelineAggregation =
  | {
      readonly kind: 'derivative';
      readonly path: string;
      readonly gaps: GapPolicy;
      /** For `normalized_value`. */
      readonly unitMs: number | undefined;
    }
  | { readonly kind: 'cumulative_sum'; readonly path: string }
  | {
      readonly kind: 'serial_diff';
      readonly path: string;
      readonly gaps: GapPolicy;
      /** Buckets between the two, 1 or more. */
      readonly lag: number;
    }
  | {
      readonly kind: 'moving_fn';
      readonly path: string;
      readonly gaps: GapPolicy;
      /** Values in it, 1 or more. */
      readonly window: number;
      /** 0 ends the window before the bucket, 1 with it. */
      readonly shift: number;
      readonly script: MovingFunction;
    }
  | {
      readonly kind: 'bucket_script';
      /** By name of the parameter. */
      readonly paths: Readonly<Record<string, string>>;
      readonly gaps: GapPolicy;
      readonly script: NumericScript;
    };

/** Of a bucket without documents or without a value: no bucket, a zero, or what value it has all the same. */
export type GapPolicy = 'skip' | 'zero' | 'keep';

const PIPELINES: ReadonlySet<string> = new Set<PipelineAggregation['kind']>([
  'derivative',
  'cumulative_sum',
  'serial_diff',
  'moving_fn',
  'bucket_script',
]);

export function isPipeline(aggregation: Aggregation): aggregation is PipelineAggregation {
  return PIPELINES.has(aggregation.kind);
}

/** The paths a pipeline aggregation takes its numbers from. */
export function pathsOf(aggregation: PipelineAggregation): readonly string[] {
  return aggregation.kind === 'bucket_script' ? Object.values(aggregation.paths) : [aggregation.path];
}

// -- answers ------------------------------------------------------------------

export interface FoundDocument {
  readonly stream: StreamType;
  readonly id: string;
  /** JSON. */
  readonly source: string | undefined;
  readonly fields: Readonly<Record<string, readonly FieldValue[]>>;
  readonly highlight: Readonly<Record<string, readonly string[]>>;
  readonly sort: readonly SortValue[];
}

/** By name of the aggregation. */
export type AggregationResults = Readonly<Record<string, AggregationResult>>;

export type AggregationResult =
  | { readonly kind: 'bucket'; readonly bucket: Bucket }
  | {
      readonly kind: 'buckets';
      readonly buckets: readonly Bucket[];
      readonly keyed: boolean;
      /** Documents in buckets that are not shown; only of terms. */
      readonly others: number | undefined;
    }
  | { readonly kind: 'value'; readonly value: number | null }
  /** Fields in the order they are shown, by Elasticsearch's names. */
  | { readonly kind: 'stats'; readonly stats: StatsResult }
  | {
      readonly kind: 'percentiles';
      readonly values: readonly (readonly [percent: number, value: number | null])[];
      readonly keyed: boolean;
    }
  | { readonly kind: 'top'; readonly top: readonly TopMetrics[] }
  | { readonly kind: 'derivative'; readonly value: number | null; readonly normalized: number | undefined };

export interface TopMetrics {
  readonly sort: readonly SortValue[];
  readonly metrics: Readonly<Record<string, FieldValue | null>>;
}

export interface StatsResult {
  readonly count: number;
  /** Null when there is no value. */
  readonly min: number | null;
  readonly max: number | null;
  readonly avg: number | null;
  readonly sum: number;
  readonly extended: ExtendedStats | undefined;
}

export interface ExtendedStats {
  readonly sumOfSquares: number | null;
  readonly variancePopulation: number | null;
  readonly varianceSampling: number | null;
  readonly sigma: number;
}

export interface Bucket {
  /** Undefined for the one bucket of a `filter`. */
  readonly key: FieldValue | undefined;
  readonly keyText: string | undefined;
  readonly count: number;
  readonly results: AggregationResults;
}

export interface DocumentSearchAnswer {
  /** Documents that match, exactly. */
  readonly total: number;
  readonly found: readonly FoundDocument[];
  readonly aggregations: AggregationResults;
}

export interface DocumentField {
  readonly name: string;
  readonly type: 'keyword' | 'long' | 'double' | 'boolean';
}

export interface DocumentSearch {
  /**
   * @throws CodedError `PLIM_QUERY_LIMIT` for too many buckets or values,
   *   `PLIM_QUERY_TIMEOUT`, `PLIM_OVERLOADED`
   */
  searchDocuments(request: DocumentSearchRequest, signal?: AbortSignal): Promise<DocumentSearchAnswer>;
  /** Attributes by their full names: those of the newest documents, as many as the store looks at. */
  documentFields(stream: StreamType, signal?: AbortSignal): Promise<readonly DocumentField[]>;
}
