import type { Clock, Timer } from '#base/clock.ts';

const NANOS_IN_MS = 1_000_000;

/** The millisecond of wall time seen last, and the monotonic time at which it was first seen. */
const seen = { wallMs: 0, atMs: 0 };

/** The machine's clock. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  wallNanos,
  monotonicMs: () => performance.now(),
  startTimer(delayMs: number, fire: () => void): Timer {
    const handle = setTimeout(fire, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Stamps of one millisecond rise with the time since it was first seen, and never into the next. */
function wallNanos(): bigint {
  const wallMs = Date.now();
  const nowMs = performance.now();
  if (wallMs !== seen.wallMs) {
    seen.wallMs = wallMs;
    seen.atMs = nowMs;
  }
  const nanos = Math.min(Math.floor((nowMs - seen.atMs) * NANOS_IN_MS), NANOS_IN_MS - 1);
  return BigInt(wallMs) * BigInt(NANOS_IN_MS) + BigInt(nanos);
}
