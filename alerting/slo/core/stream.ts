/** When records of one kind came from one source, and what pauses it makes out of habit. */
import type { ByteReader, ByteWriter } from '#alerting/slo/core/bytes.ts';
import { GapHistogram, type GapSummary } from '#alerting/slo/core/gaps.ts';

const MINUTE_MS = 60_000;
/** Fewer arrivals make no habit that could be broken. */
export const ARRIVALS_MIN = 3;
const P95_GAPS = 3;
/** Pauses whose 95th percentile is this close to their mean come from a timer (a Poisson stream has 3). */
const TIMER_P95_TO_MEAN = { min: 0.8, max: 2 } as const;
/**
 * Pauses of traffic are random: 3 × p95 of a Poisson stream comes once in 8,000
 * of them, every day at one request in ten seconds; 20 × the mean once in 5 · 10^8.
 */
const RANDOM_MEAN_GAPS = 20;
/** And a stream that pauses in bursts has shown how long it may pause. */
const RANDOM_LONGEST_GAPS = 1.5;

/** The records of one kind from one service. */
export class Stream {
  readonly #gaps = new GapHistogram();
  #arrivals = 0;
  #firstMs = 0;
  #lastMs = 0;

  get arrivals(): number {
    return this.#arrivals;
  }

  seen(atMs: number, items: number): void {
    if (this.#arrivals === 0) this.#firstMs = atMs;
    else this.#gaps.add(atMs, Math.max(0, atMs - this.#lastMs), items);
    this.#arrivals += 1;
    this.#lastMs = Math.max(this.#lastMs, atMs);
  }

  /** What was before `atMs` was no pause of its own making: nothing is to be learnt from it. */
  forgive(atMs: number): void {
    if (this.#arrivals > 0) this.#lastMs = atMs;
  }

  get gaps(): GapSummary {
    return this.#gaps.summary();
  }

  /** Items a minute, over the last hour or as long as it is known. */
  perMinute(): number {
    const knownMs = Math.min(Math.max(this.#lastMs - this.#firstMs, 1), 60 * MINUTE_MS);
    return this.#gaps.summary().items / (knownMs / MINUTE_MS);
  }

  /** A pause longer than this breaks its habit; 0 while it has none. */
  pauseMsMax(): number {
    const { count, p95Ms, meanMs, longestMs } = this.#gaps.summary();
    if (count < ARRIVALS_MIN - 1) return 0;
    const { min, max } = TIMER_P95_TO_MEAN;
    if (p95Ms >= min * meanMs && p95Ms <= max * meanMs) return P95_GAPS * p95Ms;
    return Math.max(P95_GAPS * p95Ms, RANDOM_MEAN_GAPS * meanMs, RANDOM_LONGEST_GAPS * longestMs);
  }

  write(out: ByteWriter): void {
    out.uint(this.#arrivals);
    out.double(this.#firstMs);
    out.double(this.#lastMs);
    this.#gaps.write(out);
  }

  read(input: ByteReader): void {
    this.#arrivals = input.uint();
    this.#firstMs = input.double();
    this.#lastMs = input.double();
    this.#gaps.read(input);
  }
}
