/** What routing and grouping work on: alerts as stored, groups, and what a receiver was told. */
import type { AlertKind } from '#alerting/slo/ports.ts';
import type { Labels } from '#signals/matchers.ts';

/** The latest incarnation of one alert (one set of labels). */
export interface StoredAlert {
  /** Alertmanager's fingerprint of the labels. */
  readonly fingerprint: string;
  readonly sloId: string;
  readonly kind: AlertKind;
  /** Rises by one each time it fires anew. */
  readonly incarnation: number;
  readonly firing: boolean;
  readonly startsAtMs: number;
  /** When it resolved. */
  readonly endsAtMs: number | undefined;
  readonly updatedAtMs: number;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly incidentId: string;
}

/** An alert as a member of a group, with what its incident adds. */
export interface GroupMember extends StoredAlert {
  readonly acknowledgedBy: string | undefined;
}

/** Names one incarnation: what a receiver was told about is a set of these. */
export function memberKey(alert: Pick<StoredAlert, 'fingerprint' | 'incarnation'>): string {
  return `${alert.fingerprint}/${alert.incarnation}`;
}

/** The fingerprint in a {@link memberKey}. */
export function fingerprintOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

/** Alerts that share a route and the values of its `group_by` labels. */
export interface Group {
  /** Never used twice, also not after the group ended. */
  readonly id: number;
  /** Alertmanager's form: route key, colon, group labels. */
  readonly key: string;
  /** Key of the route. */
  readonly route: string;
  readonly labels: Labels;
  readonly nextFlushAtMs: number;
  /** Notifications made so far, over all integrations. */
  readonly flushes: number;
}

/** What an integration has been told about a group. */
export interface Notified {
  /** {@link memberKey} of every alert it believes to be firing. */
  readonly firing: readonly string[];
  readonly atMs: number;
}
