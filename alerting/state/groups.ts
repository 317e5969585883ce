/** Groups: their timer, their members and what each integration was told. */
import type { Group, Notified } from '#alerting/router/core/model.ts';
import type { Labels } from '#signals/matchers.ts';
import { jsonOf, numberOf, textOf, type Row, type SqlDatabase } from '#alerting/state/sql.ts';

export function groupTable(database: SqlDatabase) {
  const all = database.prepare('SELECT * FROM alert_groups ORDER BY id');
  const byKey = database.prepare('SELECT * FROM alert_groups WHERE key = ?');
  const due = database.prepare(
    'SELECT * FROM alert_groups WHERE next_flush_at <= ? ORDER BY next_flush_at, id LIMIT ?',
  );
  const next = database.prepare('SELECT min(next_flush_at) AS at FROM alert_groups');
  const add = database.prepare(
    'INSERT INTO alert_groups (key, route, labels, next_flush_at, flushes) VALUES (?, ?, ?, ?, 0)',
  );
  const schedule = database.prepare('UPDATE alert_groups SET next_flush_at = ? WHERE id = ?');
  const countFlush = database.prepare('UPDATE alert_groups SET flushes = flushes + 1 WHERE id = ?');
  const clamp = database.prepare('UPDATE alert_groups SET next_flush_at = ?1 WHERE next_flush_at > ?1');
  const remove = database.prepare('DELETE FROM alert_groups WHERE id = ?');
  const join = database.prepare('INSERT OR IGNORE INTO group_members (group_id, fingerprint) VALUES (?, ?)');
  const leave = database.prepare('DELETE FROM group_members WHERE group_id = ? AND fingerprint = ?');
  const members = database.prepare('SELECT count(*) AS n FROM group_members WHERE group_id = ?');
  const readLog = database.prepare('SELECT notified FROM group_log WHERE group_id = ? AND integration = ?');
  const writeLog = database.prepare(
    `INSERT INTO group_log (group_id, integration, notified) SELECT ?1, ?2, ?3
     WHERE EXISTS (SELECT 1 FROM alert_groups WHERE id = ?1)
     ON CONFLICT (group_id, integration) DO UPDATE SET notified = excluded.notified`,
  );
  const clearLog = database.prepare('DELETE FROM group_log WHERE group_id = ? AND integration = ?');
  return {
    all: (): readonly Group[] => all.all().map(groupOf),
    byKey(key: string): Group | undefined {
      const row = byKey.get(key);
      return row === undefined ? undefined : groupOf(row);
    },
    due: (nowMs: number, limit: number): readonly Group[] => due.all(nowMs, limit).map(groupOf),
    nextFlushAtMs(): number | undefined {
      const at = next.get()?.['at'];
      return typeof at === 'number' ? at : undefined;
    },
    add(group: Pick<Group, 'key' | 'route' | 'labels' | 'nextFlushAtMs'>): Group {
      const { lastInsertId } = add.run(
        group.key,
        group.route,
        JSON.stringify(group.labels),
        group.nextFlushAtMs,
      );
      return { ...group, id: lastInsertId, flushes: 0 };
    },
    schedule: (id: number, atMs: number): void => void schedule.run(atMs, id),
    countFlush: (id: number): void => void countFlush.run(id),
    /** No timer later than this: after a clock that went back. */
    clampTimers: (latestMs: number): void => void clamp.run(latestMs),
    remove: (id: number): void => void remove.run(id),
    join: (id: number, fingerprint: string): void => void join.run(id, fingerprint),
    leave: (id: number, fingerprint: string): void => void leave.run(id, fingerprint),
    memberCount: (id: number): number => Number(members.get(id)?.['n'] ?? 0),
    notified(id: number, integration: string): Notified | undefined {
      const row = readLog.get(id, integration);
      return row === undefined ? undefined : jsonOf<Notified>(row, 'notified');
    },
    /** Undefined: as if it had never been told anything. Nothing happens when the group is gone. */
    setNotified(id: number, integration: string, notified: Notified | undefined): void {
      if (notified === undefined) clearLog.run(id, integration);
      else writeLog.run(id, integration, JSON.stringify(notified));
    },
  };
}

export type GroupTable = ReturnType<typeof groupTable>;

function groupOf(row: Row): Group {
  return {
    id: numberOf(row, 'id'),
    key: textOf(row, 'key'),
    route: textOf(row, 'route'),
    labels: jsonOf<Labels>(row, 'labels'),
    nextFlushAtMs: numberOf(row, 'next_flush_at'),
    flushes: numberOf(row, 'flushes'),
  };
}
