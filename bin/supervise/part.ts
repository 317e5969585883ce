/**
 * One supervised thread or child process: started, watched, started again with
 * back-off when it dies, given up after three deaths in a minute. Callers hold
 * one interface that stays the same across restarts.
 */
import { sleep, within, type Clock } from '#base/clock.ts';
import { CodedError, errorText } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import type { MetricFamily } from '#base/metrics.ts';
import { connectRpc, type Remote, type RpcPort } from '#base/rpc.ts';
import type { PartLifecycle } from '#bin/threads/serve-part.ts';

/** A thread or process that has been launched. */
export interface Host {
  readonly port: RpcPort;
  /** Resolves once, with the reason, when it is gone. */
  readonly exited: Promise<string>;
  /** Ends it at once. */
  kill(): Promise<void>;
}

export const DEATHS_MAX = 3;
const DEATHS_WINDOW_MS = 60_000;
const RESTART_DELAY_MS = 200;
/** What a part gets to flush before it is ended; the whole stop stays under 3 s. */
const CLOSE_GRACE_MS = 2200;
/** One part that hangs must not keep the page of all others from a scraper, which waits 10 s. */
const COLLECT_MS_MAX = 2000;

export interface PartOptions<Options> {
  readonly name: string;
  readonly launch: () => Host;
  /** Asked again at each start. */
  readonly options: () => Options;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called when the part has died too often. */
  readonly onLost: (error: CodedError) => void;
  readonly onRestart?: () => void;
}

type State<Options, Info> =
  | { readonly kind: 'idle' }
  /** It is there, but its room has not begun: nothing can be asked of it yet. */
  | { readonly kind: 'booting'; readonly host: Host; readonly remote: Remote<PartLifecycle<Options, Info>> }
  | { readonly kind: 'up'; readonly host: Host; readonly remote: Remote<PartLifecycle<Options, Info>> }
  | { readonly kind: 'stopped' };

export class Part<Api extends object, Options, Info> {
  /** The part's own interface; calls reject with `PLIM_STORE_UNAVAILABLE` while it is down. */
  readonly api: Remote<Api>;
  readonly name: string;
  restarts = 0;
  #state: State<Options, Info> = { kind: 'idle' };
  readonly #settings: PartOptions<Options>;
  readonly #deathsMs: number[] = [];
  /** Aborted by the stop: nobody waits for the next attempt any more. */
  readonly #stopping = new AbortController();

  constructor(settings: PartOptions<Options>) {
    this.#settings = settings;
    this.name = settings.name;
    this.api = new Proxy(Object.create(null) as Remote<Api>, {
      get: (_target, method) =>
        typeof method === 'string' && method !== 'then'
          ? (...args: unknown[]) => this.#call(method, args)
          : undefined,
    });
  }

  get isUp(): boolean {
    return this.#state.kind === 'up';
  }

  /** Launches it and waits until it runs. @throws whatever its boot throws */
  async start(): Promise<Info> {
    const host = this.#settings.launch();
    const remote = connectRpc<PartLifecycle<Options, Info>>(host.port, this.name);
    this.#state = { kind: 'booting', host, remote };
    void host.exited.then((reason) => this.#onExit(host, reason));
    const info = await remote.boot(this.#settings.options());
    // It may have died or been stopped since it answered.
    if (this.#hostNow() === host) this.#state = { kind: 'up', host, remote };
    return info;
  }

  /** Its metrics; none when it is down, or does not answer in time. Never rejects. */
  async collect(): Promise<readonly MetricFamily[]> {
    if (this.#state.kind !== 'up') return [];
    const { remote } = this.#state;
    const collected = await within(this.#settings.clock, COLLECT_MS_MAX, remote.collect()).catch(() => []);
    return collected ?? [];
  }

  /** Lets it flush, then ends it. Safe twice and before start. */
  async stop(): Promise<void> {
    const state = this.#state;
    this.#state = { kind: 'stopped' };
    this.#stopping.abort();
    if (state.kind !== 'up' && state.kind !== 'booting') return;
    const closed = state.remote.close();
    await within(this.#settings.clock, CLOSE_GRACE_MS, closed).catch((error: unknown) =>
      this.#warn(errorText(error), 'did not stop cleanly'),
    );
    await state.host.kill();
  }

  #call(method: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#state.kind !== 'up') {
      return Promise.reject(new CodedError('PLIM_STORE_UNAVAILABLE', `${this.name} is not running`));
    }
    const target: unknown = Reflect.get(this.#state.remote, method);
    return typeof target === 'function'
      ? (Reflect.apply(target, undefined, [...args]) as Promise<unknown>)
      : Promise.reject(new Error(`no method ${method}`));
  }

  #onExit(host: Host, reason: string): void {
    if (this.#hostNow() !== host) return;
    this.#state = { kind: 'idle' };
    this.#warn(reason, 'died');
    const nowMs = this.#settings.clock.monotonicMs();
    this.#deathsMs.push(nowMs);
    const recent = this.#deathsMs.filter((atMs) => nowMs - atMs < DEATHS_WINDOW_MS).length;
    if (recent >= DEATHS_MAX) {
      const message = `${this.name} died ${recent} times within a minute, last: ${reason}`;
      this.#settings.onLost(new CodedError('PLIM_THREAD_LOST', message));
      return;
    }
    void this.#restart(RESTART_DELAY_MS * 4 ** (recent - 1));
  }

  async #restart(delayMs: number): Promise<void> {
    await sleep(this.#settings.clock, delayMs, this.#stopping.signal).catch(() => {});
    if (this.#state.kind !== 'idle') return;
    this.restarts += 1;
    try {
      await this.start();
      this.#settings.log.info({ part: this.name }, 'started again');
      this.#settings.onRestart?.();
    } catch (error) {
      this.#warn(errorText(error), 'could not be started again');
      await this.#hostNow()?.kill();
    }
  }

  #hostNow(): Host | undefined {
    const state = this.#state;
    return state.kind === 'up' || state.kind === 'booting' ? state.host : undefined;
  }

  #warn(reason: string, what: string): void {
    this.#settings.log.warn({ part: this.name, reason }, `${this.name} ${what}`);
  }
}
