/** What speaks against a service, and how it is told. */
import {
  failedRatio,
  isSilent,
  meanMs,
  type EdgeView,
  type GraphView,
  type ServiceView,
} from '#alerting/blame/core/graph-view.ts';

/**
 * - `unanswered`: calls to it failed, and it saw nothing of these failures;
 * - `own-failures`: it failed with no failing call behind it;
 * - `slow-calls`: callers waited, and it was not slow itself;
 * - `own-time`: it was slow without waiting for anybody;
 * - `down`: it could not be scraped;
 * - `silent`: its telemetry has stopped;
 * - `unexplained`: nothing of the kind; it is where the burn was measured.
 */
export type Clue =
  | { readonly kind: 'unanswered'; readonly edge: EdgeView }
  | { readonly kind: 'own-failures' }
  | { readonly kind: 'slow-calls'; readonly edge: EdgeView }
  | { readonly kind: 'own-time' }
  | { readonly kind: 'down'; readonly sinceMs: number }
  | { readonly kind: 'silent'; readonly sinceMs: number }
  | { readonly kind: 'unexplained' };

/** @param time writes engine time for people */
export function tell(service: string, clue: Clue, view: GraphView, time: (ms: number) => string): string {
  const found = view.services.get(service);
  const since = `since ${time(view.sinceMs)}`;
  switch (clue.kind) {
    case 'unanswered':
      return `${failedCalls(clue.edge, since)}; ${itself(clue.edge, found, view)}`;
    case 'own-failures':
      return `${service}: ${percent(found === undefined ? 0 : failedRatio(found.served))} of its requests failed ${since}, with no failing call behind them`;
    case 'slow-calls':
      return `${slowCalls(clue.edge, since)}; ${service} itself took ${millis(meanMs(clue.edge.answered))}`;
    case 'own-time':
      return `${service}: took ${ownTime(found)} a request without its calls ${since}, ${millis(found?.self.usual.meanMs ?? 0)} before`;
    case 'down':
      return `${service}: could not be scraped since ${time(clue.sinceMs)}${callers(service, view)}`;
    case 'silent':
      return `${service}: no telemetry came since ${time(clue.sinceMs)}${callers(service, view)}`;
    case 'unexplained':
      return `${service}: nothing it calls failed or slowed down more than usual ${since}`;
    default:
      return clue satisfies never;
  }
}

function failedCalls(edge: EdgeView, since: string): string {
  const why = edge.failure === undefined ? '' : ` (${edge.failure})`;
  return `${edge.callee}: ${percent(failedRatio(edge.called))} of calls from ${edge.caller} failed ${since}${why}`;
}

function slowCalls({ caller, callee, called }: EdgeView, since: string): string {
  return `${callee}: calls from ${caller} took ${millis(meanMs(called))} ${since}, ${millis(called.usual.meanMs)} before`;
}

function itself({ callee }: EdgeView, found: ServiceView | undefined, view: GraphView): string {
  if (found?.reports !== true) return `${callee} sends no telemetry`;
  if (isSilent(found.served, view)) return `${callee} itself reported no request since`;
  return `${callee} itself saw none of these failures`;
}

function ownTime(found: ServiceView | undefined): string {
  return millis(found === undefined ? 0 : meanMs(found.self));
}

/** What those who call it saw, as far as they failed. */
function callers(service: string, view: GraphView): string {
  const worst = (view.incoming.get(service) ?? [])
    .filter(({ called }) => called.now.failed > 0)
    .toSorted((left, right) => right.called.now.failed - left.called.now.failed)[0];
  if (worst === undefined) return '';
  const why = worst.failure === undefined ? '' : ` (${worst.failure})`;
  return `; ${percent(failedRatio(worst.called))} of calls from ${worst.caller} failed${why}`;
}

function percent(ratio: number): string {
  const value = ratio * 100;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))} %`;
}

function millis(durationMs: number): string {
  return `${durationMs >= 10 ? Math.round(durationMs) : Number(durationMs.toPrecision(2))} ms`;
}
