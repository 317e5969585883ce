/** A cumulative histogram with fixed bounds. */
import { invariant } from '#base/invariant.ts';
import { boundText } from '#signals/prometheus/names.ts';

export interface SavedLatency {
  /** By bucket, not cumulated; one more than there are bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}

export class Latency {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[], saved?: SavedLatency) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
    if (saved === undefined) return;
    invariant(saved.counts.length === this.#counts.length, 'a histogram has a count for every bucket');
    this.#counts.set(saved.counts);
    this.sum = saved.sum;
    this.count = saved.counts.reduce((total, count) => total + count, 0);
  }

  /** Returns the bucket it fell into. */
  observe(value: number): number {
    const { length } = this.#bounds;
    let bucket = 0;
    while (bucket < length && value > (this.#bounds[bucket] ?? Infinity)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.sum += value;
    this.count += 1;
    return bucket;
  }

  /** By `le`, cumulated, `+Inf` last. */
  *buckets(): Iterable<{ readonly le: string; readonly count: number }> {
    let below = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      below += count;
      const bound = this.#bounds[bucket];
      yield { le: bound === undefined ? '+Inf' : boundText(bound), count: below };
    }
  }

  save(): SavedLatency {
    return { counts: [...this.#counts], sum: this.sum };
  }
}
