/** When to try again: a second at first, doubled each time, half a minute at most. */

const FIRST_MS = 1000;
const MAX_MS = 30_000;

/** @param attempt 0 for the first try again @param jitter 0 … 1, so that many do not come at once */
export function retryDelayMs(attempt: number, jitter: number): number {
  const fullMs = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return fullMs * (0.75 + 0.25 * jitter);
}
