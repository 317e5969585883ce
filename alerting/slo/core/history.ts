/**
 * The counts of one SLO over time, in steps of equal length, out of its rings.
 *
 * ```
 *   buckets      │··│··│··│··│··│··│··│··│··│··│    of the finest ring that reaches back far enough
 *   asked for      ├──────────────────────────┤     buckets that begin in it count, as in every window
 *   steps     ├───────────┼───────────┼───────────  on a grid that does not move with the clock
 * ```
 *
 * Every count is exact. The first and the last step hold what was asked for and
 * no more; `measured` says for how much of a step that, and telemetry, was there.
 */
import { invariant } from '#base/invariant.ts';
import type { SloTracker } from '#alerting/slo/core/tracker.ts';

/** Engine time. */
export interface HistoryRange {
  /** Inclusive; what is not kept any more is left out. */
  readonly startMs: number;
  /** Exclusive; from `nowMs` on, all there is, also what claims to be up to a minute ahead. */
  readonly endMs: number;
  /** At least 1. */
  readonly stepsMax: number;
}

/** One entry a step. */
export interface Steps {
  readonly startMs: number;
  readonly stepMs: number;
  readonly good: readonly number[];
  readonly total: readonly number[];
  /** 0 … 1. */
  readonly measured: readonly number[];
}

/** Costs the same from a minute to ninety days: four look-ups a step. */
export function historyOf(tracker: SloTracker, range: HistoryRange, nowMs: number): Steps {
  const { rings } = tracker;
  invariant(range.stepsMax >= 1, 'a history has room for a step');
  const sinceMs = Math.max(range.startMs, nowMs - rings.reachMs);
  const bucketMs = rings.bucketMsFor(nowMs - sinceMs);
  const isLive = range.endMs >= nowMs;
  const firstMs = Math.ceil(sinceMs / bucketMs) * bucketMs;
  const lastMs = isLive
    ? (Math.floor(nowMs / bucketMs) + 1) * bucketMs
    : Math.ceil(range.endMs / bucketMs) * bucketMs;
  const { startMs, stepMs, count } = gridOf({ firstMs, lastMs, bucketMs }, range.stepsMax);
  const good: number[] = [];
  const total: number[] = [];
  const measured: number[] = [];
  for (let step = 0; step < count; step += 1) {
    const fromMs = Math.max(firstMs, startMs + step * stepMs);
    const toMs = Math.min(lastMs, startMs + (step + 1) * stepMs);
    const counts = rings.between(fromMs, isLive && step === count - 1 ? Infinity : toMs, bucketMs);
    good.push(counts.total - counts.bad);
    total.push(counts.total);
    measured.push(tracker.heardMs(fromMs, Math.min(toMs, nowMs)) / stepMs);
  }
  return { startMs, stepMs, good, total, measured };
}

interface Buckets {
  /** Begin of the first. */
  readonly firstMs: number;
  /** End of the last; not after `firstMs` when there is none. */
  readonly lastMs: number;
  readonly bucketMs: number;
}

/** As few whole buckets a step as will do, on borders that are multiples of the step. */
function gridOf(
  { firstMs, lastMs, bucketMs }: Buckets,
  stepsMax: number,
): { readonly startMs: number; readonly stepMs: number; readonly count: number } {
  const buckets = Math.max(0, Math.round((lastMs - firstMs) / bucketMs));
  const perStep = Math.max(1, Math.ceil(buckets / stepsMax));
  const tight = onGrid(perStep * bucketMs);
  if (tight.count <= stepsMax) return tight;
  // One step stands on no grid: it would have to be as long as all of time.
  if (stepsMax === 1) return { startMs: firstMs, stepMs: perStep * bucketMs, count: 1 };
  return onGrid(Math.ceil(buckets / (stepsMax - 1)) * bucketMs);

  function onGrid(stepMs: number): { startMs: number; stepMs: number; count: number } {
    const startMs = Math.floor(firstMs / stepMs) * stepMs;
    return { startMs, stepMs, count: buckets === 0 ? 0 : Math.ceil((lastMs - startMs) / stepMs) };
  }
}
