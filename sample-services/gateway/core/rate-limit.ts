/** So many requests a second a client, and no more. */
import { Problem } from '#sample-services/lib/core/problem.ts';
import { TokenBucket } from '#sample-services/lib/core/token-bucket.ts';

/** Clients whose rate is remembered; there are a handful. */
export const CLIENTS_MAX = 1000;
/** A second's worth may come at once, and as much again. */
const BURST_SECONDS = 2;

export class RateLimit {
  readonly #perSecond: number;
  readonly #onRejected: () => void;
  readonly #buckets = new Map<string, TokenBucket>();

  /** @param onRejected told of each request that is one too many */
  constructor(perSecond: number, onRejected: () => void) {
    this.#perSecond = perSecond;
    this.#onRejected = onRejected;
  }

  /** How many clients it remembers. */
  get size(): number {
    return this.#buckets.size;
  }

  /** @throws Problem 429 when the client has sent too many */
  check(client: string, nowMs: number): void {
    const waitS = this.#bucketOf(client, nowMs).take(nowMs);
    if (waitS === 0) return;
    this.#onRejected();
    throw new Problem(429, 'Too many requests', {
      detail: `at most ${this.#perSecond} requests a second`,
      retryAfterS: waitS,
    });
  }

  #bucketOf(client: string, nowMs: number): TokenBucket {
    const known = this.#buckets.get(client);
    if (known !== undefined) return known;
    if (this.#buckets.size >= CLIENTS_MAX) this.#forgetIdle(nowMs);
    const capacity = BURST_SECONDS * this.#perSecond;
    const bucket = new TokenBucket({ perSecond: this.#perSecond, capacity }, nowMs);
    this.#buckets.set(client, bucket);
    return bucket;
  }

  /** A full bucket is as good as a new one. */
  #forgetIdle(nowMs: number): void {
    for (const [client, bucket] of this.#buckets) if (bucket.isFull(nowMs)) this.#buckets.delete(client);
  }
}
