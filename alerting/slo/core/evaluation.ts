/**
 * How SLOs are judged, apart from what they say: time compressed for proofs
 * and demonstrations, and burn factors multiplied for mutation tests of a
 * proof. Applied after validation, to the whole SLO; so what statuses and
 * pages show are the windows in force.
 */
import type { SloDocument } from '#signals/openslo/model.ts';

export interface Evaluation {
  /** Every window, period and delay is divided by it; 1 … {@link WINDOW_DIVISOR_MAX}. */
  readonly windowDivisor: number;
  /** Burn factors are multiplied by it; more than 0. */
  readonly burnFactorMultiplier: number;
}

export const EVALUATION_AS_WRITTEN: Evaluation = { windowDivisor: 1, burnFactorMultiplier: 1 };

/** Makes a second of an hour: beyond that every window is the one second that counts are kept by. */
export const WINDOW_DIVISOR_MAX = 3600;
/** A factor of 14.4 multiplied by this never fires; more says nothing new. */
export const BURN_FACTOR_MULTIPLIER_MAX = 1e6;
/** Counts are kept by the second; no window is shorter. */
const WINDOW_MS_MIN = 1000;

/** The SLO as it is judged: windows to the second, in their old order. */
export function asJudged(document: SloDocument, evaluation: Evaluation): SloDocument {
  if (evaluation.windowDivisor === 1 && evaluation.burnFactorMultiplier === 1) return document;
  return {
    ...document,
    periodMs: dividedMs(document.periodMs, evaluation, WINDOW_MS_MIN),
    policies: document.policies.map((policy) => ({
      severity: policy.severity,
      longWindowMs: dividedMs(policy.longWindowMs, evaluation, WINDOW_MS_MIN),
      shortWindowMs: dividedMs(policy.shortWindowMs, evaluation, WINDOW_MS_MIN),
      factor: policy.factor * evaluation.burnFactorMultiplier,
    })),
  };
}

/** A duration in compressed time, in whole seconds, at least `msMin`. */
export function dividedMs(durationMs: number, { windowDivisor }: Evaluation, msMin: number): number {
  if (windowDivisor === 1) return durationMs;
  return Math.max(msMin, Math.round(durationMs / windowDivisor / 1000) * 1000);
}
