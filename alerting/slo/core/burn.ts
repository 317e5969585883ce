/**
 * Burn-rate maths. With budget `b = 1 - objective` and error ratio `e`, the burn
 * rate is `e / b`; a pair of windows holds when both burn faster than its
 * factor. A window with holes (history too short, telemetry lost) is filled up
 * at the rate seen in the measured part: it then pages neither early nor late.
 */
import type { BurnPolicy } from '#signals/openslo/model.ts';

/** What a window holds. */
export interface WindowReading {
  readonly windowMs: number;
  readonly bad: number;
  readonly total: number;
  /** How much of the window was measured, in (0, windowMs]. */
  readonly measuredMs: number;
}

/**
 * - `holds`: both windows burn faster than the factor, and there are bad events enough;
 * - `clear`: a window that was measured well enough burns no faster than the factor;
 * - `unknown`: too little data to say either; whatever was the case stays so.
 */
export type PairVerdict = 'holds' | 'clear' | 'unknown';

/** A window measured for less than this share proves no recovery. */
const CLEAR_MEASURED_RATIO_MIN = 0.5;

/** Burn over the whole window, its total filled up at the measured rate; 0 without events. */
export function burnRate(reading: WindowReading, budgetRatio: number): number {
  const total = (reading.total * reading.windowMs) / reading.measuredMs;
  return total === 0 ? 0 : reading.bad / (budgetRatio * total);
}

/** Burn over the measured part alone; 0 without events. */
export function measuredBurnRate(reading: WindowReading, budgetRatio: number): number {
  return reading.total === 0 ? 0 : reading.bad / (budgetRatio * reading.total);
}

export interface JudgedPair {
  readonly verdict: PairVerdict;
  readonly longBurn: number;
  readonly shortBurn: number;
}

export function judgePair(
  policy: BurnPolicy,
  long: WindowReading,
  short: WindowReading,
  limits: { readonly budgetRatio: number; readonly badEventsMin: number },
): JudgedPair {
  const longBurn = burnRate(long, limits.budgetRatio);
  const shortBurn = burnRate(short, limits.budgetRatio);
  const isClear = (reading: WindowReading): boolean =>
    reading.total > 0 &&
    reading.measuredMs >= CLEAR_MEASURED_RATIO_MIN * reading.windowMs &&
    measuredBurnRate(reading, limits.budgetRatio) <= policy.factor;
  let verdict: PairVerdict = 'unknown';
  if (longBurn > policy.factor && shortBurn > policy.factor) {
    // Too few bad events start no alert, but they prove no recovery either.
    if (long.bad >= limits.badEventsMin) verdict = 'holds';
  } else if (isClear(long) || isClear(short)) {
    verdict = 'clear';
  }
  return { verdict, longBurn, shortBurn };
}

export interface BudgetFigures {
  readonly allowedBad: number;
  readonly remainingRatio: number | undefined;
  readonly exhaustedInMs: number | undefined;
}

/**
 * The budget of the period, its total filled up at the rate seen so far.
 *
 * @param recentBurn burn rate of now, over a short window
 */
export function budgetOf(period: WindowReading, budgetRatio: number, recentBurn: number): BudgetFigures {
  const allowedBad = (budgetRatio * period.total * period.windowMs) / period.measuredMs;
  if (allowedBad === 0) return { allowedBad: 0, remainingRatio: undefined, exhaustedInMs: undefined };
  const remainingRatio = 1 - period.bad / allowedBad;
  if (remainingRatio <= 0) return { allowedBad, remainingRatio, exhaustedInMs: 0 };
  const exhaustedInMs = recentBurn > 0 ? (remainingRatio * period.windowMs) / recentBurn : undefined;
  return { allowedBad, remainingRatio, exhaustedInMs };
}

/**
 * Milliseconds until a pair fires after errors began, on constant traffic and
 * clean history; undefined when it never does.
 *
 * @param errorRatio share of failing events, in (0, 1]
 */
export function detectionMs(policy: BurnPolicy, objective: number, errorRatio: number): number | undefined {
  const limit = policy.factor * (1 - objective);
  // On the line is not over it; rounding must not make a page of it.
  if (errorRatio <= limit * (1 + 1e-9)) return undefined;
  return (limit * policy.longWindowMs) / errorRatio;
}
