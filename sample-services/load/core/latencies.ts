/**
 * Quantiles of what users waited, in little memory: counts in buckets that grow
 * by one percent, so a quantile is off by half of that at most.
 */

const MS_MIN = 0.05;
/** Above every timeout there is. */
const MS_MAX = 120_000;
const GROWTH = 1.01;
const BUCKETS = Math.ceil(Math.log(MS_MAX / MS_MIN) / Math.log(GROWTH)) + 1;

export class Latencies {
  readonly #counts = new Uint32Array(BUCKETS);
  #count = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }
  get maxMs(): number {
    return this.#maxMs;
  }

  /** Below the smallest bucket counts in it, above the largest in that; the maximum is exact. */
  add(latencyMs: number): void {
    const index = Math.round(Math.log(Math.max(latencyMs, MS_MIN) / MS_MIN) / Math.log(GROWTH));
    const at = Math.min(index, BUCKETS - 1);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#count += 1;
    this.#maxMs = Math.max(this.#maxMs, latencyMs);
  }

  merge(other: Latencies): void {
    for (let at = 0; at < BUCKETS; at += 1) {
      this.#counts[at] = (this.#counts[at] ?? 0) + (other.#counts[at] ?? 0);
    }
    this.#count += other.#count;
    this.#maxMs = Math.max(this.#maxMs, other.#maxMs);
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#maxMs = 0;
  }

  /** @param share in (0, 1] @returns undefined when nothing was counted */
  quantile(share: number): number | undefined {
    if (this.#count === 0) return undefined;
    let left = Math.ceil(share * this.#count);
    for (let at = 0; at < BUCKETS; at += 1) {
      left -= this.#counts[at] ?? 0;
      if (left <= 0) return Math.min(this.#maxMs, MS_MIN * GROWTH ** at);
    }
    return this.#maxMs;
  }
}
