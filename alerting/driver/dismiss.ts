/** When resolved alerts leave their group, and when a group ends. */
import { fingerprintOf, memberKey } from '#alerting/router/core/model.ts';
import type { Store } from '#alerting/state/store.ts';

/**
 * Takes the resolved incarnations among `keys` out of a group, except those a
 * queued notification tells of that may still be thought over: without them it
 * would forget the resolution. A group without members ends.
 */
export function dismissResolved(
  { alerts, groups, outbox }: Store,
  groupId: number,
  keys: readonly string[],
): void {
  const held = new Set(outbox.revocableResolutions(groupId));
  for (const key of keys) {
    const fingerprint = fingerprintOf(key);
    const alert = alerts.get(fingerprint);
    if (held.has(key) || alert === undefined || alert.firing || memberKey(alert) !== key) continue;
    groups.leave(groupId, fingerprint);
  }
  if (groups.memberCount(groupId) === 0) groups.remove(groupId);
}
