/** Incidents with their frozen evidence, and the timeline of each. */
import type { Evidence, Incident, Severity, TimelineEntry } from '#alerting/ports.ts';
import {
  jsonOf,
  numberOf,
  optionalNumber,
  optionalText,
  textOf,
  type Row,
  type SqlDatabase,
} from '#alerting/state/sql.ts';

/** A flapping receiver must not grow one incident without end; further entries are left out. */
export const TIMELINE_ENTRIES_MAX = 500;
/** Notes of people among them: what the platform says must find room, and 400 KB is a list that can be sent. */
export const NOTES_MAX = 100;

/** Undefined is not asked for. */
export interface IncidentFilter {
  readonly open: boolean | undefined;
  readonly sloId?: string | undefined;
  readonly service?: string | undefined;
}

/** Incidents that have not ended, of one severity, taken up by somebody or not. */
export interface OpenCount {
  readonly severity: Severity;
  readonly acknowledged: boolean;
  readonly incidents: number;
}

export type NewIncident = Pick<
  Incident,
  'id' | 'sloId' | 'service' | 'severity' | 'alertname' | 'fingerprint' | 'startsAtMs' | 'evidence'
>;

export function incidentTable(database: SqlDatabase) {
  const add = database.prepare(
    `INSERT INTO incidents (id, slo_id, service, severity, alertname, fingerprint, starts_at, evidence)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const end = database.prepare('UPDATE incidents SET ends_at = ? WHERE id = ?');
  const acknowledge = database.prepare(
    'UPDATE incidents SET acknowledged_by = ?, acknowledged_at = ? WHERE id = ?',
  );
  const one = database.prepare('SELECT * FROM incidents WHERE id = ?');
  const listing = (state: string) =>
    database.prepare(
      `SELECT * FROM incidents WHERE ${state} AND (?1 IS NULL OR slo_id = ?1) AND (?2 IS NULL OR service = ?2)
       ORDER BY seq DESC LIMIT ?3`,
    );
  const newest = listing('TRUE');
  const open = listing('ends_at IS NULL');
  const closed = listing('ends_at IS NOT NULL');
  const openCounts = database.prepare(
    `SELECT severity, acknowledged_by IS NOT NULL AS acknowledged, count(*) AS incidents
     FROM incidents WHERE ends_at IS NULL GROUP BY 1, 2`,
  );
  const entries = database.prepare('SELECT * FROM timeline WHERE incident_id = ? ORDER BY seq');
  const note = database.prepare(
    `INSERT INTO timeline (incident_id, at, kind, text, by)
     SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM incidents WHERE id = ?1)
     AND (SELECT count(*) FROM timeline WHERE incident_id = ?1) < ${TIMELINE_ENTRIES_MAX}`,
  );
  const prune = database.prepare(
    `DELETE FROM incidents WHERE ends_at < ?1 OR (ends_at IS NOT NULL AND seq <=
       (SELECT seq FROM incidents ORDER BY seq DESC LIMIT 1 OFFSET ?2))`,
  );
  const withTimeline = (row: Row): Incident => incidentOf(row, entries.all(textOf(row, 'id')).map(entryOf));
  return {
    add(incident: NewIncident): void {
      add.run(
        incident.id,
        incident.sloId,
        incident.service,
        incident.severity,
        incident.alertname,
        incident.fingerprint,
        incident.startsAtMs,
        JSON.stringify(incident.evidence),
      );
    },
    end: (id: string, atMs: number): void => void end.run(atMs, id),
    setAcknowledged(id: string, by: string | undefined, atMs: number): void {
      acknowledge.run(by ?? null, by === undefined ? null : atMs, id);
    },
    get(id: string): Incident | undefined {
      const row = one.get(id);
      return row === undefined ? undefined : withTimeline(row);
    },
    /** Newest first. */
    list(filter: IncidentFilter, limit: number): readonly Incident[] {
      const statement = filter.open === undefined ? newest : filter.open ? open : closed;
      return statement.all(filter.sloId ?? null, filter.service ?? null, limit).map(withTimeline);
    },
    openCounts: (): readonly OpenCount[] => openCounts.all().map(openCountOf),
    note(id: string, entry: TimelineEntry): void {
      note.run(id, entry.atMs, entry.kind, entry.text, entry.by);
    },
    /** Forgets incidents that ended before `beforeMs`, and the oldest ended ones beyond `incidentsMax`. */
    prune: (beforeMs: number, incidentsMax: number): void => void prune.run(beforeMs, incidentsMax),
  };
}

export type IncidentTable = ReturnType<typeof incidentTable>;

function openCountOf(row: Row): OpenCount {
  return {
    severity: textOf(row, 'severity') as Severity,
    acknowledged: numberOf(row, 'acknowledged') === 1,
    incidents: numberOf(row, 'incidents'),
  };
}

function entryOf(row: Row): TimelineEntry {
  return {
    atMs: numberOf(row, 'at'),
    kind: textOf(row, 'kind') as TimelineEntry['kind'],
    text: textOf(row, 'text'),
    by: textOf(row, 'by'),
  };
}

function incidentOf(row: Row, timeline: readonly TimelineEntry[]): Incident {
  const endsAtMs = optionalNumber(row, 'ends_at');
  return {
    id: textOf(row, 'id'),
    sloId: textOf(row, 'slo_id'),
    service: textOf(row, 'service'),
    severity: textOf(row, 'severity') as Severity,
    alertname: textOf(row, 'alertname'),
    fingerprint: textOf(row, 'fingerprint'),
    state: endsAtMs === undefined ? 'firing' : 'resolved',
    startsAtMs: numberOf(row, 'starts_at'),
    endsAtMs,
    acknowledgedBy: optionalText(row, 'acknowledged_by'),
    acknowledgedAtMs: optionalNumber(row, 'acknowledged_at'),
    evidence: evidenceOf(jsonOf<Partial<Evidence>>(row, 'evidence')),
    timeline,
  };
}

/** JSON leaves undefined fields out; here they are present again. */
function evidenceOf(stored: Partial<Evidence>): Evidence {
  return {
    objective: stored.objective ?? 0,
    windows: stored.windows ?? [],
    budgetRemainingRatio: stored.budgetRemainingRatio,
    exhaustedInMs: stored.exhaustedInMs,
    failingTraceIds: stored.failingTraceIds ?? [],
    firstBadMs: stored.firstBadMs,
    suspects: stored.suspects ?? [],
    callers: stored.callers ?? [],
  };
}
