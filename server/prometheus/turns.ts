/** Lets a few queries run at once and the rest wait: each may hold many samples in memory. */
import { CodedError } from '#base/errors.ts';
import { QueryAborted } from '#promql/engine/budget.ts';

/** Queries evaluated at once on the one thread that has the samples. */
export const QUERIES_AT_ONCE_MAX = 4;
/** Queries that may wait: a large dashboard, reloaded by a few people at once. */
export const QUERIES_WAITING_MAX = 256;

interface Waiting {
  readonly start: () => void;
}

export class Turns {
  #running = 0;
  readonly #waiting = new Set<Waiting>();

  /**
   * Runs `task` when it is its turn.
   *
   * @throws CodedError `PLIM_OVERLOADED` when too many wait; QueryAborted when
   *   the caller gave up waiting
   */
  async run<Result>(task: () => Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
    if (this.#running >= QUERIES_AT_ONCE_MAX) await this.#wait(signal);
    else this.#running += 1;
    try {
      return await task();
    } finally {
      const next = this.#waiting.values().next().value;
      // The place goes straight to the next one, so that nobody overtakes.
      if (next === undefined) this.#running -= 1;
      else {
        this.#waiting.delete(next);
        next.start();
      }
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting.size >= QUERIES_WAITING_MAX) {
      throw new CodedError(
        'PLIM_OVERLOADED',
        `${QUERIES_WAITING_MAX} queries are waiting already; try again in a moment`,
      );
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(entry);
        reject(new QueryAborted(signal?.reason));
      };
      const entry: Waiting = {
        start: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      if (signal?.aborted === true) {
        onAbort();
        return;
      }
      this.#waiting.add(entry);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
