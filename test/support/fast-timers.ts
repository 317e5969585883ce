/** The machine's clock for tests of what happens once a second. */
import type { Clock } from '#base/clock.ts';
import { systemClock } from '#base/real/clock.ts';

/** Timers ten times as fast as time, so that the upkeep of once a second is soon over. */
export const fastTimers: Clock = {
  ...systemClock,
  startTimer: (delayMs, fire) => systemClock.startTimer(delayMs / 10, fire),
};
