/**
 * How much one request to a destination holds at most: half as much after one that
 * was too long under way or too large, and more again, step by step, when all goes
 * well. Sizes are in whatever the exporter cuts its requests by. Pure.
 */

/** Below this share of the most, it is not the size that makes a destination slow. */
const SLOW_SHARE_MIN = 1 / 256;
const GROWTH = 1.5;
/** A larger request that may take more of its time limit than this is not tried. */
const TIME_SHARE_MAX = 0.5;
/** Full requests in a row before a step up. A limit of bytes seldom goes: asking often costs a refusal each time. */
const CALM_AFTER_SLOW = 4;
const CALM_AFTER_LARGE = 256;

export class RequestSize {
  readonly #max: number;
  #limit: number;
  #calm = 0;
  #calmNeeded = CALM_AFTER_SLOW;

  /** @param max as configured, above 0 */
  constructor(max: number) {
    this.#max = max;
    this.#limit = max;
  }

  get limit(): number {
    return this.#limit;
  }

  /** A request of `size` had no answer within its time. */
  tooSlow(size: number): void {
    const least = Math.ceil(this.#max * SLOW_SHARE_MIN);
    this.#shrink(Math.max(least, Math.floor(size / 2)), CALM_AFTER_SLOW);
  }

  /** The destination said that a request of `size` is too large; no call for one that holds a single item. */
  tooLarge(size: number): void {
    this.#shrink(Math.max(1, Math.floor(size / 2)), CALM_AFTER_LARGE);
  }

  /** @param timeShare of the time it might have taken, 0 … 1 */
  taken(size: number, timeShare: number): void {
    const isFull = size >= this.#limit / 2;
    if (this.#limit === this.#max || !isFull || timeShare * GROWTH > TIME_SHARE_MAX) return;
    this.#calm += 1;
    if (this.#calm < this.#calmNeeded) return;
    this.#calm = 0;
    this.#limit = Math.min(this.#max, Math.ceil(this.#limit * GROWTH));
  }

  /** Several requests that were under way at once halve it once. */
  #shrink(limit: number, calmNeeded: number): void {
    this.#calm = 0;
    if (limit >= this.#limit) return;
    this.#limit = limit;
    this.#calmNeeded = calmNeeded;
  }
}
