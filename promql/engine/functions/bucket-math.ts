/** What classic buckets tell of the values counted in them, taken to lie evenly in each. */
import type { Buckets } from '#promql/engine/functions/buckets.ts';

/** Relative differences of counts up to this are rounding, not a broken histogram. */
const COUNT_TOLERANCE = 1e-12;

export interface QuantileResult {
  readonly value: number;
  /** Whether counts had to be raised to be monotone. */
  readonly raised: boolean;
}

/** Raises `counts` where they fall, which must not be. NaN without a bucket up to +Inf. */
export function quantileOfBuckets(ratio: number, { bounds, counts }: Buckets): QuantileResult {
  if (Number.isNaN(ratio)) return { value: NaN, raised: false };
  if (ratio < 0) return { value: -Infinity, raised: false };
  if (ratio > 1) return { value: Infinity, raised: false };
  if (bounds.at(-1) !== Infinity) return { value: NaN, raised: false };
  const raised = makeMonotone(counts);
  const total = counts.at(-1) ?? 0;
  if (bounds.length < 2 || total === 0) return { value: NaN, raised };
  return { value: interpolate(ratio * total, { bounds, counts }), raised };
}

function interpolate(rank: number, { bounds, counts }: Buckets): number {
  const top = bounds.length - 1;
  const found = counts.findIndex((count) => count >= rank);
  const bucket = found < 0 ? top : Math.min(found, top);
  if (bucket === top) return bounds[top - 1] ?? NaN;
  const end = bounds[bucket] ?? NaN;
  if (bucket === 0 && end <= 0) return end;
  // The lowest bucket starts at zero and has nothing below it.
  const start = bounds[bucket - 1] ?? 0;
  const below = counts[bucket - 1] ?? 0;
  return start + (end - start) * ((rank - below) / ((counts[bucket] ?? NaN) - below));
}

function makeMonotone(counts: number[]): boolean {
  let raised = false;
  let previous = counts[0] ?? NaN;
  for (let index = 1; index < counts.length; index += 1) {
    const current = counts[index] ?? NaN;
    if (almostEqual(previous, current)) counts[index] = previous;
    else if (current < previous) {
      counts[index] = previous;
      raised = true;
    } else previous = current;
  }
  return raised;
}

function almostEqual(left: number, right: number): boolean {
  if (left === right) return true;
  const sum = Math.abs(left) + Math.abs(right);
  return Math.abs(left - right) / Math.min(sum, Number.MAX_VALUE) < COUNT_TOLERANCE;
}

/** The share of the values from `lower` up to `upper`. NaN without a bucket up to +Inf, and of nothing. */
export function fractionOfBuckets(lower: number, upper: number, buckets: Buckets): number {
  const total = buckets.counts.at(-1) ?? 0;
  if (buckets.bounds.at(-1) !== Infinity || total === 0) return NaN;
  if (Number.isNaN(lower) || Number.isNaN(upper)) return NaN;
  if (lower >= upper) return 0;
  return (rankOf(upper, buckets) - rankOf(lower, buckets)) / total;
}

/** How many values lie below `value`. */
function rankOf(value: number, { bounds, counts }: Buckets): number {
  const total = counts.at(-1) ?? 0;
  let below = 0;
  let start = (bounds[0] ?? NaN) <= 0 ? -Infinity : 0;
  for (const [index, end] of bounds.entries()) {
    const count = counts[index] ?? NaN;
    if (start >= value) return Math.min(below, total);
    if (end > value) {
      // A bucket without a lower end is not divided: all of it is below.
      const rank = start === -Infinity ? count : below + ((count - below) * (value - start)) / (end - start);
      return Math.min(rank, total);
    }
    below = count;
    start = end;
  }
  return total;
}
