/** Alerts, groups and silences in the shapes of Alertmanager's API v2 (api/v2/openapi.yaml). Pure. */
import type { AlertGroup, AlertStatus, Silence } from '#alerting/ports.ts';

const timeText = (unixMs: number): string => new Date(unixMs).toISOString();

export function toAlert(alert: AlertStatus) {
  return {
    annotations: alert.annotations,
    endsAt: timeText(alert.endsAtMs),
    fingerprint: alert.fingerprint,
    receivers: alert.receivers.map((name) => ({ name })),
    startsAt: timeText(alert.startsAtMs),
    status: {
      inhibitedBy: [],
      mutedBy: [],
      silencedBy: alert.silencedBy,
      state: alert.silencedBy.length > 0 ? 'suppressed' : 'active',
    },
    updatedAt: timeText(alert.updatedAtMs),
    generatorURL: alert.generatorUrl,
    labels: alert.labels,
  };
}

export function toGroup(group: AlertGroup) {
  return {
    alerts: group.alerts.map(toAlert),
    labels: group.labels,
    receiver: { name: group.receiver },
    routeLabels: {},
  };
}

export function toSilence(silence: Silence) {
  return {
    id: silence.id,
    status: { state: silence.state },
    updatedAt: timeText(silence.updatedAtMs),
    annotations: silence.annotations,
    comment: silence.comment,
    createdBy: silence.createdBy,
    endsAt: timeText(silence.endsAtMs),
    matchers: silence.matchers,
    startsAt: timeText(silence.startsAtMs),
  };
}

const STATE_ORDER: Readonly<Record<Silence['state'], number>> = { active: 0, pending: 1, expired: 2 };

/** Active first by their end, then pending by their start, then expired, newest first. */
export function inDisplayOrder(silences: readonly Silence[]): readonly Silence[] {
  return silences.toSorted((left, right) => {
    if (left.state !== right.state) return STATE_ORDER[left.state] - STATE_ORDER[right.state];
    switch (left.state) {
      case 'active':
        return left.endsAtMs - right.endsAtMs;
      case 'pending':
        return left.startsAtMs - right.startsAtMs;
      case 'expired':
        return right.endsAtMs - left.endsAtMs;
      default:
        return left.state satisfies never;
    }
  });
}
