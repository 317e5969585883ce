/**
 * The body of a webhook: Alertmanager's version 4 payload (docs/notifications.md,
 * notify/webhook), and under `plimsoll` of each alert the evidence frozen when
 * it fired. Built once, when the group is flushed, and stored as it is sent.
 */
import type { BurnWindow, Evidence, Incident } from '#alerting/ports.ts';
import type { Decision } from '#alerting/router/core/decide.ts';
import type { Group, GroupMember } from '#alerting/router/core/model.ts';
import { formatDuration } from '#base/duration.ts';
import type { Labels } from '#signals/matchers.ts';
import { incidentUrl, linkedAnnotations, sloUrl, traceUrl } from '#alerting/notify/links.ts';

/** Bounds the body where `max_alerts` does not; the rest is counted in `truncatedAlerts`. */
export const ALERTS_PER_NOTIFICATION_MAX = 1000;
/** Go's zero time: what Alertmanager sends as the end of a firing alert. */
const NO_END = '0001-01-01T00:00:00Z';

export interface PayloadInput {
  readonly decision: Decision;
  readonly group: Group;
  readonly receiver: string;
  /** 0 for all. */
  readonly alertsMax: number;
  /** Without a slash at the end. */
  readonly externalUrl: string;
  readonly incidentOf: (member: GroupMember) => Incident | undefined;
}

/** UTF-8 JSON. */
export function webhookBody(input: PayloadInput): Uint8Array {
  const { decision, group, externalUrl } = input;
  const all = [...decision.firing, ...decision.resolved];
  const limit = input.alertsMax === 0 ? ALERTS_PER_NOTIFICATION_MAX : input.alertsMax;
  const shown = all.slice(0, Math.min(limit, ALERTS_PER_NOTIFICATION_MAX));
  const payload = {
    version: '4',
    groupKey: group.key,
    truncatedAlerts: all.length - shown.length,
    status: decision.firing.length > 0 ? 'firing' : 'resolved',
    receiver: input.receiver,
    groupLabels: group.labels,
    commonLabels: common(all.map((member) => member.labels)),
    commonAnnotations: common(all.map((member) => linkedAnnotations(member, externalUrl))),
    routeLabels: {},
    externalURL: externalUrl,
    notification_reason: decision.reason,
    alerts: shown.map((member) => alertEntry(member, input)),
  };
  return new TextEncoder().encode(JSON.stringify(payload));
}

function alertEntry(member: GroupMember, { externalUrl, incidentOf }: PayloadInput): object {
  return {
    status: member.firing ? 'firing' : 'resolved',
    labels: member.labels,
    annotations: linkedAnnotations(member, externalUrl),
    startsAt: timeText(member.startsAtMs),
    endsAt: member.endsAtMs === undefined ? NO_END : timeText(member.endsAtMs),
    generatorURL: sloUrl(externalUrl, member.sloId),
    fingerprint: member.fingerprint,
    plimsoll: evidenceEntry(member, incidentOf(member), externalUrl),
  };
}

function evidenceEntry(member: GroupMember, incident: Incident | undefined, externalUrl: string): object {
  return {
    slo_id: member.sloId,
    service: member.labels['service'] ?? '',
    since: timeText(member.startsAtMs),
    incident_id: member.incidentId,
    incident_url: incidentUrl(externalUrl, member.incidentId),
    acknowledged_by: member.acknowledgedBy ?? null,
    ...(incident === undefined ? {} : frozen(incident.evidence, externalUrl)),
  };
}

function frozen(evidence: Evidence, externalUrl: string): object {
  const { failingTraceIds, firstBadMs, exhaustedInMs } = evidence;
  // The newest stands last and is the likeliest to be found in every store.
  const traceId = failingTraceIds.at(-1);
  return {
    objective: evidence.objective,
    first_bad_event_at: firstBadMs === undefined ? null : timeText(firstBadMs),
    burn_rates: evidence.windows.map(burnEntry),
    budget_remaining_ratio: evidence.budgetRemainingRatio ?? null,
    exhausted_in: exhaustedInMs === undefined ? null : formatDuration(exhaustedInMs),
    failing_trace_ids: failingTraceIds,
    suspects: evidence.suspects,
    callers: evidence.callers,
    trace_url: traceId === undefined ? null : traceUrl(externalUrl, traceId),
  };
}

function burnEntry(window: BurnWindow): object {
  return {
    severity: window.severity,
    long_window: formatDuration(window.longWindowMs),
    short_window: formatDuration(window.shortWindowMs),
    factor: window.factor,
    long_burn_rate: window.longBurn,
    short_burn_rate: window.shortBurn,
    bad_events: window.badInLongWindow,
    holds: window.holds,
  };
}

/** RFC 3339, UTC. */
function timeText(unixMs: number): string {
  return new Date(unixMs).toISOString();
}

/** The pairs all of `sets` have. */
function common(sets: readonly Labels[]): Labels {
  const [first = {}, ...rest] = sets;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => rest.every((set) => set[name] === value)),
  );
}
