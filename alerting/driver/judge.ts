/**
 * What a transition changes: the alert, its incident, and the groups it belongs
 * to. Runs inside the transaction that also stores the cursor. A transition that
 * has already been applied changes nothing, so a replay cannot fire twice.
 */
import { uuid } from '#base/random.ts';
import type { Labels } from '#signals/matchers.ts';
import type { Severity } from '#alerting/ports.ts';
import { fingerprint } from '#alerting/router/core/fingerprint.ts';
import type { StoredAlert } from '#alerting/router/core/model.ts';
import { groupKey, groupLabels, routesFor } from '#alerting/router/core/route.ts';
import { silenceText, type StoredSilence } from '#alerting/router/core/silence.ts';
import type { Transition } from '#alerting/slo/ports.ts';
import { BY_PLIMSOLL, type DriverParts } from '#alerting/driver/parts.ts';

type GroupParts = Pick<DriverParts, 'store' | 'route' | 'steady' | 'clock'>;

export interface JudgeParts extends GroupParts, Pick<DriverParts, 'random' | 'silencer'> {
  /** All of them, read when first asked for. */
  readonly silences: () => readonly StoredSilence[];
}

/** @returns whether an incident begins with it */
export function applyTransition(parts: JudgeParts, transition: Transition): boolean {
  const key = fingerprint(transition.labels);
  const before = parts.store.alerts.get(key);
  if (transition.to === 'firing') {
    if (before?.firing === true) return false;
    fire(parts, transition, { key, incarnation: (before?.incarnation ?? 0) + 1 });
    return true;
  }
  if (before?.firing === true) resolve(parts, before, transition.atMs);
  return false;
}

/** For the metrics, once the transaction is done. */
export function countFired({ metrics }: Pick<DriverParts, 'metrics'>, fired: readonly Transition[]): void {
  for (const { atMs, evidence, labels } of fired) {
    const severity = severityOf(labels);
    metrics.incidents.add(1, { severity });
    if (evidence.firstBadMs === undefined) continue;
    metrics.detection.observe(Math.max(0, atMs - evidence.firstBadMs) / 1000, { severity });
  }
}

function severityOf(labels: Labels): Severity {
  return labels['severity'] === 'ticket' ? 'ticket' : 'page';
}

function fire(
  parts: JudgeParts,
  transition: Transition,
  { key, incarnation }: { readonly key: string; readonly incarnation: number },
): void {
  const { store } = parts;
  const incidentId = uuid(parts.random);
  const atMs = Math.floor(transition.atMs);
  const { labels } = transition;
  store.incidents.add({
    id: incidentId,
    sloId: transition.sloId,
    service: labels['service'] ?? '',
    severity: severityOf(labels),
    alertname: labels['alertname'] ?? '',
    fingerprint: key,
    startsAtMs: atMs,
    evidence: transition.evidence,
  });
  const alert: StoredAlert = {
    fingerprint: key,
    sloId: transition.sloId,
    kind: transition.kind,
    incarnation,
    firing: true,
    startsAtMs: atMs,
    endsAtMs: undefined,
    updatedAtMs: atMs,
    labels,
    annotations: transition.annotations,
    incidentId,
  };
  store.alerts.put(alert);
  store.incidents.note(incidentId, { atMs, kind: 'fired', text: firedText(transition), by: BY_PLIMSOLL });
  noteSilence(parts, alert);
  joinGroups(parts, alert);
}

/** Who wonders why nobody was told finds the silence it began under: of several, the one that lasts. */
function noteSilence({ store, clock, silencer, silences }: JudgeParts, alert: StoredAlert): void {
  const nowMs = clock.wallMs();
  const ids = new Set(silencer.silencedBy(silences(), alert.labels, nowMs));
  const found = silences().filter(({ id }) => ids.has(id));
  const [longest] = found.toSorted((left, right) => right.endsAtMs - left.endsAtMs);
  if (longest === undefined) return;
  store.incidents.note(alert.incidentId, {
    atMs: alert.startsAtMs,
    kind: 'silenced',
    text: silenceText(longest, nowMs),
    by: longest.createdBy === '' ? BY_PLIMSOLL : longest.createdBy,
  });
}

function firedText(transition: Transition): string {
  const held = transition.evidence.windows.find((window) => window.holds);
  return held === undefined
    ? `${transition.labels['alertname'] ?? 'the alert'} fired`
    : `${transition.labels['alertname'] ?? 'the alert'} fired at ${held.longBurn.toFixed(1)} times the sustainable burn rate`;
}

/** Ends the incident; the alert stays in its groups until the next flush has told of it. */
export function resolve(parts: Pick<JudgeParts, 'store'>, alert: StoredAlert, atMs: number): void {
  const endsAtMs = Math.max(Math.floor(atMs), alert.startsAtMs);
  parts.store.alerts.put({ ...alert, firing: false, endsAtMs, updatedAtMs: endsAtMs });
  parts.store.incidents.end(alert.incidentId, endsAtMs);
  parts.store.incidents.note(alert.incidentId, {
    atMs: endsAtMs,
    kind: 'resolved',
    text: 'resolved',
    by: BY_PLIMSOLL,
  });
}

/** Adds a firing alert to the groups it is routed to, and makes those that do not exist. */
export function joinGroups(parts: GroupParts, alert: StoredAlert): void {
  const { groups } = parts.store;
  for (const route of routesFor(parts.route, alert.labels)) {
    const labels = groupLabels(route.config, alert.labels);
    const key = groupKey(route, labels);
    const ageMs = parts.clock.wallMs() - alert.startsAtMs;
    // An alert that has waited long enough already does not wait again in a new group.
    const waitMs = ageMs >= route.config.groupWaitMs ? 0 : route.config.groupWaitMs;
    const group =
      groups.byKey(key) ??
      groups.add({ key, route: route.key, labels, nextFlushAtMs: parts.steady.nowMs() + waitMs });
    groups.join(group.id, alert.fingerprint);
  }
}
