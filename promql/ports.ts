/** What the PromQL evaluator reads from. */
import type { Labels, Matcher } from '#signals/matchers.ts';

/**
 * One series in a time range. Samples are two parallel columns, sorted by time,
 * one sample a millisecond at most. A staleness marker is `stale[i] === 1`; its
 * value is then meaningless (a NaN's payload does not survive JavaScript).
 */
export interface Series {
  readonly labels: Labels;
  /** Milliseconds since the Unix epoch, rising. */
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  /** Undefined when the range holds no marker. */
  readonly stale: Uint8Array | undefined;
}

export interface SelectRequest {
  readonly matchers: readonly Matcher[];
  /** Both ends inclusive; the evaluator applies PromQL's left-open ranges itself. */
  readonly startMs: number;
  readonly endMs: number;
  readonly signal?: AbortSignal;
}

export interface SeriesSource {
  /** Series in no particular order; those without a sample in the range left out. */
  select(request: SelectRequest): Promise<readonly Series[]>;
}
