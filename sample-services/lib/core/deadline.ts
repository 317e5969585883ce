/**
 * How long the one who asks will wait. It travels with every request as the time
 * that is left, not as a time of day: clocks of two machines need not agree.
 */

/** Milliseconds left when the request was sent. */
export const TIMEOUT_HEADER = 'x-request-timeout-ms';

/** For a caller that sets none. */
export const TIMEOUT_MS_DEFAULT = 5000;
/** Nobody may hold a request longer, whatever it asks for. */
export const TIMEOUT_MS_MAX = 30_000;
/** Kept back at each hop, so that the one who asked hears of a timeout before its own. */
const RESERVE_MS = 50;

/** Milliseconds of a clock that never jumps. */
export type MonotonicMs = () => number;

export class Deadline {
  readonly #now: MonotonicMs;
  readonly #endMs: number;

  constructor(timeoutMs: number, now: MonotonicMs) {
    this.#now = now;
    this.#endMs = now() + timeoutMs;
  }

  /** Of a request with this header; a header that is no number from 0 up counts as absent. */
  static ofHeader(text: string | undefined, now: MonotonicMs): Deadline {
    const asked = text === undefined || !/^\d{1,9}$/.test(text) ? TIMEOUT_MS_DEFAULT : Number(text);
    return new Deadline(Math.min(asked, TIMEOUT_MS_MAX), now);
  }

  /** Never below 0. */
  get remainingMs(): number {
    return Math.max(0, Math.floor(this.#endMs - this.#now()));
  }

  /** What a request sent on now may take at most: `limitMs` or what is left, less a reserve. */
  timeoutMs(limitMs = TIMEOUT_MS_MAX): number {
    return Math.max(0, Math.min(limitMs, this.remainingMs - RESERVE_MS));
  }
}
