/** Tokens that come back over time: who takes the last one waits for the next. */

export interface TokenBucketOptions {
  /** Tokens a second that come back; above 0. */
  readonly perSecond: number;
  /** Tokens it can hold; 1 or more. It starts full. */
  readonly capacity: number;
}

export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #filledMs: number;

  constructor(options: TokenBucketOptions, nowMs: number) {
    this.#options = options;
    this.#tokens = options.capacity;
    this.#filledMs = nowMs;
  }

  /** Takes one token if there is one. @returns 0, or the seconds until there will be one */
  take(nowMs: number): number {
    const { perSecond, capacity } = this.#options;
    const elapsedMs = Math.max(0, nowMs - this.#filledMs);
    this.#tokens = Math.min(capacity, this.#tokens + (elapsedMs / 1000) * perSecond);
    this.#filledMs = nowMs;
    if (this.#tokens < 1) return (1 - this.#tokens) / perSecond;
    this.#tokens -= 1;
    return 0;
  }

  /** Whether nothing was taken for so long that it is full again. */
  isFull(nowMs: number): boolean {
    const { perSecond, capacity } = this.#options;
    return this.#tokens + (Math.max(0, nowMs - this.#filledMs) / 1000) * perSecond >= capacity;
  }
}
