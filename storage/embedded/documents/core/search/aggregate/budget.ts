/** How much one search may hold in memory and answer with. */
import { CodedError } from '#base/errors.ts';

/** As `search.max_buckets` of Elasticsearch. */
export const BUCKETS_MAX = 65_536;
/** Values kept for percentiles and counts of distinct ones, and shares of buckets in the making: tens of MiB. */
const UNITS_MAX = 1_000_000;
const UNITS_PER_BUCKET = 5;

export class AggregationBudget {
  #units = 0;
  #shown = 0;

  /** A value kept. @throws CodedError `PLIM_QUERY_LIMIT`, as both below */
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

  #take(units: number): void {
    this.#units += units;
    if (this.#units <= UNITS_MAX) return;
    throw new CodedError(
      'PLIM_QUERY_LIMIT',
      'the aggregations hold more different values than memory allows; ask for a shorter time range or a narrower query',
    );
  }
}
