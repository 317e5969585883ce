/**
 * Wall time that does not jump: the wall clock of the start, carried on by the
 * monotonic clock. Timers and back-off are kept in it, so that a clock set an
 * hour back or forth neither delays a page nor sets off a burst.
 */
import type { Clock } from '#base/clock.ts';

export interface SteadyClock {
  /** Whole milliseconds since the Unix epoch, never going back. */
  nowMs(): number;
}

export function steadyClock(clock: Clock): SteadyClock {
  const originMs = clock.wallMs() - clock.monotonicMs();
  return { nowMs: () => Math.floor(originMs + clock.monotonicMs()) };
}
