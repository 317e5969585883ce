/** Silences as written; what they mean at a moment is in `router/core/silence.ts`. */
import type { SilenceMatcher } from '#alerting/ports.ts';
import type { StoredSilence } from '#alerting/router/core/silence.ts';
import type { Labels } from '#signals/matchers.ts';
import { jsonOf, numberOf, textOf, type Row, type SqlDatabase } from '#alerting/state/sql.ts';

export function silenceTable(database: SqlDatabase) {
  const all = database.prepare('SELECT * FROM silences ORDER BY ends_at, id');
  const one = database.prepare('SELECT * FROM silences WHERE id = ?');
  const put = database.prepare(
    `INSERT INTO silences (id, matchers, starts_at, ends_at, updated_at, created_by, comment, annotations, end_told)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET matchers = excluded.matchers, starts_at = excluded.starts_at,
       ends_at = excluded.ends_at, updated_at = excluded.updated_at, created_by = excluded.created_by,
       comment = excluded.comment, annotations = excluded.annotations,
       end_told = excluded.end_told`,
  );
  const living = database.prepare('SELECT count(*) AS n FROM silences WHERE ends_at > ?');
  const untold = database.prepare(
    'SELECT * FROM silences WHERE end_told = 0 AND ends_at <= ? ORDER BY ends_at, id LIMIT ?',
  );
  const tell = database.prepare('UPDATE silences SET end_told = 1 WHERE id = ?');
  const prune = database.prepare('DELETE FROM silences WHERE ends_at < ?');
  return {
    all: (): readonly StoredSilence[] => all.all().map(silenceOf),
    get(id: string): StoredSilence | undefined {
      const row = one.get(id);
      return row === undefined ? undefined : silenceOf(row);
    },
    put(silence: StoredSilence): void {
      put.run(
        silence.id,
        JSON.stringify(silence.matchers),
        silence.startsAtMs,
        silence.endsAtMs,
        silence.updatedAtMs,
        silence.createdBy,
        silence.comment,
        JSON.stringify(silence.annotations),
        // Ended by hand: whoever stores it so tells of it.
        silence.endsAtMs <= silence.updatedAtMs ? 1 : 0,
      );
    },
    /** Pending and active ones. */
    livingCount: (nowMs: number): number => Number(living.get(nowMs)?.['n'] ?? 0),
    /** Those that have run out by themselves and nobody was told of, the earliest first. */
    untoldEnds: (nowMs: number, max: number): readonly StoredSilence[] =>
      untold.all(nowMs, max).map(silenceOf),
    endTold: (id: string): void => void tell.run(id),
    prune: (beforeMs: number): void => void prune.run(beforeMs),
  };
}

export type SilenceTable = ReturnType<typeof silenceTable>;

function silenceOf(row: Row): StoredSilence {
  return {
    id: textOf(row, 'id'),
    matchers: jsonOf<SilenceMatcher[]>(row, 'matchers'),
    startsAtMs: numberOf(row, 'starts_at'),
    endsAtMs: numberOf(row, 'ends_at'),
    updatedAtMs: numberOf(row, 'updated_at'),
    createdBy: textOf(row, 'created_by'),
    comment: textOf(row, 'comment'),
    annotations: jsonOf<Labels>(row, 'annotations'),
  };
}
