/** What is true about an SLO at one moment: for its status, and frozen on a page. */
import type { Budget, BurnWindow, Evidence } from '#alerting/ports.ts';
import type { BurnPolicy } from '#signals/openslo/model.ts';
import { budgetOf, burnRate } from '#alerting/slo/core/burn.ts';
import type { Rings } from '#alerting/slo/core/rings.ts';
import type { SloTracker } from '#alerting/slo/core/tracker.ts';

const SECOND_MS = 1000;
/** Steps in which the way back to the first failure is walked: long enough to see a ratio. */
const STEP_MS_MAX = 15_000;
/** Burn of now, when no policy says otherwise. */
const RECENT_WINDOW_MS = 300_000;

export function burnWindows(tracker: SloTracker, nowMs: number): readonly BurnWindow[] {
  return tracker.document.policies.map((policy) => {
    const pair = tracker.judgePolicy(policy, nowMs);
    return {
      severity: policy.severity,
      longWindowMs: policy.longWindowMs,
      shortWindowMs: policy.shortWindowMs,
      factor: policy.factor,
      longBurn: pair.longBurn,
      shortBurn: pair.shortBurn,
      badInLongWindow: tracker.rings.bad(policy.longWindowMs, nowMs),
      holds: pair.verdict === 'holds',
    };
  });
}

export function budget(tracker: SloTracker, nowMs: number): Budget {
  const { objective, periodMs, policies } = tracker.document;
  const period = tracker.reading(periodMs, nowMs);
  const recentMs = Math.min(RECENT_WINDOW_MS, ...policies.map((policy) => policy.shortWindowMs));
  const recentBurn = burnRate(tracker.reading(recentMs, nowMs), 1 - objective);
  return {
    good: period.total - period.bad,
    total: period.total,
    ...budgetOf(period, 1 - objective, recentBurn),
    measuredRatio: tracker.measuredRatio(nowMs),
  };
}

/** Engine time at which the burn of the pair that holds began; undefined while none does. */
export function burnBegan(tracker: SloTracker, nowMs: number): number | undefined {
  const policy = [...tracker.holding('page'), ...tracker.holding('ticket')][0];
  if (policy === undefined) return undefined;
  return firstBadOf(tracker.rings, policy, nowMs, policy.factor * (1 - tracker.document.objective));
}

/**
 * All but suspects and callers: whom the counts of one SLO do not know.
 *
 * @param toWall turns engine time into wall time
 */
export function evidence(tracker: SloTracker, nowMs: number, toWall: (engineMs: number) => number): Evidence {
  const { remainingRatio, exhaustedInMs } = budget(tracker, nowMs);
  const firstBadMs = burnBegan(tracker, nowMs);
  return {
    objective: tracker.document.objective,
    windows: burnWindows(tracker, nowMs),
    budgetRemainingRatio: remainingRatio,
    exhaustedInMs,
    failingTraceIds: tracker.traces.since(firstBadMs ?? nowMs - RECENT_WINDOW_MS),
    firstBadMs: firstBadMs === undefined ? undefined : toWall(firstBadMs),
    suspects: [],
    callers: [],
  };
}

/**
 * Begin of this burn: walks back in steps while they fail noticeably, past
 * gaps in traffic, until half a short window of steps that do not. To the
 * second within the last quarter of an hour, to the step before that.
 */
function firstBadOf(rings: Rings, policy: BurnPolicy, nowMs: number, limitRatio: number): number | undefined {
  const bucketMs = rings.bucketMsFor(policy.longWindowMs);
  // In compressed time steps are shorter too: half a short window, in whole seconds.
  const halfShortMs = Math.ceil(policy.shortWindowMs / 2 / SECOND_MS) * SECOND_MS;
  const stepMs = Math.max(bucketMs, Math.min(STEP_MS_MAX, halfShortMs));
  const quietMsMax = Math.max(2 * stepMs, policy.shortWindowMs / 2);
  const newestMs = Math.floor(nowMs / stepMs) * stepMs;
  let foundMs: number | undefined;
  let quietMs = 0;
  for (
    let startMs = newestMs;
    startMs >= nowMs - policy.longWindowMs && quietMs < quietMsMax;
    startMs -= stepMs
  ) {
    // The newest step also holds what claims to be a little ahead.
    const endMs = startMs === newestMs ? Infinity : startMs + stepMs;
    const { bad, total } = rings.between(startMs, endMs, bucketMs);
    if (total === 0) continue;
    if (bad > (limitRatio / 2) * total) {
      foundMs = startMs;
      quietMs = 0;
    } else {
      quietMs += stepMs;
    }
  }
  return foundMs === undefined ? undefined : firstBadSecond(rings, foundMs, stepMs);
}

function firstBadSecond(rings: Rings, stepStartMs: number, stepMs: number): number {
  for (let atMs = stepStartMs; atMs < stepStartMs + stepMs; atMs += SECOND_MS) {
    if (rings.between(atMs, atMs + SECOND_MS, SECOND_MS).bad > 0) return atMs;
  }
  return stepStartMs;
}
