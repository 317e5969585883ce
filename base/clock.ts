/**
 * Time as an argument. Core code never asks the machine for the time: it is
 * handed a Clock, so a whole month of history can be replayed in a second.
 */

/** A timer that has not fired can be cancelled; cancelling twice is harmless. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. May jump. */
  wallMs(): number;
  /** Wall clock, nanoseconds since the Unix epoch. May jump. */
  wallNanos(): bigint;
  /** Monotonic milliseconds from an arbitrary origin. Never goes back. */
  monotonicMs(): number;
  /** Calls `fire` once, not before `delayMs` of monotonic time have passed. */
  startTimer(delayMs: number, fire: () => void): Timer;
}

/** Resolves after `delayMs` on `clock`; rejects with the signal's reason when aborted. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(asError(signal.reason));
      return;
    }
    const timer = clock.startTimer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    function onAbort(): void {
      timer.cancel();
      reject(asError(signal?.reason));
    }
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** What `result` gives, or undefined when it takes longer than `limitMs`; rejects as it does. */
export async function within<T>(clock: Clock, limitMs: number, result: Promise<T>): Promise<T | undefined> {
  const limit = Promise.withResolvers<undefined>();
  const timer = clock.startTimer(limitMs, () => limit.resolve(undefined));
  try {
    return await Promise.race([result, limit.promise]);
  } finally {
    timer.cancel();
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
