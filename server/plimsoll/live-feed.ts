/**
 * One thing many want to see change: asked for once a second while somebody
 * listens, whatever their number, and told only when it is another.
 */
import type { Clock, Timer } from '#base/clock.ts';
import type { ErrorCode } from '#base/errors.ts';
import { errorBody } from '#server/http/errors.ts';

/** What people take for now. */
export const POLL_MS = 1000;
/** After an answer that took long, the one asked is left alone for so long. */
const PAUSE_MS_MIN = 200;

/** `trouble`: it cannot be asked right now; a `state` follows once it can. */
export type Update =
  | { readonly kind: 'state'; readonly json: string }
  | { readonly kind: 'trouble'; readonly code: ErrorCode; readonly message: string };

export type UpdateListener = (update: Update) => void;

export class LiveFeed {
  readonly #read: () => Promise<unknown>;
  readonly #clock: Clock;
  readonly #listeners = new Set<UpdateListener>();
  /** Undefined while nobody listens: what was then would be old. */
  #last: Update | undefined;
  #reading = false;
  #timer: Timer | undefined;

  constructor(read: () => Promise<unknown>, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
  }

  /** Tells the present state at once, or as soon as it is known, then every change. Returns how to stop. */
  listen(listener: UpdateListener): () => void {
    this.#listeners.add(listener);
    if (this.#last !== undefined) listener(this.#last);
    else if (!this.#reading) void this.#poll();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#timer?.cancel();
      this.#last = undefined;
    };
  }

  async #poll(): Promise<void> {
    this.#reading = true;
    const startedMs = this.#clock.monotonicMs();
    const update = await this.#ask();
    this.#reading = false;
    if (this.#listeners.size === 0) return;
    if (!isSame(update, this.#last)) {
      this.#last = update;
      for (const listener of this.#listeners) listener(update);
    }
    const tookMs = this.#clock.monotonicMs() - startedMs;
    const delayMs = Math.max(PAUSE_MS_MIN, POLL_MS - tookMs);
    this.#timer = this.#clock.startTimer(delayMs, () => void this.#poll());
  }

  async #ask(): Promise<Update> {
    try {
      return { kind: 'state', json: JSON.stringify(await this.#read()) };
    } catch (error) {
      return { kind: 'trouble', ...errorBody(error) };
    }
  }
}

function isSame(a: Update, b: Update | undefined): boolean {
  if (a.kind === 'state') return b?.kind === 'state' && a.json === b.json;
  return b?.kind === 'trouble' && a.code === b.code && a.message === b.message;
}
