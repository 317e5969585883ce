/** What the gateway turns away before it costs anybody else anything. */
import { metrics } from '@plimsoll/sdk';
import type { NextFunction, Request, Response } from 'express';
import { Problem } from '#sample-services/lib/core/problem.ts';
import { TokenBucket } from '#sample-services/lib/core/token-bucket.ts';

/** Clients whose rate is remembered; there are a handful. */
const CLIENTS_MAX = 1000;
/** A second's worth may come at once, and as much again. */
const BURST_SECONDS = 2;

const rejected = metrics.counter({
  name: 'freight_gateway_rejected_total',
  help: 'Requests turned away: too many at once (overload) or by one client (rate).',
  labelNames: ['reason'],
});

/** One bucket a client. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** @throws Problem 429 when the client has sent too many */
  check(client: string, nowMs: number): void {
    const waitS = this.#bucketOf(client, nowMs).take(nowMs);
    if (waitS === 0) return;
    rejected.inc({ reason: 'rate' });
    throw new Problem(429, 'Too many requests', {
      detail: `at most ${this.#perSecond} requests a second`,
      retryAfterS: waitS,
    });
  }

  #bucketOf(client: string, nowMs: number): TokenBucket {
    const known = this.#buckets.get(client);
    if (known !== undefined) return known;
    if (this.#buckets.size >= CLIENTS_MAX) this.#forgetIdle(nowMs);
    const bucket = new TokenBucket(
      { perSecond: this.#perSecond, capacity: BURST_SECONDS * this.#perSecond },
      nowMs,
    );
    this.#buckets.set(client, bucket);
    return bucket;
  }

  /** A full bucket is as good as a new one. */
  #forgetIdle(nowMs: number): void {
    for (const [client, bucket] of this.#buckets) if (bucket.isFull(nowMs)) this.#buckets.delete(client);
  }
}

/** Refuses requests beyond `inFlightMax` at once, so that those inside are still answered in time. */
export function shedLoad(inFlightMax: number) {
  let inFlight = 0;
  return (_request: Request, response: Response, next: NextFunction): void => {
    if (inFlight >= inFlightMax) {
      rejected.inc({ reason: 'overload' });
      throw new Problem(503, 'Service unavailable', { detail: 'too many requests at once', retryAfterS: 1 });
    }
    inFlight += 1;
    response.once('close', () => (inFlight -= 1));
    next();
  };
}
