/** A bounded number of things at once, a bounded number waiting. */
import { CodedError } from '#base/errors.ts';

interface Waiting {
  readonly enter: () => void;
}

export class Slots {
  readonly #atOnceMax: number;
  readonly #waitingMax: number;
  readonly #waiting: Waiting[] = [];
  #taken = 0;

  constructor(atOnceMax: number, waitingMax: number) {
    this.#atOnceMax = atOnceMax;
    this.#waitingMax = waitingMax;
  }

  /**
   * Runs `work` when its turn comes.
   *
   * @throws CodedError `PLIM_OVERLOADED` when too many wait; the signal's reason when aborted while waiting
   */
  async run<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    if (this.#taken < this.#atOnceMax) this.#taken += 1;
    else await this.#wait(signal);
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#taken -= 1;
      else next.enter();
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting.length >= this.#waitingMax) {
      const message = `${this.#waiting.length} queries wait for the documents store already; try again in a moment`;
      return Promise.reject(new CodedError('PLIM_OVERLOADED', message));
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        enter: () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = (): void => {
        const at = this.#waiting.indexOf(waiting);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
    });
  }
}
