/** Waiting for something to become true, with words for when it does not. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly everyMs?: number;
  /** Added to the failure: what was seen last. */
  readonly detail?: () => string;
}

/**
 * The first result of `check` that is not undefined or false.
 *
 * @param what finishes the sentence "waited for …"
 * @throws Error after `timeoutMs`
 */
export async function until<T>(
  what: string,
  check: () => T | Promise<T>,
  { timeoutMs, everyMs = 50, detail }: WaitOptions,
): Promise<Exclude<T, undefined | false>> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const result = await check();
    if (result !== undefined && result !== false) return result as Exclude<T, undefined | false>;
    if (performance.now() > deadlineMs) {
      const seen = detail === undefined ? '' : `; last seen: ${detail()}`;
      throw new Error(`waited ${timeoutMs} ms for ${what} in vain${seen}`);
    }
    await sleep(everyMs);
  }
}
