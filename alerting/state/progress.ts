/** How far the engine is: the journal cursor and the snapshots that belong to it. */
import type { Cursor } from '#journal/ports.ts';
import { bytesOf, jsonOf, textOf, type SqlDatabase } from '#alerting/state/sql.ts';

export function progressTable(database: SqlDatabase) {
  const readCursor = database.prepare('SELECT cursor FROM progress');
  const writeCursor = database.prepare(
    'INSERT INTO progress (one, cursor) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET cursor = excluded.cursor',
  );
  const readSnapshots = database.prepare('SELECT slo_id, data FROM snapshots');
  const writeSnapshot = database.prepare(
    'INSERT INTO snapshots (slo_id, data) VALUES (?, ?) ON CONFLICT (slo_id) DO UPDATE SET data = excluded.data',
  );
  const removeSnapshot = database.prepare('DELETE FROM snapshots WHERE slo_id = ?');
  return {
    /** Undefined before the first save. */
    cursor(): Cursor | undefined {
      const row = readCursor.get();
      return row === undefined ? undefined : jsonOf<Cursor>(row, 'cursor');
    },
    saveCursor(cursor: Cursor): void {
      writeCursor.run(JSON.stringify(cursor));
    },
    snapshots(): ReadonlyMap<string, Uint8Array> {
      return new Map(readSnapshots.all().map((row) => [textOf(row, 'slo_id'), bytesOf(row, 'data')]));
    },
    saveSnapshots(snapshots: ReadonlyMap<string, Uint8Array>): void {
      for (const [sloId, data] of snapshots) writeSnapshot.run(sloId, data);
    },
    /** Forgets SLOs that are gone; '' (the sources) always stays. */
    keepSnapshots(sloIds: ReadonlySet<string>): void {
      for (const sloId of this.snapshots().keys()) {
        if (sloId !== '' && !sloIds.has(sloId)) removeSnapshot.run(sloId);
      }
    },
  };
}

export type ProgressTable = ReturnType<typeof progressTable>;
