/** How much one search may hold in memory and answer with. */
import { CodedError } from '#base/errors.ts';

/** As `search.max_buckets` of Elasticsearch. */
export const BUCKETS_MAX = 65_536;
/** Values kept for percentiles and counts of distinct ones, and shares of buckets in the making: tens of MiB. */
const UNITS_MAX = 1_000_000;
const UNITS_PER_BUCKET = 5;
/** Values looked at in moving windows and parts of scripts evaluated: a second or so, in which nothing else is done. */
export const STEPS_MAX = 30_000_000;

export class AggregationBudget {
  #units = 0;
  #shown = 0;
  #steps = 0;

  /** A value kept. @throws CodedError `PLIM_QUERY_LIMIT`, as all below */
  takeValue(): void {
    this.#take(1);
  }

  /** A bucket begun. */
  takeBucket(): void {
    this.#take(UNITS_PER_BUCKET);
  }

  /** A bucket in the answer. */
  showBuckets(count: number): void {
    this.#shown += count;
    if (this.#shown <= BUCKETS_MAX) return;
    throw new CodedError(
      'PLIM_QUERY_LIMIT',
      `the aggregations make more than ${BUCKETS_MAX} buckets; ask for a longer interval or a shorter time range`,
    );
  }

  /** Work over buckets that are complete. */
  takeSteps(count: number): void {
    this.#steps += count;
    if (this.#steps <= STEPS_MAX) return;
    throw new CodedError(
      'PLIM_QUERY_LIMIT',
      'moving windows and scripts take too many steps; ask for a shorter window, a longer interval or a shorter time range',
    );
  }

  #take(units: number): void {
    this.#units += units;
    if (this.#units <= UNITS_MAX) return;
    throw new CodedError(
      'PLIM_QUERY_LIMIT',
      'the aggregations hold more different values than memory allows; ask for a shorter time range or a narrower query',
    );
  }
}
