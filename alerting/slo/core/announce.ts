/** The words of an alert: its identity as labels, what is true now as annotations. */
import type { BurnWindow, Evidence } from '#alerting/ports.ts';
import type { AlertKind } from '#alerting/slo/ports.ts';
import type { SloDocument } from '#signals/openslo/model.ts';
import type { Labels } from '#signals/matchers.ts';
import { formatDuration } from '#base/duration.ts';
import { isoTime } from '#alerting/slo/core/iso-time.ts';

export const BURN_ALERTNAME = 'ErrorBudgetBurn';
export const BLIND_ALERTNAME = 'SLOTelemetryLost';

/** Exactly what makes an alert itself; nothing that changes while it fires. */
export function alertLabels(sloId: string, service: string, kind: AlertKind): Labels {
  return {
    alertname: kind === 'blind' ? BLIND_ALERTNAME : BURN_ALERTNAME,
    severity: kind === 'blind' ? 'page' : kind,
    slo_id: sloId,
    service,
  };
}

export function burnAnnotations(document: SloDocument, kind: AlertKind, evidence: Evidence): Labels {
  const windows = evidence.windows.filter((window) => window.severity === kind);
  const pair = windows.find((window) => window.holds) ?? windows[0];
  return {
    ...(pair === undefined ? {} : pairAnnotations(document, pair)),
    bad_events_min: String(document.badEventsMin),
    ...budgetAnnotations(evidence),
    ...firstFailure(evidence),
    ...document.annotations,
  };
}

function pairAnnotations(document: SloDocument, pair: BurnWindow): Labels {
  const burn = number(pair.longBurn);
  const longWindow = formatDuration(pair.longWindowMs);
  return {
    summary: `${document.service}: ${document.displayName} burns its error budget ${burn} times too fast`,
    description:
      `${number(pair.badInLongWindow)} bad events in the last ${longWindow}; the objective is ` +
      `${percent(document.objective)} over ${formatDuration(document.periodMs)}. ` +
      `Burn rate ${burn} over ${longWindow} and ${number(pair.shortBurn)} over ` +
      `${formatDuration(pair.shortWindowMs)}, limit ${number(pair.factor)}.`,
    burn_rate: burn,
    burn_window: longWindow,
    bad_events: String(pair.badInLongWindow),
  };
}

function budgetAnnotations(evidence: Evidence): Labels {
  const { budgetRemainingRatio: left, exhaustedInMs } = evidence;
  return {
    ...(left === undefined ? {} : { error_budget_remaining: percent(left) }),
    ...(exhaustedInMs === undefined ? {} : { time_to_exhaustion: roughly(exhaustedInMs) }),
  };
}

export function blindAnnotations(document: SloDocument, lastSeenMs: number, nowMs: number): Labels {
  const silent = formatDuration(Math.max(1000, Math.round((nowMs - lastSeenMs) / 1000) * 1000));
  return {
    summary: `${document.service}: telemetry lost, ${document.displayName} cannot be judged`,
    description:
      `No ${lostOf(document)} came for ${silent}. Until it does, burn alerts of ` +
      'this SLO neither fire nor resolve, and the time counts as unmeasured.',
    last_seen: isoTime(lastSeenMs),
    ...document.annotations,
  };
}

function lostOf({ indicator, service }: SloDocument): string {
  return indicator.kind === 'ratio'
    ? `sample of ${indicator.total.metric}`
    : `span, log or metric of ${service}`;
}

/** Whom the evidence points to first, and why. */
export function suspectAnnotations({ suspects }: Evidence): Labels {
  const [first] = suspects;
  return first === undefined ? {} : { suspect: first.service, suspect_reason: first.reason };
}

/** Texts of people that explain an alert which has lost its SLO. */
export function removedAnnotations(sloId: string): Labels {
  return {
    summary: `${sloId} is no longer defined`,
    description: 'The SLO was removed from the SLO folder while this alert was firing.',
  };
}

function firstFailure(evidence: Evidence): Labels {
  const traceId = evidence.failingTraceIds.at(-1);
  return {
    ...(evidence.firstBadMs === undefined ? {} : { first_bad_at: isoTime(evidence.firstBadMs) }),
    ...(traceId === undefined ? {} : { trace_id: traceId }),
  };
}

/** To the second below ten minutes, else to the minute. */
function roughly(durationMs: number): string {
  const unitMs = durationMs < 600_000 ? 1000 : 60_000;
  return formatDuration(Math.round(durationMs / unitMs) * unitMs);
}

/** Three significant digits, plain notation. */
function number(value: number): string {
  return String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(6))} %`;
}
