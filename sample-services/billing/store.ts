/** Invoices and the ledger, in SQLite. */
import type { DatabaseSync } from 'node:sqlite';
import {
  afterInvoice,
  EMPTY_BOOKS,
  entriesOf,
  type Books,
  type Delivery,
} from '#sample-services/billing/core/ledger.ts';
import type { ShipmentEvent } from '#sample-services/lib/core/freight.ts';
import { INBOX_SCHEMA } from '#sample-services/lib/inbox.ts';

export const BILLING_SCHEMA = `
  ${INBOX_SCHEMA}
  CREATE TABLE IF NOT EXISTS invoice (
    number INTEGER PRIMARY KEY, shipment_id TEXT NOT NULL UNIQUE, delivery_number INTEGER NOT NULL UNIQUE,
    cents INTEGER NOT NULL, issued_ms INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS entry (
    invoice INTEGER NOT NULL, account TEXT NOT NULL, cents INTEGER NOT NULL,
    PRIMARY KEY (invoice, account)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS books (
    id INTEGER PRIMARY KEY CHECK (id = 1), invoice_count INTEGER NOT NULL, invoice_cents INTEGER NOT NULL,
    balance_cents INTEGER NOT NULL, through INTEGER NOT NULL
  ) STRICT;`;

/** The newest stay; the totals in the books cover all there ever were. */
const INVOICES_KEPT = 20_000;

export class InvoiceStore {
  readonly #statements: ReturnType<typeof prepare>;

  constructor(database: DatabaseSync) {
    this.#statements = prepare(database);
  }

  books(): Books {
    const row = this.#statements.books.get();
    if (row === undefined) return EMPTY_BOOKS;
    return {
      invoiceCount: Number(row['invoice_count']),
      invoiceCents: Number(row['invoice_cents']),
      balanceCents: Number(row['balance_cents']),
      through: Number(row['through']),
    };
  }

  /** Writes the invoice of a delivery, within a transaction of the caller. @returns false when there is one */
  add(event: ShipmentEvent, nowMs: number): boolean {
    const books = this.books();
    const delivery: Delivery = { number: event.delivery_number, cents: event.price_cents };
    const invoice = books.invoiceCount + 1;
    const fields = [invoice, event.shipment_id, delivery.number, delivery.cents, nowMs] as const;
    if (this.#statements.addInvoice.run(...fields).changes === 0) return false;
    for (const { account, cents } of entriesOf(delivery.cents)) {
      this.#statements.addEntry.run(invoice, account, cents);
    }
    const after = afterInvoice(books, delivery);
    this.#statements.putBooks.run(after.invoiceCount, after.invoiceCents, after.balanceCents, after.through);
    return true;
  }

  deleteOld(): void {
    this.#statements.deleteEntries.run(INVOICES_KEPT);
    this.#statements.deleteInvoices.run(INVOICES_KEPT);
  }
}

function prepare(database: DatabaseSync) {
  return {
    books: database.prepare('SELECT * FROM books'),
    putBooks: database.prepare('INSERT OR REPLACE INTO books VALUES (1, ?, ?, ?, ?)'),
    addInvoice: database.prepare('INSERT INTO invoice VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING'),
    addEntry: database.prepare('INSERT INTO entry VALUES (?, ?, ?)'),
    deleteEntries: database.prepare(
      'DELETE FROM entry WHERE invoice <= (SELECT max(number) FROM invoice) - ?',
    ),
    deleteInvoices: database.prepare(
      'DELETE FROM invoice WHERE number <= (SELECT max(number) FROM invoice) - ?',
    ),
  };
}
