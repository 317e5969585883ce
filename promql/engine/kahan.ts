/**
 * Compensated (Kahan–Neumaier) summation: the error of adding many numbers of
 * different size stays at one rounding instead of growing with their count.
 */

/** A running sum; `sum + compensation` is the result. */
export class KahanSum {
  sum: number;
  compensation = 0;

  constructor(first = 0) {
    this.sum = first;
  }

  add(increment: number): void {
    const total = this.sum + increment;
    this.compensation = compensate(this.sum, increment, { total, compensation: this.compensation });
    this.sum = total;
  }

  get value(): number {
    return this.sum + this.compensation;
  }
}

/** The compensation after `sum + increment = total`. */
export function compensate(
  sum: number,
  increment: number,
  { total, compensation }: { readonly total: number; readonly compensation: number },
): number {
  if (total === Infinity || total === -Infinity) return 0;
  return Math.abs(sum) >= Math.abs(increment)
    ? compensation + (sum - total + increment)
    : compensation + (increment - total + sum);
}

/** A mean that sums as long as the sum stays finite and moves step by step from then on. */
export class RunningMean {
  #count = 0;
  #total = new KahanSum();
  #incremental = false;

  add(value: number): void {
    this.#count += 1;
    if (this.#count === 1) {
      this.#total = new KahanSum(value);
      return;
    }
    if (!this.#incremental) {
      const next = this.#total.sum + value;
      if (next !== Infinity && next !== -Infinity) {
        this.#total.add(value);
        return;
      }
      this.#incremental = true;
      this.#total.sum /= this.#count - 1;
      this.#total.compensation /= this.#count - 1;
    }
    this.#step(value);
  }

  #step(value: number): void {
    const mean = this.#total.sum;
    const meanIsInfinite = mean === Infinity || mean === -Infinity;
    // An infinite mean stays as it is unless the opposite infinity or NaN comes.
    if (meanIsInfinite && (value === mean || Number.isFinite(value))) return;
    const kept = (this.#count - 1) / this.#count;
    const scaled = new KahanSum(kept * mean);
    scaled.compensation = kept * this.#total.compensation;
    scaled.add(value / this.#count);
    this.#total = scaled;
  }

  get value(): number {
    if (this.#incremental) return this.#total.value;
    return this.#total.sum / this.#count + this.#total.compensation / this.#count;
  }
}

/** Variance by Welford's method with compensation; ±Inf or NaN anywhere gives NaN. */
export class RunningVariance {
  #count = 0;
  readonly #mean = new KahanSum();
  readonly #squares = new KahanSum();

  add(value: number): void {
    this.#count += 1;
    const delta = value - this.#mean.value;
    this.#mean.add(delta / this.#count);
    this.#squares.add(delta * (value - this.#mean.value));
  }

  /** Of the population, not of a sample. */
  get value(): number {
    return this.#squares.value / this.#count;
  }
}

/**
 * Linear between the ranks `q · (n − 1)`; NaN sorts lowest. `values` is sorted
 * in place; an empty one gives NaN.
 */
export function quantileOf(ratio: number, values: Float64Array): number {
  if (values.length === 0 || Number.isNaN(ratio)) return NaN;
  if (ratio < 0) return -Infinity;
  if (ratio > 1) return Infinity;
  values.sort();
  // Typed arrays sort NaN last; move it to the front.
  let nans = 0;
  while (nans < values.length && Number.isNaN(values[values.length - 1 - nans])) nans += 1;
  if (nans > 0) {
    values.copyWithin(nans, 0, values.length - nans);
    values.fill(NaN, 0, nans);
  }
  const rank = ratio * (values.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(values.length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return (values[lower] ?? NaN) * (1 - weight) + (values[upper] ?? NaN) * weight;
}
