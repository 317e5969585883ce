/** What each Alertmanager was told to fire and has not been told to have ended. */
import type { TellableAlert } from '#alerting/alertmanagers/core/tell.ts';
import type { Labels } from '#signals/matchers.ts';
import { jsonOf, numberOf, textOf, type Row, type SqlDatabase } from '#alerting/state/sql.ts';

export function toldAlertTable(database: SqlDatabase) {
  const of = database.prepare(
    'SELECT * FROM told_alerts WHERE alertmanager = ? ORDER BY starts_at, fingerprint',
  );
  const put = database.prepare(
    `INSERT INTO told_alerts (alertmanager, fingerprint, incarnation, starts_at, labels, annotations, generator_url)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const remove = database.prepare(
    'DELETE FROM told_alerts WHERE alertmanager = ? AND fingerprint = ? AND incarnation = ?',
  );
  const taken = database.prepare(
    'UPDATE told_alerts SET taken = 1 WHERE alertmanager = ? AND fingerprint = ? AND incarnation = ? AND taken = 0',
  );
  const keep = database.prepare('SELECT DISTINCT alertmanager FROM told_alerts');
  const forget = database.prepare('DELETE FROM told_alerts WHERE alertmanager = ?');
  return {
    of: (alertmanager: string): readonly TellableAlert[] => of.all(alertmanager).map(alertOf),
    /** Before it is told: a crash in between leaves one to be resolved too many, never one too few. */
    add(alertmanager: string, alert: TellableAlert): void {
      const { fingerprint, incarnation, startsAtMs, labels, annotations, generatorUrl } = alert;
      const json = [JSON.stringify(labels), JSON.stringify(annotations)] as const;
      put.run(alertmanager, fingerprint, incarnation, startsAtMs, ...json, generatorUrl);
    },
    /** False when it was taken before. */
    take: (alertmanager: string, { fingerprint, incarnation }: TellableAlert): boolean =>
      taken.run(alertmanager, fingerprint, incarnation).changes > 0,
    remove(alertmanager: string, { fingerprint, incarnation }: TellableAlert): void {
      remove.run(alertmanager, fingerprint, incarnation);
    },
    /** Those that are configured no more resolve what they know by themselves. */
    keepOnly(alertmanagers: ReadonlySet<string>): void {
      for (const row of keep.all()) {
        const name = textOf(row, 'alertmanager');
        if (!alertmanagers.has(name)) forget.run(name);
      }
    },
  };
}

export type ToldAlertTable = ReturnType<typeof toldAlertTable>;

function alertOf(row: Row): TellableAlert {
  return {
    fingerprint: textOf(row, 'fingerprint'),
    incarnation: numberOf(row, 'incarnation'),
    startsAtMs: numberOf(row, 'starts_at'),
    labels: jsonOf<Labels>(row, 'labels'),
    annotations: jsonOf<Labels>(row, 'annotations'),
    generatorUrl: textOf(row, 'generator_url'),
  };
}
