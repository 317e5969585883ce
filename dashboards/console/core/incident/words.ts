/** An incident in sentences: what it is, and what to do next. */
import type { CulpritSpan } from '#dashboards/console/core/incident/spans.ts';
import { formatBurn } from '#dashboards/console/core/numbers.ts';
import { formatDuration, formatWindow } from '#dashboards/console/core/times.ts';
import type { BurnWindow, Incident, Slo } from '#dashboards/console/web/data/own-api.ts';

/** The alert that telemetry stopped, as alerting names it. */
const BLIND = 'SLOTelemetryLost';

export function isBlind({ alertname }: Pick<Incident, 'alertname'>): boolean {
  return alertname === BLIND;
}

/** The window that made it fire: of several that hold the fastest. */
export function firingWindow({
  evidence,
}: {
  readonly evidence: { readonly windows: readonly BurnWindow[] };
}): BurnWindow | undefined {
  return evidence.windows.filter(({ holds }) => holds).toSorted((a, b) => b.longBurn - a.longBurn)[0];
}

/** `burning 211×`, `no telemetry`: in a row, beside the name. */
export function whatOf(incident: Pick<Incident, 'alertname' | 'evidence'>): string {
  if (isBlind(incident)) return 'no telemetry';
  const window = firingWindow(incident);
  return window === undefined ? incident.alertname : `burning ${formatBurn(window.longBurn)}`;
}

export type IncidentMark = 'burning' | 'ticket' | 'blind' | 'ok';

export function markOfIncident(incident: Pick<Incident, 'state' | 'alertname' | 'severity'>): IncidentMark {
  if (incident.state === 'resolved') return 'ok';
  if (isBlind(incident)) return 'blind';
  return incident.severity === 'page' ? 'burning' : 'ticket';
}

/** Since the first bad event where that is known: users count from there. */
export function sinceMs({ evidence, startsAtMs }: Pick<Incident, 'evidence' | 'startsAtMs'>): number {
  return evidence.firstBadMs ?? startsAtMs;
}

/** `reason` without the name it begins with, where the name stands beside it. */
export function reasonOf({ service, reason }: { readonly service: string; readonly reason: string }): string {
  return reason.startsWith(`${service}: `) ? reason.slice(service.length + 2) : reason;
}

/** The budget as it was when it fired. */
export function budgetSentence({ evidence }: Pick<Incident, 'evidence'>): string {
  const { budgetRemainingRatio: left, exhaustedInMs } = evidence;
  if (left === null) return 'Nothing had been counted yet.';
  if (left <= 0) return 'The budget was spent.';
  if (exhaustedInMs === null) return 'The budget did not shrink.';
  return `Gone in ${formatDuration(exhaustedInMs)} at that rate.`;
}

/**
 * How it goes on: the window that keeps it open now, or that none does any more,
 * and how long the budget lasts; '' once it is over.
 */
export function presentSentence(
  incident: Pick<Incident, 'state' | 'alertname' | 'evidence'>,
  slo: Pick<Slo, 'windows' | 'budget'> | undefined,
): string {
  if (incident.state === 'resolved' || slo === undefined || isBlind(incident)) return '';
  const holding = firingWindow({ evidence: slo });
  const fired = firingWindow(incident);
  const window = holding ?? slo.windows.find((one) => one.longWindowMs === fired?.longWindowMs);
  if (window === undefined) return '';
  const { longBurn, longWindowMs, shortBurn, shortWindowMs } = window;
  const rates = [
    `${formatBurn(longBurn)} over ${formatWindow(longWindowMs)}`,
    `${formatBurn(shortBurn)} over ${formatWindow(shortWindowMs)}`,
  ].join(', ');
  return `${holding === undefined ? 'recovering' : 'now'} ${rates}${lastsText(slo.budget)}`;
}

function lastsText({ remainingRatio, exhaustedInMs }: Slo['budget']): string {
  if (remainingRatio !== null && remainingRatio <= 0) return '; the budget is spent';
  return exhaustedInMs === null ? '' : `; budget gone in ${formatDuration(exhaustedInMs)}`;
}

/** How the link to the first cause is called. */
export function culpritText({ kind, service }: CulpritSpan, suspect: string | undefined): string {
  switch (kind) {
    case 'failed-in':
    case 'failed':
      return `Failing span in ${service}`;
    case 'failed-call':
      return `Failing span in ${service}, calling ${suspect ?? '?'}`;
    case 'slow-in':
    case 'slow':
      return `Slowest span in ${service}`;
    case 'slow-call':
      return `Slowest span in ${service}, calling ${suspect ?? '?'}`;
    default:
      return kind satisfies never;
  }
}

const HINTS: readonly (readonly [pattern: RegExp, hint: (service: string) => string])[] = [
  [
    /itself saw none of these failures/i,
    (service) =>
      `${service} itself saw no failure: look at the failing call, and at what stands between it and ${service}.`,
  ],
  [
    /no telemetry came/i,
    (service) => `Check whether ${service} runs, and on Pipeline whether anything refuses what it sends.`,
  ],
  [
    /connection refused|connection reset|network unreachable|name not found/i,
    (service) => `Check whether ${service} runs and can be reached; its last log lines tell why it stopped.`,
  ],
  [
    /circuit open/i,
    (service) => `Callers have stopped calling ${service}: look at the failures before the circuit opened.`,
  ],
  [/timeout/i, (service) => `${service} does not answer in time: see what it waits for in the failing span.`],
  [
    /HTTP [45]\d\d/i,
    (service) => `${service} answers with errors: read its log lines around the failing span.`,
  ],
  [/slow|took|latency|p9\d/i, (service) => `${service} is slow: see in the span what it waits for.`],
];

/** What a person does next, in a sentence or two. */
export function nextStep(
  incident: Pick<Incident, 'state' | 'acknowledgedBy' | 'evidence' | 'alertname'>,
): string {
  const [suspect] = incident.evidence.suspects;
  if (incident.state === 'resolved') {
    return suspect === undefined
      ? 'It is over. Note what was found, for the next time.'
      : `It is over. Note whether it was ${suspect.service}, and what was done.`;
  }
  const claim = incident.acknowledgedBy === null ? 'Acknowledge it, so that others know you are on it. ' : '';
  if (suspect === undefined) {
    return isBlind(incident)
      ? `${claim}Check that the service runs, and on Pipeline whether its telemetry is refused.`
      : `${claim}No service stands out: compare a failing trace with a healthy one.`;
  }
  const hint = HINTS.find(([pattern]) => pattern.test(suspect.reason))?.[1];
  return claim + (hint?.(suspect.service) ?? `Open the failing span in ${suspect.service}.`);
}

/** `gateway: Customers are answered`; the id of the SLO when its name is not known. */
export function nameOf(
  { sloId, service }: Pick<Incident, 'sloId' | 'service'>,
  slo: { readonly displayName: string } | undefined,
): string {
  return slo === undefined || slo.displayName === '' ? sloId : `${service}: ${slo.displayName}`;
}
