/**
 * A network with a scripted other end: each request is shown to a handler,
 * which says what becomes of it. Time is the simulated clock's; timeouts and
 * aborts work as on the real one.
 */
import type { Clock } from '#base/clock.ts';
import type { Net, NetRequest, NetResponse } from '#base/net.ts';

/** The other end's answer; header names in lower case. */
export interface ScriptedResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/**
 * - a response, at once or after `delayMs`;
 * - `error`: the connection fails with this code (`ECONNREFUSED`, `ECONNRESET` …);
 *   a reset may come after the receiver has taken the request: the handler decides
 *   what it remembers;
 * - `silence`: no answer ever, until the request's own timeout.
 */
export type Outcome =
  | ({ readonly kind: 'response'; readonly delayMs?: number } & ScriptedResponse)
  | { readonly kind: 'error'; readonly code: string; readonly delayMs?: number }
  | { readonly kind: 'silence' };

export type Receiver = (request: NetRequest, nowMs: number) => Outcome;

export class SimulatedNet implements Net {
  readonly #clock: Clock;
  readonly #receiver: Receiver;
  /** Every request that was made, oldest first. */
  readonly requests: { readonly atMs: number; readonly request: NetRequest }[] = [];

  constructor(clock: Clock, receiver: Receiver) {
    this.#clock = clock;
    this.#receiver = receiver;
  }

  request(request: NetRequest): Promise<NetResponse> {
    if (request.signal?.aborted === true) return Promise.reject(netError('ABORT_ERR', request.url));
    const nowMs = this.#clock.monotonicMs();
    this.requests.push({ atMs: nowMs, request });
    const outcome = this.#receiver(request, nowMs);
    const delayMs = outcome.kind === 'silence' ? Number.POSITIVE_INFINITY : (outcome.delayMs ?? 0);
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        request.signal?.removeEventListener('abort', abort);
        timer.cancel();
        if (delayMs > request.timeoutMs || outcome.kind === 'silence')
          reject(netError('ETIMEDOUT', request.url));
        else if (outcome.kind === 'error') reject(netError(outcome.code, request.url));
        else resolve(toResponse(outcome, request.responseBytesMax));
      };
      const abort = (): void => {
        timer.cancel();
        reject(netError('ABORT_ERR', request.url));
      };
      const timer = this.#clock.startTimer(Math.min(delayMs, request.timeoutMs), finish);
      request.signal?.addEventListener('abort', abort, { once: true });
    });
  }
}

function toResponse(response: ScriptedResponse, bytesMax: number): NetResponse {
  const { body = '' } = response;
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return {
    status: response.status,
    headers: response.headers ?? {},
    body: bytes.subarray(0, bytesMax),
    truncated: bytes.length > bytesMax,
  };
}

function netError(code: string, url: string): Error {
  return Object.assign(new Error(`${code}: ${url}`), { code });
}
