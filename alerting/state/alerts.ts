/** Alerts: one row per set of labels, holding its latest incarnation. */
import type { GroupMember, StoredAlert } from '#alerting/router/core/model.ts';
import type { AlertKind } from '#alerting/slo/ports.ts';
import type { Labels } from '#signals/matchers.ts';
import {
  jsonOf,
  numberOf,
  optionalNumber,
  optionalText,
  textOf,
  type Row,
  type SqlDatabase,
} from '#alerting/state/sql.ts';

const WITH_ACK = 'SELECT a.*, i.acknowledged_by FROM alerts a LEFT JOIN incidents i ON i.id = a.incident_id';

export function alertTable(database: SqlDatabase) {
  const one = database.prepare('SELECT * FROM alerts WHERE fingerprint = ?');
  const firing = database.prepare(`${WITH_ACK} WHERE a.firing = 1 ORDER BY a.starts_at, a.fingerprint`);
  const ofGroup = database.prepare(
    `${WITH_ACK} JOIN group_members m ON m.fingerprint = a.fingerprint WHERE m.group_id = ?
     ORDER BY a.starts_at, a.fingerprint`,
  );
  const put = database.prepare(
    `INSERT INTO alerts (fingerprint, slo_id, kind, incarnation, firing, starts_at, ends_at, updated_at,
       labels, annotations, incident_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (fingerprint) DO UPDATE SET incarnation = excluded.incarnation, firing = excluded.firing,
       starts_at = excluded.starts_at, ends_at = excluded.ends_at, updated_at = excluded.updated_at,
       annotations = excluded.annotations, incident_id = excluded.incident_id`,
  );
  const prune = database.prepare(
    `DELETE FROM alerts WHERE firing = 0 AND ends_at < ?
     AND fingerprint NOT IN (SELECT fingerprint FROM group_members)`,
  );
  return {
    get(fingerprint: string): StoredAlert | undefined {
      const row = one.get(fingerprint);
      return row === undefined ? undefined : alertOf(row);
    },
    firing: (): readonly GroupMember[] => firing.all().map(memberOf),
    ofGroup: (groupId: number): readonly GroupMember[] => ofGroup.all(groupId).map(memberOf),
    put(alert: StoredAlert): void {
      put.run(
        alert.fingerprint,
        alert.sloId,
        alert.kind,
        alert.incarnation,
        alert.firing ? 1 : 0,
        alert.startsAtMs,
        alert.endsAtMs ?? null,
        alert.updatedAtMs,
        JSON.stringify(alert.labels),
        JSON.stringify(alert.annotations),
        alert.incidentId,
      );
    },
    /** Forgets alerts that resolved before `beforeMs` and are in no group any more. */
    prune: (beforeMs: number): void => void prune.run(beforeMs),
  };
}

export type AlertTable = ReturnType<typeof alertTable>;

function memberOf(row: Row): GroupMember {
  return { ...alertOf(row), acknowledgedBy: optionalText(row, 'acknowledged_by') };
}

function alertOf(row: Row): StoredAlert {
  return {
    fingerprint: textOf(row, 'fingerprint'),
    sloId: textOf(row, 'slo_id'),
    kind: textOf(row, 'kind') as AlertKind,
    incarnation: numberOf(row, 'incarnation'),
    firing: numberOf(row, 'firing') === 1,
    startsAtMs: numberOf(row, 'starts_at'),
    endsAtMs: optionalNumber(row, 'ends_at'),
    updatedAtMs: numberOf(row, 'updated_at'),
    labels: jsonOf<Labels>(row, 'labels'),
    annotations: jsonOf<Labels>(row, 'annotations'),
    incidentId: textOf(row, 'incident_id'),
  };
}
