import type { Clock, Timer } from '#base/clock.ts';

const WALL_NANOS_AT_ORIGIN = BigInt(Math.round(performance.timeOrigin * 1e6));

/** The machine's clock. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  wallNanos: () => BigInt(Date.now()) * 1_000_000n + subMillisecondNanos(),
  monotonicMs: () => performance.now(),
  startTimer(delayMs: number, fire: () => void): Timer {
    const handle = setTimeout(fire, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Keeps nanosecond stamps of one millisecond apart and rising. */
function subMillisecondNanos(): bigint {
  const nanos = WALL_NANOS_AT_ORIGIN + BigInt(Math.round(performance.now() * 1e6));
  return nanos % 1_000_000n;
}
