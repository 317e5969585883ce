/**
 * Load at a rate of its own: posts are due at fixed times, whatever becomes of
 * those before. Bodies are made once; a post takes one of them.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { present } from '#base/invariant.ts';
import { OtlpSender } from '#test/support/client.ts';
import { buildTraces } from '#test/support/otlp.ts';

export const SPANS_PER_POST = 100;

export interface LoadResult {
  /** Spans due per second, and spans really offered. */
  readonly wantedPerSecond: number;
  readonly offeredPerSecond: number;
  readonly acceptedPerSecond: number;
  /** Posts by HTTP status; `none` got no answer. */
  readonly statuses: Readonly<Record<string, number>>;
  /** 429 and 503 without a whole Retry-After of at least one second. */
  readonly withoutRetryAfter: number;
  /** Posts not accepted, by second since the start. */
  readonly refusedBySecond: readonly number[];
  readonly latencyMsP99: number;
}

const CONNECTIONS_MAX = 512;
const BODIES = 16;

export function refusedPosts({ statuses }: LoadResult): number {
  return Object.entries(statuses).reduce((sum, [status, count]) => sum + (status === '200' ? 0 : count), 0);
}

export class OpenLoop implements Disposable {
  readonly #sender: OtlpSender;
  readonly #bodies = Array.from({ length: BODIES }, spansBody);

  constructor(otlpHttp: string) {
    this.#sender = new OtlpSender(otlpHttp, CONNECTIONS_MAX);
  }

  /** Resolves when the last post is answered. */
  async run(spansPerSecond: number, durationMs: number): Promise<LoadResult> {
    const everyMs = (SPANS_PER_POST * 1000) / spansPerSecond;
    const tally = new Tally(durationMs);
    const startedMs = performance.now();
    const pending: Promise<void>[] = [];
    let posts = 0;
    while (performance.now() - startedMs < durationMs) {
      const elapsedMs = performance.now() - startedMs;
      for (; posts * everyMs <= elapsedMs; posts += 1) {
        const body = present(this.#bodies[posts % BODIES], 'one of the bodies');
        pending.push(this.#post(body, tally, Math.floor(elapsedMs / 1000)));
      }
      await sleep(1);
    }
    const offeredMs = performance.now() - startedMs;
    await Promise.all(pending);
    return tally.result(spansPerSecond, posts, offeredMs);
  }

  async #post(body: Uint8Array, tally: Tally, second: number): Promise<void> {
    const startedMs = performance.now();
    try {
      const { status, retryAfter } = await this.#sender.post('traces', body);
      tally.answered(status, retryAfter, second, performance.now() - startedMs);
    } catch {
      tally.lost(second);
    }
  }

  [Symbol.dispose](): void {
    this.#sender[Symbol.dispose]();
  }
}

class Tally {
  readonly #statuses: Record<string, number> = {};
  readonly #refusedBySecond: number[];
  readonly #latenciesMs: number[] = [];
  #withoutRetryAfter = 0;

  constructor(durationMs: number) {
    this.#refusedBySecond = Array.from({ length: Math.ceil(durationMs / 1000) }, () => 0);
  }

  answered(status: number, retryAfter: string | undefined, second: number, latencyMs: number): void {
    this.#count(String(status), second, status === 200);
    this.#latenciesMs.push(latencyMs);
    const asksToWait = status === 429 || status === 503;
    if (asksToWait && !/^[1-9]\d*$/.test(retryAfter ?? '')) this.#withoutRetryAfter += 1;
  }

  lost(second: number): void {
    this.#count('none', second, false);
  }

  #count(status: string, second: number, good: boolean): void {
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    if (!good) this.#refusedBySecond[second] = (this.#refusedBySecond[second] ?? 0) + 1;
  }

  result(wantedPerSecond: number, posts: number, offeredMs: number): LoadResult {
    const sorted = this.#latenciesMs.sort((a, b) => a - b);
    const perSecond = (count: number): number => Math.round((count * SPANS_PER_POST * 1000) / offeredMs);
    return {
      wantedPerSecond,
      offeredPerSecond: perSecond(posts),
      acceptedPerSecond: perSecond(this.#statuses['200'] ?? 0),
      statuses: this.#statuses,
      withoutRetryAfter: this.#withoutRetryAfter,
      refusedBySecond: this.#refusedBySecond,
      latencyMsP99: Math.round(sorted[Math.floor(sorted.length * 0.99)] ?? 0),
    };
  }
}

/** 100 spans with ten attributes each, about 47 KB. */
function spansBody(): Uint8Array {
  const endNanos = BigInt(Date.now()) * 1_000_000n;
  return buildTraces({
    service: 'overload',
    resource: { 'service.version': '1.2.3', 'deployment.environment.name': 'test', 'host.name': 'load' },
    spans: Array.from({ length: SPANS_PER_POST }, (_, index) => ({
      traceId: randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      name: `operation ${index % 20}`,
      startNanos: endNanos - 5_000_000n,
      endNanos,
      attributes: {
        'http.request.method': 'GET',
        'http.route': `/quotes/${index % 20}`,
        'http.response.status_code': 200,
        'url.path': `/quotes/${randomBytes(6).toString('hex')}`,
        'server.address': 'quotes.internal.example',
        'user_agent.original': 'load-generator/1.0 (open loop)',
        'network.protocol.version': '1.1',
        'client.address': `10.0.${index}.${index}`,
        'app.customer': randomBytes(8).toString('hex'),
        'app.cached': index % 2 === 0,
      },
    })),
  });
}
