/** What an alert that fires asks of the call graph: where to begin, since when, and what was seen to be wrong. */
import type { BurnSymptom } from '#alerting/blame/core/blame.ts';
import type { AlertKind } from '#alerting/slo/ports.ts';
import { burnBegan } from '#alerting/slo/core/evidence.ts';
import type { SloTracker } from '#alerting/slo/core/tracker.ts';

const SECOND_MS = 1000;

export interface Suspicion {
  readonly service: string;
  /** Engine time. */
  readonly sinceMs: number;
  readonly symptom: BurnSymptom;
}

export function suspicionOf(tracker: SloTracker, kind: AlertKind, nowMs: number): Suspicion {
  const { document, source } = tracker;
  const { service } = document.selector;
  if (kind === 'blind') {
    return { service, sinceMs: source.lastMs, symptom: { kind: 'silence', sinceMs: source.lastMs } };
  }
  const shortMs = document.policies.map(({ shortWindowMs }) => shortWindowMs);
  const sinceMs = burnBegan(tracker, nowMs) ?? nowMs - Math.max(SECOND_MS, ...shortMs);
  return { service, sinceMs, symptom: symptomOf(tracker, sinceMs) };
}

function symptomOf({ document, rings }: SloTracker, sinceMs: number): BurnSymptom {
  const { kind } = document.indicator;
  switch (kind) {
    case 'availability':
      return { kind: 'failures' };
    case 'latency':
      return { kind: 'slow-or-failed', bad: rings.between(sinceMs, Infinity, SECOND_MS).bad };
    case 'ratio':
      // What is wrong is no request of its own: whoever is unwell nearby may be behind it.
      return { kind: 'condition' };
    default:
      return kind satisfies never;
  }
}
