/**
 * Another service, asked over HTTP. Every call has the caller's deadline, one
 * retry out of a shared budget when repeating is harmless, and a circuit breaker
 * that spares a peer which cannot be reached.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { metrics, SpanKind, withSpan } from '@plimsoll/sdk';
import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  handleWhen,
  SamplingBreaker,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import { TIMEOUT_HEADER, type Deadline } from '#sample-services/lib/core/deadline.ts';
import { isRepeatable, isUnreachable, PeerFailure } from '#sample-services/lib/core/peer-failure.ts';
import { RetryBudget } from '#sample-services/lib/core/retry-budget.ts';

export interface PeerRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Begins with a slash. */
  readonly path: string;
  readonly deadline: Deadline;
  /** For this peer alone; the deadline holds in any case. */
  readonly timeoutMs?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether doing it twice is as good as once: reads, and writes with a key. */
  readonly isIdempotent: boolean;
}

/** Any answer below 500; the caller decides what a 4xx means. */
export interface PeerAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Half of the calls within that time must fail to reach the peer before it is spared. */
const BREAKER = { threshold: 0.5, duration: 5000, minimumRps: 2 } as const;
/** Then one call tries whether it is back. */
const HALF_OPEN_AFTER_MS = 1000;
const RETRY_DELAY_MS = 25;
/** With less time left a retry could not succeed. */
const RETRY_LEFT_MS_MIN = 100;
/** Answers of our services are a few kilobytes. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

const retries = metrics.counter({
  name: 'freight_peer_retries_total',
  help: 'Calls to another service that were repeated.',
  labelNames: ['peer'],
});
const breakerOpen = metrics.gauge({
  name: 'freight_peer_circuit_open',
  help: '1 while calls to another service are refused because it could not be reached.',
  labelNames: ['peer'],
});

export class Peer {
  readonly name: string;
  readonly #url: string;
  readonly #budget = new RetryBudget();
  readonly #breaker: CircuitBreakerPolicy;

  constructor(name: string, url: string) {
    this.name = name;
    this.#url = url;
    this.#breaker = circuitBreaker(handleWhen(isUnreachable), {
      halfOpenAfter: HALF_OPEN_AFTER_MS,
      breaker: new SamplingBreaker(BREAKER),
    });
    breakerOpen.set({ peer: name }, 0);
    this.#breaker.onStateChange((state) => {
      breakerOpen.set({ peer: name }, state === CircuitState.Open ? 1 : 0);
    });
  }

  /** @throws PeerFailure when there was no answer, or one of 500 and above */
  async call(request: PeerRequest): Promise<PeerAnswer> {
    this.#budget.deposit();
    try {
      return await this.#guarded(request);
    } catch (error) {
      if (!this.#mayRetry(request, error)) throw error;
    }
    retries.inc({ peer: this.name });
    // Half fixed, half random: those who failed together do not come back together.
    await sleep(RETRY_DELAY_MS * (0.5 + Math.random() / 2));
    return this.#guarded(request);
  }

  #mayRetry({ isIdempotent, deadline }: PeerRequest, error: unknown): boolean {
    return (
      isIdempotent &&
      isRepeatable(error) &&
      deadline.remainingMs >= RETRY_LEFT_MS_MIN &&
      this.#budget.withdraw()
    );
  }

  async #guarded(request: PeerRequest): Promise<PeerAnswer> {
    try {
      return await this.#breaker.execute(() => this.#attempt(request));
    } catch (error) {
      if (error instanceof BrokenCircuitError) return this.#refuse(request);
      throw error;
    }
  }

  /** A call that was not made is still seen in the trace, with whom it was meant for. */
  #refuse({ method }: PeerRequest): Promise<PeerAnswer> {
    const attributes = {
      'http.request.method': method,
      'service.peer.name': this.name,
      'peer.service': this.name,
      'error.type': 'circuit_open',
    };
    return withSpan(method, { kind: SpanKind.CLIENT, attributes }, async () => {
      throw new PeerFailure(this.name, 'circuit-open');
    });
  }

  async #attempt({ method, path, deadline, timeoutMs, body, headers }: PeerRequest): Promise<PeerAnswer> {
    const leftMs = deadline.timeoutMs(timeoutMs);
    if (leftMs <= 0) throw new PeerFailure(this.name, 'no-time-left');
    const response = await this.#io(() =>
      fetch(this.#url + path, {
        method,
        headers: {
          ...headers,
          [TIMEOUT_HEADER]: String(leftMs),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(leftMs),
      }),
    );
    if (Number(response.headers.get('content-length') ?? 0) > ANSWER_BYTES_MAX) {
      await response.body?.cancel();
      throw new PeerFailure(this.name, 'garbled');
    }
    const text = await this.#io(() => response.text());
    if (response.status >= 500) throw new PeerFailure(this.name, 'status', { status: response.status });
    return { status: response.status, body: this.#parse(text) };
  }

  async #io<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw PeerFailure.of(this.name, error);
    }
  }

  #parse(text: string): unknown {
    if (text === '') return undefined;
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new PeerFailure(this.name, 'garbled', { cause: error });
    }
  }
}
