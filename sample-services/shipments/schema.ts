/** Tables and statements of shipments. */
import type { DatabaseSync } from 'node:sqlite';
import { INBOX_SCHEMA } from '#sample-services/lib/inbox.ts';
import { OUTBOX_SCHEMA } from '#sample-services/lib/outbox.ts';

export const SHIPMENTS_SCHEMA = `
  ${OUTBOX_SCHEMA}
  ${INBOX_SCHEMA}
  CREATE TABLE IF NOT EXISTS shipment (
    id TEXT PRIMARY KEY, client TEXT NOT NULL, idempotency_key TEXT NOT NULL, quote_id TEXT NOT NULL,
    origin TEXT NOT NULL, destination TEXT NOT NULL, price_cents INTEGER NOT NULL,
    state TEXT NOT NULL, carrier TEXT NOT NULL, sequence INTEGER NOT NULL, milestone TEXT,
    changed_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS shipment_state ON shipment (state, changed_ms);
  CREATE UNIQUE INDEX IF NOT EXISTS shipment_key ON shipment (client, idempotency_key)
    WHERE state <> 'cancelled';
  CREATE TABLE IF NOT EXISTS delivery (
    number INTEGER PRIMARY KEY, shipment_id TEXT NOT NULL UNIQUE, price_cents INTEGER NOT NULL,
    total_cents INTEGER NOT NULL, delivered_ms INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS withdrawal (shipment_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;`;

export type Statements = ReturnType<typeof prepareStatements>;

export function prepareStatements(database: DatabaseSync) {
  return {
    byKey: database.prepare(
      `SELECT * FROM shipment WHERE client = ? AND idempotency_key = ? AND state <> 'cancelled'`,
    ),
    byId: database.prepare('SELECT * FROM shipment WHERE id = ?'),
    insert: database.prepare(
      `INSERT INTO shipment VALUES (?, ?, ?, ?, ?, ?, ?, 'tendering', '', -1, NULL, ?)`,
    ),
    update: database.prepare(
      'UPDATE shipment SET state = ?, carrier = ?, sequence = ?, milestone = ?, changed_ms = ? WHERE id = ?',
    ),
    tendering: database.prepare(`SELECT id FROM shipment WHERE state = 'tendering'`),
    lastDelivery: database.prepare('SELECT * FROM delivery ORDER BY number DESC LIMIT 1'),
    delivery: database.prepare('SELECT * FROM delivery WHERE number = ?'),
    insertDelivery: database.prepare('INSERT INTO delivery VALUES (?, ?, ?, ?, ?)'),
    withdraw: database.prepare('INSERT INTO withdrawal VALUES (?) ON CONFLICT DO NOTHING'),
    withdrawals: database.prepare('SELECT shipment_id FROM withdrawal LIMIT ?'),
    withdrawn: database.prepare('DELETE FROM withdrawal WHERE shipment_id = ?'),
    deleteOld: database.prepare(
      `DELETE FROM shipment WHERE id IN (SELECT id FROM shipment WHERE state = ? AND changed_ms < ? LIMIT ?)`,
    ),
    deleteDeliveries: database.prepare(
      'DELETE FROM delivery WHERE number < (SELECT max(number) FROM delivery) - ?',
    ),
  };
}
