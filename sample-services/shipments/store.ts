/**
 * Shipments in SQLite. Every change of a shipment and the event that tells of it
 * are one transaction.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Milestone, MilestoneEvent, ShipmentEvent } from '#sample-services/lib/core/freight.ts';
import type { Outbox } from '#sample-services/lib/outbox.ts';
import { inTransaction } from '#sample-services/lib/sqlite.ts';
import {
  afterAcceptance,
  afterRefusal,
  afterReport,
  type Progress,
  type ShipmentState,
} from '#sample-services/shipments/core/state.ts';
import { prepareStatements, type Statements } from '#sample-services/shipments/schema.ts';

export interface Shipment extends Progress {
  readonly id: string;
  readonly client: string;
  readonly quoteId: string;
  readonly origin: string;
  readonly destination: string;
  readonly priceCents: number;
  /** Empty while there is none. */
  readonly carrier: string;
}

export interface NewShipment {
  readonly id: string;
  readonly client: string;
  readonly idempotencyKey: string;
  readonly quoteId: string;
  readonly origin: string;
  readonly destination: string;
  readonly priceCents: number;
}

/** What billing compares its books with. */
export interface DeliveryBooks {
  /** Deliveries ever made, and their prices together. */
  readonly delivered_count: number;
  readonly delivered_cents: number;
  /** Prices of the first `through` deliveries together; null when that is not known (any more). */
  readonly through_cents: number | null;
  /** When the first delivery after `through` was made; null when there is none. */
  readonly next_delivered_ms: number | null;
}

/** Finished shipments can be looked up for a quarter of an hour. */
const FINISHED_KEPT_MS = 900_000;
/** Booked, and nothing happened any more: given up after two hours. */
const SILENT_MS_MAX = 7_200_000;
/** For billing to compare with: several hours of a busy company. */
const DELIVERIES_KEPT = 100_000;
/** Per call, so that deleting never holds up a request. */
const DELETE_MAX = 1000;

export class ShipmentStore {
  readonly #database: DatabaseSync;
  readonly #outbox: Outbox;
  readonly #onState: (state: ShipmentState) => void;
  readonly #statements: Statements;

  /** @param onState told of each state a shipment comes into */
  constructor(database: DatabaseSync, outbox: Outbox, onState: (state: ShipmentState) => void) {
    this.#database = database;
    this.#outbox = outbox;
    this.#onState = onState;
    this.#statements = prepareStatements(database);
  }

  /** The shipment this key has already made; undefined when it may make one. */
  byKey(client: string, idempotencyKey: string): Shipment | undefined {
    return toShipment(this.#statements.byKey.get(client, idempotencyKey));
  }

  byId(id: string): Shipment | undefined {
    return toShipment(this.#statements.byId.get(id));
  }

  /** From here on the shipment is either booked or cancelled, whatever happens to us. */
  begin(shipment: NewShipment, nowMs: number): void {
    const { id, client, idempotencyKey, quoteId, origin, destination, priceCents } = shipment;
    this.#statements.insert.run(id, client, idempotencyKey, quoteId, origin, destination, priceCents, nowMs);
  }

  /** @returns the shipment as it is now */
  accept(id: string, carrier: string, nowMs: number): Shipment {
    return inTransaction(this.#database, () => {
      const before = this.#existing(id);
      if (before.state !== 'tendering') throw new Error(`shipment ${id} is ${before.state} already`);
      const after = { ...before, ...afterAcceptance(before), carrier };
      this.#outbox.add(id, eventOf('booked', after, { number: 0, nowMs }));
      this.#save(before, after, nowMs);
      return after;
    });
  }

  /** Cancels, and remembers to tell the carriers when one of them may think it has it. */
  refuse(id: string, isToWithdraw: boolean, nowMs: number): void {
    inTransaction(this.#database, () => {
      const before = this.#existing(id);
      if (isToWithdraw) this.#statements.withdraw.run(id);
      this.#save(before, { ...before, ...afterRefusal(before) }, nowMs);
    });
  }

  /** After a restart: whoever waited for these has gone. @returns how many */
  refuseAllTendering(nowMs: number): number {
    const rows = this.#statements.tendering.all();
    for (const { id } of rows) this.refuse(String(id), true, nowMs);
    return rows.length;
  }

  /** Within a transaction of the caller. A report about a shipment nobody knows is of no use. */
  report({ shipment_id: id, sequence, milestone }: MilestoneEvent, nowMs: number): void {
    const before = this.byId(id);
    if (before === undefined) return;
    const progress = afterReport(before, sequence, milestone);
    this.#save(before, { ...before, ...progress }, nowMs);
  }

  books(through: number): DeliveryBooks {
    const last = this.#statements.lastDelivery.get();
    const at = this.#statements.delivery.get(through);
    const next = this.#statements.delivery.get(through + 1);
    return {
      delivered_count: Number(last?.['number'] ?? 0),
      delivered_cents: Number(last?.['total_cents'] ?? 0),
      through_cents: through === 0 ? 0 : at === undefined ? null : Number(at['total_cents']),
      next_delivered_ms: next === undefined ? null : Number(next['delivered_ms']),
    };
  }

  withdrawals(max: number): readonly string[] {
    return this.#statements.withdrawals.all(max).map((row) => String(row['shipment_id']));
  }

  withdrawn(id: string): void {
    this.#statements.withdrawn.run(id);
  }

  deleteOld(nowMs: number): void {
    const finishedMs = nowMs - FINISHED_KEPT_MS;
    const silentMs = nowMs - SILENT_MS_MAX;
    for (const state of ['delivered', 'cancelled']) {
      this.#statements.deleteOld.run(state, finishedMs, DELETE_MAX);
    }
    for (const state of ['booked', 'picked-up', 'in-transit', 'delayed']) {
      this.#statements.deleteOld.run(state, silentMs, DELETE_MAX);
    }
    this.#statements.deleteDeliveries.run(DELIVERIES_KEPT);
  }

  #save(before: Shipment, after: Shipment, nowMs: number): void {
    const { id, state, carrier, sequence, milestone } = after;
    this.#statements.update.run(state, carrier, sequence, milestone ?? null, nowMs, id);
    if (state === before.state) return;
    this.#onState(state);
    if (state === 'delivered') this.#deliver(after, nowMs);
  }

  /** Numbers the delivery and adds up: billing can hold its books against any number. */
  #deliver(shipment: Shipment, nowMs: number): void {
    const last = this.#statements.lastDelivery.get();
    const number = Number(last?.['number'] ?? 0) + 1;
    const totalCents = Number(last?.['total_cents'] ?? 0) + shipment.priceCents;
    this.#statements.insertDelivery.run(number, shipment.id, shipment.priceCents, totalCents, nowMs);
    this.#outbox.add(shipment.id, eventOf('delivered', shipment, { number, nowMs }));
  }

  #existing(id: string): Shipment {
    const shipment = this.byId(id);
    if (shipment === undefined) throw new Error(`shipment ${id} is gone`);
    return shipment;
  }
}

interface EventDetails {
  readonly number: number;
  readonly nowMs: number;
}

function eventOf(
  type: ShipmentEvent['type'],
  { id, carrier, priceCents }: Shipment,
  { number, nowMs }: EventDetails,
): ShipmentEvent {
  return {
    type,
    shipment_id: id,
    carrier,
    price_cents: priceCents,
    delivery_number: number,
    at_ms: nowMs,
  };
}

function toShipment(row: Readonly<Record<string, unknown>> | undefined): Shipment | undefined {
  if (row === undefined) return undefined;
  const milestone = row['milestone'];
  return {
    id: String(row['id']),
    client: String(row['client']),
    quoteId: String(row['quote_id']),
    origin: String(row['origin']),
    destination: String(row['destination']),
    priceCents: Number(row['price_cents']),
    state: row['state'] as ShipmentState,
    carrier: String(row['carrier']),
    sequence: Number(row['sequence']),
    milestone: milestone === null ? undefined : (milestone as Milestone),
  };
}
