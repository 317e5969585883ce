/** What is forgotten, and when: history is bounded by age and by number. */
import { SILENCE_RETENTION_MS } from '#alerting/router/core/silence.ts';
import type { Store } from '#alerting/state/store.ts';

const DAY_MS = 86_400_000;

export const RETENTION = {
  intervalMs: 600_000,
  /** Covers three months of reviews. */
  incidentsMs: 90 * DAY_MS,
  /** About 20 KiB each with evidence and timeline. */
  incidentsMax: 10_000,
  /** The delivery log; Alertmanager keeps its notification log 120 h. */
  deliveriesMs: 14 * DAY_MS,
  deliveriesMax: 20_000,
  /** After this an alert that fires again starts at incarnation 1. */
  alertsMs: 90 * DAY_MS,
} as const;

export function prune(store: Store, nowMs: number): void {
  store.transaction(() => {
    store.alerts.prune(nowMs - RETENTION.alertsMs);
    store.incidents.prune(nowMs - RETENTION.incidentsMs, RETENTION.incidentsMax);
    store.outbox.prune(nowMs - RETENTION.deliveriesMs, RETENTION.deliveriesMax);
    store.silences.prune(nowMs - SILENCE_RETENTION_MS);
  });
}
