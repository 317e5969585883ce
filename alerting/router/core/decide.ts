/**
 * What to tell one integration about a group at a flush: Alertmanager's dedup
 * stage (notify/notify.go) with two differences, both so that a receiver can
 * follow each incident: an alert counts by incarnation, so one that resolved
 * and fired again between two flushes is new; and a resolution goes only to
 * who was told of a firing of the same labels.
 */
import { fingerprintOf, memberKey, type GroupMember, type Notified } from '#alerting/router/core/model.ts';

export type NotificationReason =
  | 'first notification'
  | 'new alerts added'
  | 'some alerts resolved'
  | 'all alerts resolved'
  | 'repeat interval elapsed';

export interface FlushInput {
  /** What the integration was told before; undefined if nothing. */
  readonly base: Notified | undefined;
  readonly members: readonly GroupMember[];
  /** Fingerprints silenced now. */
  readonly silenced: ReadonlySet<string>;
  readonly sendResolved: boolean;
  readonly repeatIntervalMs: number;
  readonly nowMs: number;
}

export interface Decision {
  readonly reason: NotificationReason;
  readonly firing: readonly GroupMember[];
  readonly resolved: readonly GroupMember[];
  /** What the integration has been told once this is sent. */
  readonly notified: Notified;
}

/** Undefined: nothing to say. */
export function decide(input: FlushInput): Decision | undefined {
  const known = new Map(input.base?.firing.map((key) => [fingerprintOf(key), key]));
  const visible = input.members.filter((member) => !input.silenced.has(member.fingerprint));
  const firing = visible.filter((member) => member.firing);
  const resolved = input.sendResolved
    ? visible.filter((member) => !member.firing && known.has(member.fingerprint))
    : [];
  const reason = reasonFor(input, known, { firing, resolved });
  if (reason === undefined) return undefined;
  // Silenced alerts it knows of stay known: their end of silence is no news, their resolution is.
  const hidden = input.members
    .filter((member) => member.firing && input.silenced.has(member.fingerprint))
    .map((member) => known.get(member.fingerprint))
    .filter((key) => key !== undefined);
  const notified = { firing: [...firing.map(memberKey), ...hidden], atMs: input.nowMs };
  return { reason, firing, resolved, notified };
}

function reasonFor(
  input: FlushInput,
  known: ReadonlyMap<string, string>,
  { firing, resolved }: Pick<Decision, 'firing' | 'resolved'>,
): NotificationReason | undefined {
  if (firing.some((member) => known.get(member.fingerprint) !== memberKey(member))) {
    return input.base === undefined ? 'first notification' : 'new alerts added';
  }
  if (resolved.length > 0) return firing.length === 0 ? 'all alerts resolved' : 'some alerts resolved';
  if (firing.length === 0 || input.base === undefined) return undefined;
  // Somebody is on it: an acknowledged group is not repeated.
  if (firing.every((member) => member.acknowledgedBy !== undefined)) return undefined;
  return input.nowMs - input.base.atMs >= input.repeatIntervalMs ? 'repeat interval elapsed' : undefined;
}

/** Whether a decision says the same as a notification with these member keys. */
export function saysTheSame(
  decision: Decision,
  queued: { readonly firing: readonly string[]; readonly resolved: readonly string[] },
): boolean {
  const equal = (members: readonly GroupMember[], keys: readonly string[]): boolean =>
    members.length === keys.length && members.every((member) => keys.includes(memberKey(member)));
  return equal(decision.firing, queued.firing) && equal(decision.resolved, queued.resolved);
}
