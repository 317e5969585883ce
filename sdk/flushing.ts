/** The one flush of the process: what it does is known once the SDK has started. */
let flushAll: () => Promise<void> = () => Promise.resolve();

/**
 * Resolves when what has ended before was sent, or could not be: after one failed
 * attempt, or half a second. Never rejects.
 */
export function flush(): Promise<void> {
  return flushAll();
}

export function flushWith(action: () => Promise<void>): void {
  flushAll = action;
}
