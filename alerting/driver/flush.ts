/**
 * A flush: the moment a group may speak. Decides for each integration what to
 * say, writes the notification into the outbox as it will be sent, and sets the
 * next flush; one transaction.
 */
import { createHash } from 'node:crypto';
import { dismissResolved } from '#alerting/driver/dismiss.ts';
import type { DriverParts } from '#alerting/driver/parts.ts';
import type { Integration } from '#alerting/notify/integration.ts';
import { webhookBody } from '#alerting/notify/payload.ts';
import { decide, saysTheSame, type Decision } from '#alerting/router/core/decide.ts';
import { memberKey, type Group, type GroupMember } from '#alerting/router/core/model.ts';
import type { StoredSilence } from '#alerting/router/core/silence.ts';
import type { Route } from '#alerting/router/core/route.ts';
import { invariant } from '#base/invariant.ts';

/** A receiver that is down makes at most a few rows a group; this is for thousands of groups. */
export const OUTBOX_WAITING_MAX = 10_000;
/** A page older than this tells of a past nobody acts on. */
export const NOTIFICATION_TTL_MS = 24 * 3_600_000;

type FlushParts = DriverParts & {
  /** All there are, as of now. */
  readonly silences: readonly StoredSilence[];
  /** Whether an attempt at this row is under way. */
  readonly isInFlight: (rowId: number) => boolean;
};

export function flushGroup(parts: FlushParts, group: Group, route: Route): void {
  const { store } = parts;
  const members = store.alerts.ofGroup(group.id);
  const wallMs = parts.clock.wallMs();
  const silenced = new Set(
    members
      .filter((member) => parts.silencer.silencedBy(parts.silences, member.labels, wallMs).length > 0)
      .map((member) => member.fingerprint),
  );
  const integrations = parts.integrations.get(route.config.receiver) ?? [];
  let flushes = group.flushes;
  let isComplete = true;
  for (const integration of integrations) {
    const outcome = tell(parts, { group: { ...group, flushes }, route, integration, members, silenced });
    if (outcome === 'told') flushes += 1;
    isComplete &&= outcome !== 'put off';
  }
  store.groups.schedule(group.id, parts.steady.nowMs() + route.config.groupIntervalMs);
  if (!isComplete) return;
  const resolved = members.filter((member) => !member.firing);
  if (resolved.length > 0) dismissResolved(store, group.id, resolved.map(memberKey));
}

interface Telling {
  readonly group: Group;
  readonly route: Route;
  readonly integration: Integration;
  readonly members: readonly GroupMember[];
  readonly silenced: ReadonlySet<string>;
}

type Outcome = 'told' | 'nothing to tell' | 'put off';

function tell(parts: FlushParts, telling: Telling): Outcome {
  const { groups, outbox } = parts.store;
  const { group, integration } = telling;
  const nowMs = parts.steady.nowMs();
  // A notification nobody has seen yet is thought over again: it may be out of date.
  const newest = outbox.untouched(group.id, integration.id);
  const queued = newest === undefined || parts.isInFlight(newest.id) ? undefined : newest;
  const base = queued === undefined ? groups.notified(group.id, integration.id) : queued.base;
  const decision = decide({
    base,
    members: telling.members,
    silenced: telling.silenced,
    sendResolved: integration.webhook.sendResolved,
    repeatIntervalMs: telling.route.config.repeatIntervalMs,
    nowMs,
  });
  if (queued !== undefined) {
    if (decision !== undefined && saysTheSame(decision, queued)) return 'nothing to tell';
    outbox.settle(queued.id, 'superseded', nowMs);
    groups.setNotified(group.id, integration.id, base);
  }
  if (decision === undefined) return 'nothing to tell';
  if (outbox.waitingCount() >= OUTBOX_WAITING_MAX) {
    parts.metrics.outboxFull.add(1);
    parts.log.error({ group: group.key }, 'the outbox is full; the notification waits for the next flush');
    return 'put off';
  }
  outbox.add(notification(parts, telling, { decision, base, nowMs }));
  groups.countFlush(group.id);
  groups.setNotified(group.id, integration.id, decision.notified);
  return 'told';
}

interface Said {
  readonly decision: Decision;
  readonly base: Parameters<typeof decide>[0]['base'];
  readonly nowMs: number;
}

function notification(parts: FlushParts, { group, integration }: Telling, { decision, base, nowMs }: Said) {
  const told = [...decision.firing, ...decision.resolved];
  invariant(told.length > 0, 'a notification tells of at least one alert');
  return {
    groupId: group.id,
    groupKey: group.key,
    receiver: integration.receiver,
    integration: integration.id,
    idempotencyKey: idempotencyKey(parts, group, integration),
    reason: decision.reason,
    body: webhookBody({
      decision,
      group,
      receiver: integration.receiver,
      alertsMax: integration.webhook.alertsMax,
      externalUrl: parts.externalUrl,
      incidentOf: (member) => parts.store.incidents.get(member.incidentId),
    }),
    firing: decision.firing.map(memberKey),
    resolved: decision.resolved.map(memberKey),
    incidentIds: told.map((member) => member.incidentId),
    base,
    changedAtMs: Math.max(...told.map((member) => member.updatedAtMs)),
    createdAtMs: nowMs,
    expiresAtMs: nowMs + NOTIFICATION_TTL_MS,
  };
}

/**
 * The same for every attempt at one notification, also after restarts, and never
 * for two: a group's id is its incarnation and is not used again in this
 * database, whose own id is part of the key too.
 */
function idempotencyKey(parts: DriverParts, group: Group, integration: Integration): string {
  const identity = [
    parts.tenant,
    parts.store.instance,
    group.key,
    group.id,
    group.flushes + 1,
    integration.id,
  ];
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);
}
