/** An SLO as it stands, for whoever asks. */
import type { SloStatus } from '#alerting/ports.ts';
import { budget, burnWindows } from '#alerting/slo/core/evidence.ts';
import type { SloTracker } from '#alerting/slo/core/tracker.ts';

/** @param nowMs engine time */
export function statusOf(tracker: SloTracker, nowMs: number): SloStatus {
  const { document } = tracker;
  return {
    id: document.id,
    name: document.name,
    displayName: document.displayName,
    service: document.service,
    description: document.description,
    objective: document.objective,
    indicator: document.indicator.kind,
    thresholdMs: document.indicator.kind === 'latency' ? document.indicator.thresholdMs : undefined,
    periodMs: document.periodMs,
    state: tracker.state,
    stateSinceMs: tracker.stateSinceWallMs,
    windows: burnWindows(tracker, nowMs),
    budget: budget(tracker, nowMs),
    definedAt: document.definedAt,
  };
}
