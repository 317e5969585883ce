/**
 * When customers come: a Poisson process whose rate changes with the time of
 * day, by hand, and while a crowd is there. Nothing that happens to a customer
 * changes when the next one comes; that is what makes the loop open.
 */
import { RandomStream } from '#sample-services/load/core/random-stream.ts';

export interface ArrivalOptions {
  readonly seed: number;
  /** Customers a second before the curve; 0 for none. */
  readonly perSecond: number;
  /** Length of a day for the daily curve; undefined for a flat one. */
  readonly dayMs: number | undefined;
  readonly startMs: number;
}

/** Rates hold for a slice of so long; the curve is a staircase of them. */
const SLICE_MS = 1000;
/** At noon this much more than the mean, at midnight as much less. */
const DAILY_SWING = 0.6;

interface Crowd {
  readonly factor: number;
  readonly untilMs: number;
}

export class Arrivals {
  readonly #random: RandomStream;
  readonly #dayMs: number | undefined;
  #perSecond: number;
  #crowd: Crowd | undefined;
  /** Up to here the gap has been used up. */
  #atMs: number;
  /** What is left of the gap, in arrivals expected: mean 1. */
  #gap: number;

  constructor({ seed, perSecond, dayMs, startMs }: ArrivalOptions) {
    this.#random = new RandomStream(seed);
    this.#perSecond = perSecond;
    this.#dayMs = dayMs;
    this.#atMs = startMs;
    this.#gap = this.#random.exponential();
  }

  /** Customers a second expected at a time. */
  rateAt(timeMs: number): number {
    const crowd = this.#crowd !== undefined && timeMs < this.#crowd.untilMs ? this.#crowd.factor : 1;
    return this.#perSecond * crowd * dailyFactor(timeMs, this.#dayMs);
  }

  /** From now on; what was expected until now stays as it was. */
  setRate(nowMs: number, perSecond: number): void {
    this.#useUp(nowMs);
    this.#perSecond = perSecond;
  }

  /** `factor` times the customers for a while; a new crowd takes the place of the old. */
  crowd(nowMs: number, factor: number, durationMs: number): void {
    this.#useUp(nowMs);
    this.#crowd = { factor, untilMs: nowMs + durationMs };
  }

  /** The intended time of the next arrival if it is not after `nowMs`; each is given once. */
  take(nowMs: number): number | undefined {
    this.#useUp(nowMs);
    if (this.#gap > 0) return undefined;
    this.#gap = this.#random.exponential();
    return this.#atMs;
  }

  /** When to ask again: the next arrival, or the end of the slice it may lie behind. */
  nextMs(): number {
    return Math.min(this.#sliceEnd(), this.#atMs + (1000 * this.#gap) / this.rateAt(this.#atMs));
  }

  /** Goes on until the gap is used up or it is `nowMs`. */
  #useUp(nowMs: number): void {
    while (this.#gap > 0 && this.#atMs <= nowMs) {
      const rate = this.rateAt(this.#atMs);
      const endMs = Math.min(nowMs, this.#sliceEnd());
      // Times are compared, not gaps: what is left of a gap may be too short to move a time.
      const arrivalMs = this.#atMs + (1000 * this.#gap) / rate;
      if (arrivalMs <= endMs) {
        this.#atMs = arrivalMs;
        this.#gap = 0;
        return;
      }
      this.#gap -= (rate * (endMs - this.#atMs)) / 1000;
      this.#atMs = endMs;
      if (endMs === nowMs) return;
    }
  }

  #sliceEnd(): number {
    const endMs = (Math.floor(this.#atMs / SLICE_MS) + 1) * SLICE_MS;
    const untilMs = this.#crowd?.untilMs ?? 0;
    return untilMs > this.#atMs ? Math.min(endMs, untilMs) : endMs;
  }
}

/** Mean 1 over a day, least at its begin, most in its middle. */
export function dailyFactor(timeMs: number, dayMs: number | undefined): number {
  if (dayMs === undefined) return 1;
  const sliceMs = Math.floor(timeMs / SLICE_MS) * SLICE_MS;
  return 1 - DAILY_SWING * Math.cos((2 * Math.PI * (sliceMs % dayMs)) / dayMs);
}
