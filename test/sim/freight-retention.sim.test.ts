/** An hour of the freight company in its databases: what is finished goes, the books keep counting. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { READ_RECORDS_KEPT } from '#sample-services/broker/core/retention.ts';
import { Log, LOG_SCHEMA } from '#sample-services/broker/log.ts';
import { BILLING_SCHEMA, InvoiceStore } from '#sample-services/billing/store.ts';
import { readShipmentEvent, SHIPMENT_EVENTS, TRACKING_EVENTS } from '#sample-services/lib/core/freight.ts';
import type { EventBus } from '#sample-services/lib/event-bus.ts';
import { Inbox } from '#sample-services/lib/inbox.ts';
import { Outbox } from '#sample-services/lib/outbox.ts';
import { SHIPMENTS_SCHEMA } from '#sample-services/shipments/schema.ts';
import { ShipmentStore } from '#sample-services/shipments/store.ts';
import { TRACKING_SCHEMA, TrackingStore } from '#sample-services/tracking/store.ts';

const HOUR_MS = 3_600_000;
const STEP_MS = 5000;
const BOOKINGS_PER_STEP = 5;
const BOOKINGS = (HOUR_MS / STEP_MS) * BOOKINGS_PER_STEP;
/** What a quarter of an hour leaves, and one step more. */
const KEPT_MAX = (900_000 / STEP_MS + 1) * BOOKINGS_PER_STEP;
const PRICE_CENTS = 1234;

function memory(schema: string): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  database.exec(schema);
  return database;
}

function rowsOf(database: DatabaseSync, table: string): number {
  return Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
}

class Company {
  readonly shipmentsFile = memory(SHIPMENTS_SCHEMA);
  readonly trackingFile = memory(TRACKING_SCHEMA);
  readonly billingFile = memory(BILLING_SCHEMA);
  readonly brokerFile = memory(LOG_SCHEMA);
  readonly log = new Log(
    this.brokerFile,
    () => 0,
    () => {},
  );
  readonly #bus: EventBus = {
    publish: async (topic, records) => void (await this.log.append(topic, records)),
    poll: () => Promise.resolve([]),
    commit: () => Promise.resolve(),
  };
  readonly #shipmentsOutbox = new Outbox(this.shipmentsFile, this.#bus, SHIPMENT_EVENTS);
  readonly #trackingOutbox = new Outbox(this.trackingFile, this.#bus, TRACKING_EVENTS);
  readonly shipments = new ShipmentStore(this.shipmentsFile, this.#shipmentsOutbox, () => {});
  readonly tracking = new TrackingStore(this.trackingFile, this.#trackingOutbox);
  readonly invoices = new InvoiceStore(this.billingFile);
  readonly inbox = new Inbox({
    database: this.billingFile,
    bus: this.#bus,
    topic: SHIPMENT_EVENTS,
    group: 'billing',
    handle: (value) => {
      const event = readShipmentEvent(value);
      if (event.type === 'delivered') this.invoices.add(event, 0);
    },
  });

  /** Booked, driven, delivered and invoiced within the step, and the old deleted. */
  async step(nowMs: number): Promise<void> {
    for (let number = 0; number < BOOKINGS_PER_STEP; number += 1) this.#drive(`S${nowMs}-${number}`, nowMs);
    await this.#shipmentsOutbox.publishSome();
    await this.#trackingOutbox.publishSome();
    await this.#readAll(SHIPMENT_EVENTS, 'billing');
    await this.#readAll(TRACKING_EVENTS, 'nobody');
    this.shipments.deleteOld(nowMs);
    this.tracking.deleteOld(nowMs);
    this.invoices.deleteOld();
    this.log.deleteOld();
  }

  #drive(id: string, nowMs: number): void {
    const names = { client: 'c', idempotencyKey: id, quoteId: 'q', origin: 'Lyon', destination: 'Genoa' };
    this.shipments.begin({ id, ...names, priceCents: PRICE_CENTS }, nowMs);
    this.shipments.accept(id, 'LUDO', nowMs);
    (['dispatched', 'picked-up', 'delivered'] as const).forEach((milestone, sequence) => {
      const event = { shipment_id: id, carrier: 'LUDO', sequence, milestone, at_ms: nowMs };
      this.tracking.addReport({ ...event, origin: 'Lyon', destination: 'Genoa', accepted_ms: nowMs }, nowMs);
      this.shipments.report(event, nowMs);
    });
  }

  async #readAll(topic: string, group: string): Promise<void> {
    const records = this.log.read(topic, group, 1000);
    if (group === 'billing') for (const record of records) await this.inbox.receive(record);
    const last = records.at(-1);
    if (last !== undefined) this.log.commitOffset(topic, group, last.offset + 1);
  }
}

test(`after ${BOOKINGS} shipments the tables hold the last quarter of an hour`, async () => {
  const company = new Company();
  for (let nowMs = HOUR_MS; nowMs < 2 * HOUR_MS; nowMs += STEP_MS) await company.step(nowMs);
  for (const [database, table, max] of [
    [company.shipmentsFile, 'shipment', KEPT_MAX],
    [company.shipmentsFile, 'outbox', 0],
    [company.trackingFile, 'trip', KEPT_MAX],
    [company.trackingFile, 'milestone', 3 * KEPT_MAX],
    [company.trackingFile, 'outbox', 0],
    [company.brokerFile, 'record', 2 * READ_RECORDS_KEPT],
  ] as const) {
    const rows = rowsOf(database, table);
    assert.ok(rows <= max, `${table}: ${rows} rows, ${max} allowed`);
  }
  const books = company.invoices.books();
  assert.deepEqual(books, {
    invoiceCount: BOOKINGS,
    invoiceCents: BOOKINGS * PRICE_CENTS,
    balanceCents: 0,
    through: BOOKINGS,
  });
  assert.equal(company.shipments.books(BOOKINGS).through_cents, books.invoiceCents);
  company.inbox.forgetOld(Date.now() + 2 * HOUR_MS);
  assert.equal(rowsOf(company.billingFile, 'inbox'), 0);
});

test('positions are fresh while they come, stale when they do not, and given up in the end', () => {
  const { tracking } = new Company();
  const report = { shipment_id: 'S', carrier: 'LUDO', at_ms: 0, accepted_ms: 0 } as const;
  const lane = { origin: 'Lyon', destination: 'Genoa' } as const;
  tracking.addReport({ ...report, ...lane, sequence: 0, milestone: 'dispatched' }, 0);
  assert.deepEqual(tracking.freshness(90_000, 30_000), { fresh: 0, stale: 0 }, 'nobody moves yet');
  tracking.addReport({ ...report, ...lane, sequence: 1, milestone: 'picked-up' }, 100_000);
  assert.deepEqual(tracking.freshness(120_000, 30_000), { fresh: 1, stale: 0 });
  tracking.addPositions([{ shipment_id: 'S', lat: 1, lon: 2, at_ms: 0 }], 125_000);
  assert.deepEqual(tracking.freshness(150_000, 30_000), { fresh: 1, stale: 0 });
  assert.deepEqual(tracking.freshness(155_001, 30_000), { fresh: 0, stale: 1 });
  assert.equal(tracking.deleteOld(800_000), 1);
  assert.deepEqual(tracking.freshness(800_000, 30_000), { fresh: 0, stale: 0 });
});

test('a report that comes twice is one event', () => {
  const { tracking, trackingFile } = new Company();
  const report = { shipment_id: 'S', carrier: 'LUDO', at_ms: 0, accepted_ms: 0 } as const;
  const lane = { origin: 'Lyon', destination: 'Genoa' } as const;
  const results = [0, 0, 1, 0].map((sequence) =>
    tracking.addReport({ ...report, ...lane, sequence, milestone: 'dispatched' }, 0),
  );
  assert.deepEqual(results, ['added', 'known', 'added', 'known']);
  assert.equal(rowsOf(trackingFile, 'outbox'), 2);
});
