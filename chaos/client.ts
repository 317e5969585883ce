/** The fault daemon from outside: what `plimsoll chaos` and `plimsoll prove` speak. */
import type { Clock, Timer } from '#base/clock.ts';
import { CodedError, ERRORS, errorText, type ErrorCode } from '#base/errors.ts';
import type { Net } from '#base/net.ts';
import { LEASE_MS_DEFAULT, renewEveryMs } from '#chaos/core/lease.ts';
import type { FaultView } from '#chaos/daemon/api.ts';
import type { CatalogueEntry } from '#chaos/daemon/daemon.ts';

export interface FaultRequest {
  readonly fault: string;
  /** May be left out where a fault has only one. */
  readonly target?: string;
  readonly parameters?: Readonly<Record<string, string | number>>;
  /** It ends by itself after this time, whoever lives or dies; at most 10 min. */
  readonly forMs?: number;
  /** It ends so long after it was last renewed; default 2 s. Not together with `forMs`. */
  readonly leaseMs?: number;
  /** Announced like any other, does nothing. */
  readonly sham?: boolean;
  /** Begin it although another is on. */
  readonly alongside?: boolean;
}

export interface FaultList {
  readonly blocked: boolean;
  readonly active: readonly FaultView[];
  readonly ended: readonly FaultView[];
}

export interface ResidueReport {
  readonly clean: boolean;
  readonly residue: readonly string[];
}

/** A fault that goes on as long as this process lives. */
export interface HeldFault {
  readonly view: FaultView;
  /** Resolves with the reason once it is no longer held: released, expired or lost. */
  readonly over: Promise<string>;
  /** Ends it; resolves once it is taken back. */
  release(): Promise<FaultView>;
}

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;

export class ChaosClient {
  readonly #url: string;
  readonly #net: Net;
  readonly #clock: Clock;

  /** @param url of the control API, as in `demo.json` */
  constructor(url: string, net: Net, clock: Clock) {
    this.#url = url;
    this.#net = net;
    this.#clock = clock;
  }

  /** @throws CodedError what the daemon answered, or `PLIM_CHAOS_UNREACHABLE` */
  async start(request: FaultRequest): Promise<FaultView> {
    return (await this.#call('POST', '/faults', request)) as FaultView;
  }

  /** @throws CodedError `PLIM_NOT_FOUND` when it is over */
  async renew(id: string): Promise<FaultView> {
    return (await this.#call('POST', `/faults/${encodeURIComponent(id)}/renew`)) as FaultView;
  }

  /** Resolves once it is taken back; fine when it is over. */
  async stop(id: string): Promise<FaultView> {
    return (await this.#call('DELETE', `/faults/${encodeURIComponent(id)}`)) as FaultView;
  }

  /** Everything off; resolves with the number of faults that were on. */
  async stopAll(): Promise<number> {
    return ((await this.#call('DELETE', '/faults')) as { readonly stopped: number }).stopped;
  }

  async list(): Promise<FaultList> {
    return (await this.#call('GET', '/faults')) as FaultList;
  }

  async catalogue(): Promise<readonly CatalogueEntry[]> {
    return ((await this.#call('GET', '/faults/catalogue')) as { readonly faults: readonly CatalogueEntry[] })
      .faults;
  }

  async residue(): Promise<ResidueReport> {
    return (await this.#call('GET', '/residue')) as ResidueReport;
  }

  /** While blocked, no fault begins. */
  async block(blocked: boolean): Promise<void> {
    await this.#call('PUT', '/faults/blocked', { blocked });
  }

  /** Begins a fault and renews its lease until it is released. */
  async hold(request: FaultRequest): Promise<HeldFault> {
    const view = await this.start(request);
    const over = Promise.withResolvers<string>();
    let timer: Timer | undefined;
    let held = true;
    const end = (why: string): void => {
      held = false;
      timer?.cancel();
      over.resolve(why);
    };
    const everyMs = renewEveryMs(request.leaseMs ?? LEASE_MS_DEFAULT);
    const renewLater = (): void => {
      timer = this.#clock.startTimer(everyMs, () => {
        this.renew(view.id).then(
          () => held && renewLater(),
          (error: unknown) => end(errorText(error)),
        );
      });
    };
    renewLater();
    return {
      view,
      over: over.promise,
      release: async () => {
        end('released');
        return this.stop(view.id);
      },
    };
  }

  async #call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
    const response = await this.#request(method, path, body);
    const answer = parsed(response.body);
    if (response.status >= 200 && response.status < 300) return answer;
    throw errorOf(answer, `${method} ${path} was answered with ${response.status}`);
  }

  async #request(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body: unknown) {
    const headers = { 'content-type': 'application/json', 'user-agent': 'plimsoll' };
    const bytes = body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) };
    const options = { timeoutMs: TIMEOUT_MS, responseBytesMax: ANSWER_BYTES_MAX, ...bytes };
    try {
      return await this.#net.request({ method, url: `${this.#url}${path}`, headers, ...options });
    } catch (error) {
      const message = `the fault daemon at ${this.#url} does not answer: ${errorText(error)}`;
      throw new CodedError('PLIM_CHAOS_UNREACHABLE', message, { cause: error });
    }
  }
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as unknown;
  } catch {
    return undefined;
  }
}

/** The daemon's error as it was thrown there. */
function errorOf(answer: unknown, otherwise: string): CodedError {
  const { error } = (answer ?? {}) as {
    readonly error?: { readonly code?: string; readonly message?: string };
  };
  const code = error?.code;
  if (code === undefined || !isErrorCode(code)) return new CodedError('PLIM_CHAOS_UNREACHABLE', otherwise);
  return new CodedError(code, error?.message ?? otherwise);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}
