/** Alerts as the API shows them: firing, with who is told and who is silenced. */
import type { AlertFilter, AlertGroup, AlertStatus } from '#alerting/ports.ts';
import type { DriverParts } from '#alerting/driver/parts.ts';
import { linkedAnnotations, sloUrl } from '#alerting/notify/links.ts';
import { compileMatchers } from '#alerting/router/core/matching.ts';
import type { GroupMember } from '#alerting/router/core/model.ts';
import { groupKey, groupLabels, routesFor } from '#alerting/router/core/route.ts';
import type { StoredSilence } from '#alerting/router/core/silence.ts';
import { compileMatcher } from '#promql/matchers.ts';

type AlertParts = Pick<DriverParts, 'store' | 'clock' | 'route' | 'silencer' | 'externalUrl'>;

/** Alertmanager's resolve_timeout: how long an alert would live if nobody spoke of it again. */
const EXPIRES_AFTER_MS = 300_000;

/** @throws CodedError `PLIM_PROMQL` for a pattern that is not RE2 */
export function listAlerts(parts: AlertParts, filter: AlertFilter): readonly AlertStatus[] {
  const silences = parts.store.silences.all();
  const accepts = acceptor(filter);
  return parts.store.alerts
    .firing()
    .map((alert) => statusOf(parts, alert, silences))
    .filter((alert) => accepts(alert) && alert.receivers.some(receiverTest(filter)));
}

/** The same alerts by group, as a notification would hold them. */
export function listGroups(parts: AlertParts, filter: AlertFilter): readonly AlertGroup[] {
  const silences = parts.store.silences.all();
  const accepts = acceptor(filter);
  const wanted = receiverTest(filter);
  const groups = new Map<string, AlertGroup & { readonly alerts: AlertStatus[] }>();
  for (const alert of parts.store.alerts.firing()) {
    const status = statusOf(parts, alert, silences);
    if (!accepts(status)) continue;
    for (const route of routesFor(parts.route, alert.labels)) {
      if (!wanted(route.config.receiver)) continue;
      const labels = groupLabels(route.config, alert.labels);
      const key = groupKey(route, labels);
      const group = groups.get(key) ?? { labels, receiver: route.config.receiver, alerts: [] };
      group.alerts.push(status);
      groups.set(key, group);
    }
  }
  return [...groups.values()];
}

function acceptor(filter: AlertFilter): (alert: AlertStatus) => boolean {
  const matches = compileMatchers(filter.matchers);
  return (alert) => {
    const shown = alert.silencedBy.length > 0 ? filter.silenced : filter.active;
    return shown && matches(alert.labels);
  };
}

function receiverTest({ receiver }: AlertFilter): (name: string) => boolean {
  if (receiver === undefined) return () => true;
  return compileMatcher({ name: 'receiver', operator: '=~', value: receiver });
}

function statusOf(parts: AlertParts, alert: GroupMember, silences: readonly StoredSilence[]): AlertStatus {
  const nowMs = parts.clock.wallMs();
  const receivers = routesFor(parts.route, alert.labels).map((route) => route.config.receiver);
  return {
    fingerprint: alert.fingerprint,
    labels: alert.labels,
    annotations: linkedAnnotations(alert, parts.externalUrl),
    startsAtMs: alert.startsAtMs,
    endsAtMs: nowMs + EXPIRES_AFTER_MS,
    updatedAtMs: alert.updatedAtMs,
    generatorUrl: sloUrl(parts.externalUrl, alert.sloId),
    firing: true,
    silencedBy: parts.silencer.silencedBy(silences, alert.labels, nowMs),
    receivers: [...new Set(receivers)],
    incidentId: alert.incidentId,
    acknowledgedBy: alert.acknowledgedBy,
  };
}
