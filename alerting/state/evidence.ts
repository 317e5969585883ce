/** What is kept with incidents of the stores' answers, and which incidents still wait for them. */
import { EVIDENCE_PARTS, type KeptEvidence } from '#alerting/kept-evidence.ts';
import { jsonOf, textOf, type SqlDatabase } from '#alerting/state/sql.ts';

export function evidenceTable(database: SqlDatabase) {
  const one = database.prepare('SELECT data FROM kept_evidence WHERE incident_id = ?');
  const put = database.prepare(
    'INSERT INTO kept_evidence (incident_id, data) VALUES (?, ?) ON CONFLICT (incident_id) DO UPDATE SET data = excluded.data',
  );
  const setPending = database.prepare('UPDATE incidents SET evidence_pending = ? WHERE id = ?');
  const pending = database.prepare(
    'SELECT id FROM incidents WHERE evidence_pending = 1 ORDER BY seq LIMIT ?',
  );
  const isPending = database.prepare('SELECT evidence_pending AS pending FROM incidents WHERE id = ?');
  return {
    get(id: string): KeptEvidence | undefined {
      const row = one.get(id);
      return row === undefined ? undefined : jsonOf<KeptEvidence>(row, 'data');
    },
    put(id: string, evidence: KeptEvidence): void {
      put.run(id, JSON.stringify(evidence));
      setPending.run(EVIDENCE_PARTS.some((part) => evidence[part].state === 'pending') ? 1 : 0, id);
    },
    /** Ids of incidents of which a part is pending, the oldest first. */
    pending: (max: number): readonly string[] => pending.all(max).map((row) => textOf(row, 'id')),
    isPending: (id: string): boolean => isPending.get(id)?.['pending'] === 1,
  };
}

export type EvidenceTable = ReturnType<typeof evidenceTable>;
