/**
 * A share of all calls that may be repeated. When everything fails, retries add
 * at most that share to the load, instead of doubling it.
 */

/** One retry for ten calls. */
const RETRIES_PER_CALL = 0.1;
/** Saved up at most: a short hiccup may be repeated away, an outage may not. */
const SAVED_MAX = 10;

export class RetryBudget {
  #saved = SAVED_MAX;

  /** For each first attempt. */
  deposit(): void {
    this.#saved = Math.min(SAVED_MAX, this.#saved + RETRIES_PER_CALL);
  }

  /** @returns whether one more attempt may be made */
  withdraw(): boolean {
    if (this.#saved < 1) return false;
    this.#saved -= 1;
    return true;
  }
}
