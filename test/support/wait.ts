/** Waiting for something to become true, with words for when it does not. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly everyMs?: number;
  /** Added to the failure: what was seen last. */
  readonly detail?: () => string;
}

/** A timer that fires later than this was held up. */
const LATE_MS = 100;

/**
 * The first result of `check` that is not undefined or false.
 *
 * @param what finishes the sentence "waited for …"
 * @throws Error after `timeoutMs`, and after a look that began then; time in which this process
 *   itself was held up does not count: its timers fire before it has read what came meanwhile
 */
export async function until<T>(
  what: string,
  check: () => T | Promise<T>,
  { timeoutMs, everyMs = 50, detail }: WaitOptions,
): Promise<Exclude<T, undefined | false>> {
  let deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const lookedMs = performance.now();
    const result = await check();
    if (result !== undefined && result !== false) return result as Exclude<T, undefined | false>;
    if (lookedMs > deadlineMs) {
      const seen = detail === undefined ? '' : `; last seen: ${detail()}`;
      throw new Error(`waited ${timeoutMs} ms for ${what} in vain${seen}`);
    }
    const sleptMs = performance.now();
    await sleep(everyMs);
    const lateMs = performance.now() - sleptMs - everyMs;
    if (lateMs > LATE_MS) deadlineMs += lateMs;
  }
}
