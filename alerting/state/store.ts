/** Everything alerting keeps, over one database: the tables and the transaction around them. */
import type { Random } from '#base/random.ts';
import { uuid } from '#base/random.ts';
import { alertTable, type AlertTable } from '#alerting/state/alerts.ts';
import { evidenceTable, type EvidenceTable } from '#alerting/state/evidence.ts';
import { groupTable, type GroupTable } from '#alerting/state/groups.ts';
import { incidentTable, type IncidentTable } from '#alerting/state/incidents.ts';
import { outboxTable, type OutboxTable } from '#alerting/state/outbox.ts';
import { progressTable, type ProgressTable } from '#alerting/state/progress.ts';
import { silenceTable, type SilenceTable } from '#alerting/state/silences.ts';
import { toldAlertTable, type ToldAlertTable } from '#alerting/state/told-alerts.ts';
import { inTransaction, textOf, type SqlDatabase } from '#alerting/state/sql.ts';

export interface Store {
  /** UUID of this file: numbers that start again in a new file never make an old idempotency key. */
  readonly instance: string;
  readonly progress: ProgressTable;
  readonly alerts: AlertTable;
  readonly incidents: IncidentTable;
  readonly evidence: EvidenceTable;
  readonly groups: GroupTable;
  readonly outbox: OutboxTable;
  readonly silences: SilenceTable;
  readonly told: ToldAlertTable;
  /** All of `change`, durable when it returns, or nothing. */
  transaction<T>(change: () => T): T;
  close(): void;
}

export function createStore(database: SqlDatabase, random: Random): Store {
  return {
    instance: instanceOf(database, random),
    progress: progressTable(database),
    alerts: alertTable(database),
    incidents: incidentTable(database),
    evidence: evidenceTable(database),
    groups: groupTable(database),
    outbox: outboxTable(database),
    silences: silenceTable(database),
    told: toldAlertTable(database),
    transaction: (change) => inTransaction(database, change),
    close: () => database.close(),
  };
}

function instanceOf(database: SqlDatabase, random: Random): string {
  const row = database.prepare('SELECT id FROM identity').get();
  if (row !== undefined) return textOf(row, 'id');
  const id = uuid(random);
  database.prepare('INSERT INTO identity (id) VALUES (?)').run(id);
  return id;
}
