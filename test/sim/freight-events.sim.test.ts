/**
 * Histories of the freight company's events: a bus that loses answers, kills
 * between any two steps, records that come again. Through the real outbox,
 * broker log, inbox and stores every delivery has one invoice, to the cent; with
 * the outbox or the inbox taken out it has not. `PLIMSOLL_SEED=N` replays a seed.
 */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Random } from '#base/random.ts';
import { seededRandom } from '#base/sim/random.ts';
import { reconcile, type Reconciliation } from '#sample-services/billing/core/reconciliation.ts';
import { BILLING_SCHEMA, InvoiceStore } from '#sample-services/billing/store.ts';
import { Log, LOG_SCHEMA } from '#sample-services/broker/log.ts';
import {
  MILESTONES,
  readMilestoneEvent,
  readShipmentEvent,
  SHIPMENT_EVENTS,
  TRACKING_EVENTS,
  type MilestoneEvent,
} from '#sample-services/lib/core/freight.ts';
import type { EventBus, NewRecord, StoredRecord } from '#sample-services/lib/event-bus.ts';
import { Inbox } from '#sample-services/lib/inbox.ts';
import { Outbox } from '#sample-services/lib/outbox.ts';
import { inTransaction } from '#sample-services/lib/sqlite.ts';
import { SHIPMENTS_SCHEMA } from '#sample-services/shipments/schema.ts';
import { ShipmentStore } from '#sample-services/shipments/store.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const HISTORIES = Math.ceil(40 * Number(process.env['PLIMSOLL_SIM_SCALE'] ?? 1));
const CONTROL_HISTORIES = 20;
const SHIPMENTS = 12;
const STEPS = 150;
/** More than there are. */
const RECORDS_MAX = 1000;

/** What is taken out of the company to see that it is needed. */
type Without = 'nothing' | 'inbox' | 'outbox';

function memory(schema: string): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  database.exec(schema);
  return database;
}

/** The real log behind a line that fails before or after the work is done. */
class FlakyBus implements EventBus {
  readonly log = new Log(
    memory(LOG_SCHEMA),
    () => 0,
    () => {},
  );
  readonly #random: Random;
  failShare = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  async publish(topic: string, records: readonly NewRecord[]): Promise<void> {
    this.#mayFail();
    await this.log.append(topic, records);
    this.#mayFail();
  }

  poll(): Promise<readonly StoredRecord[]> {
    return Promise.reject(new Error('the history reads the log itself'));
  }

  async commit(topic: string, group: string, nextOffset: number): Promise<void> {
    this.#mayFail();
    this.log.commitOffset(topic, group, nextOffset);
  }

  #mayFail(): void {
    if (this.#random.float() < this.failShare) throw new Error('connection lost');
  }
}

/** In the middle of a transaction. */
class Killed extends Error {
  override readonly name = 'Killed';
}

class History {
  readonly #random: Random;
  readonly #without: Without;
  readonly #bus: FlakyBus;
  readonly #shipmentsFile = memory(SHIPMENTS_SCHEMA);
  readonly #billingFile = memory(BILLING_SCHEMA);
  readonly #trackingOutbox: Outbox;
  readonly #shipmentsOutbox: Outbox;
  readonly #shipments: ShipmentStore;
  readonly #invoices: InvoiceStore;
  readonly #inboxes: readonly (readonly [string, string, Inbox, DatabaseSync])[];
  readonly #trackingFile: DatabaseSync;
  /** Effects of all events counted plainly, without the domain's own second look. */
  plainCount = 0;

  constructor(seed: number, without: Without) {
    this.#random = seededRandom(seed);
    this.#without = without;
    this.#bus = new FlakyBus(this.#random);
    this.#trackingFile = memory(SHIPMENTS_SCHEMA);
    this.#trackingOutbox = new Outbox(this.#trackingFile, this.#bus, TRACKING_EVENTS);
    this.#shipmentsOutbox = new Outbox(this.#shipmentsFile, this.#bus, SHIPMENT_EVENTS);
    this.#shipments = new ShipmentStore(this.#shipmentsFile, this.#shipmentsOutbox, () => {});
    this.#invoices = new InvoiceStore(this.#billingFile);
    this.#inboxes = [
      [TRACKING_EVENTS, 'shipments', this.#shipmentsInbox(), this.#shipmentsFile],
      [SHIPMENT_EVENTS, 'billing', this.#billingInbox(), this.#billingFile],
    ];
  }

  async run(): Promise<void> {
    for (let number = 0; number < SHIPMENTS; number += 1) this.#book(number);
    const reports = this.#reports();
    this.#bus.failShare = 0.25;
    for (let step = 0; step < STEPS; step += 1) {
      const report = this.#random.float() < 0.5 ? reports.shift() : undefined;
      if (report !== undefined) this.#report(report);
      await this.#anyStep();
    }
    for (const report of reports) this.#report(report);
    this.#bus.failShare = 0;
    for (let round = 0; round < 4; round += 1) {
      for (const outbox of [this.#trackingOutbox, this.#shipmentsOutbox]) await outbox.publishSome();
      for (const index of [0, 1]) await this.#read(index, RECORDS_MAX);
    }
  }

  verdict(): Reconciliation {
    const books = this.#invoices.books();
    const deliveries = this.#shipments.books(books.through);
    return reconcile(
      books,
      {
        deliveredCount: deliveries.delivered_count,
        deliveredCents: deliveries.delivered_cents,
        throughCents: deliveries.through_cents ?? undefined,
        oldestPendingMs: deliveries.next_delivered_ms ?? undefined,
      },
      { nowMs: 1, pendingMsMax: 1 },
    );
  }

  get invoiceCount(): number {
    return this.#invoices.books().invoiceCount;
  }

  #book(number: number): void {
    const id = `S${number}`;
    const names = { client: 'c', idempotencyKey: id, quoteId: 'q', origin: 'Lyon', destination: 'Genoa' };
    this.#shipments.begin({ id, ...names, priceCents: 1000 + this.#random.below(100_000) }, 0);
    this.#shipments.accept(id, 'LUDO', 0);
  }

  /** All reports of all trips, shuffled a little and some of them twice. */
  #reports(): MilestoneEvent[] {
    const all = Array.from({ length: SHIPMENTS }, (_, number) =>
      MILESTONES.filter((milestone) => milestone !== 'withdrawn').map((milestone, sequence) => ({
        shipment_id: `S${number}`,
        carrier: 'LUDO',
        sequence,
        milestone,
        at_ms: 0,
      })),
    ).flat();
    const twice = all.flatMap((event) => (this.#random.float() < 0.2 ? [event, event] : [event]));
    return twice
      .map((event) => ({ event, at: event.sequence + 3 * this.#random.float() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ event }) => event);
  }

  #report(event: MilestoneEvent): void {
    inTransaction(this.#trackingFile, () => this.#trackingOutbox.add(event.shipment_id, event));
  }

  async #anyStep(): Promise<void> {
    const choice = this.#random.below(4);
    if (choice < 2) await this.#read(choice);
    else await this.#publish(choice === 2 ? 'tracking' : 'shipments');
  }

  async #publish(who: 'tracking' | 'shipments'): Promise<void> {
    const [outbox, file] =
      who === 'tracking'
        ? [this.#trackingOutbox, this.#trackingFile]
        : [this.#shipmentsOutbox, this.#shipmentsFile];
    try {
      await outbox.publishSome();
    } catch {
      // Without an outbox a publish that failed is not made again.
      if (this.#without === 'outbox') file.exec('DELETE FROM outbox');
    }
  }

  /** Reads a batch, is killed after some of it now and then, or cannot say how far it came. */
  async #read(index: number, recordsMax = 1 + this.#random.below(60)): Promise<void> {
    const [topic, group, inbox, file] = this.#inboxes[index] ?? assert.fail();
    const records = this.#bus.log.read(topic, group, recordsMax);
    for (const record of records) {
      if (this.#without === 'inbox') file.exec('DELETE FROM inbox');
      try {
        await inbox.receive(record);
      } catch (error) {
        if (error instanceof Killed) return;
        throw error;
      }
    }
    const last = records.at(-1);
    if (last !== undefined) await this.#bus.commit(topic, group, last.offset + 1).catch(() => {});
  }

  #mayBeKilled(): void {
    if (this.#random.float() < this.#bus.failShare / 10) throw new Killed();
  }

  #shipmentsInbox(): Inbox {
    return new Inbox({
      database: this.#shipmentsFile,
      bus: this.#bus,
      topic: TRACKING_EVENTS,
      group: 'shipments',
      handle: (value) => {
        this.#shipments.report(readMilestoneEvent(value), 0);
        this.#mayBeKilled();
      },
    });
  }

  #billingInbox(): Inbox {
    return new Inbox({
      database: this.#billingFile,
      bus: this.#bus,
      topic: SHIPMENT_EVENTS,
      group: 'billing',
      handle: (value) => {
        const event = readShipmentEvent(value);
        if (event.type === 'delivered') this.#invoices.add(event, 0);
        this.#mayBeKilled();
        this.plainCount += 1;
      },
    });
  }
}

async function histories(count: number, without: Without): Promise<readonly History[]> {
  const all: History[] = [];
  for (let index = 0; index < count; index += 1) {
    const history = new History(SEED + index, without);
    await history.run();
    all.push(history);
  }
  return all;
}

test(`through ${HISTORIES} histories every delivery has one invoice (seed ${SEED})`, async () => {
  for (const [index, history] of (await histories(HISTORIES, 'nothing')).entries()) {
    const seed = `seed ${SEED + index}`;
    assert.deepEqual(history.verdict().reasons, [], seed);
    assert.equal(history.verdict().pending.count, 0, seed);
    assert.equal(history.invoiceCount, SHIPMENTS, seed);
    // One event of the booking and one of the delivery, each handled once.
    assert.equal(history.plainCount, 2 * SHIPMENTS, seed);
  }
});

test(`without the outbox deliveries are lost (seed ${SEED})`, async () => {
  const all = await histories(CONTROL_HISTORIES, 'outbox');
  const short = all.filter((history) => history.invoiceCount < SHIPMENTS);
  assert.ok(short.length > CONTROL_HISTORIES / 2, `${short.length} of ${all.length}`);
});

test(`without the inbox events are handled twice (seed ${SEED})`, async () => {
  const all = await histories(CONTROL_HISTORIES, 'inbox');
  const doubled = all.filter((history) => history.plainCount > 2 * SHIPMENTS);
  assert.ok(doubled.length > CONTROL_HISTORIES / 2, `${doubled.length} of ${all.length}`);
  // The ledger looks a second time, at the shipment: even then there is no invoice too many.
  assert.ok(all.every((history) => history.invoiceCount === SHIPMENTS));
});
