/** Trips, their milestones and last positions, in SQLite. */
import type { DatabaseSync } from 'node:sqlite';
import type { Milestone, MilestoneEvent } from '#sample-services/lib/core/freight.ts';
import type { City } from '#sample-services/lib/core/geography.ts';
import { OUTBOX_SCHEMA, type Outbox } from '#sample-services/lib/outbox.ts';
import { inTransaction } from '#sample-services/lib/sqlite.ts';
import { afterReport, type Phase, type Trip } from '#sample-services/tracking/core/trip.ts';

export const TRACKING_SCHEMA = `
  ${OUTBOX_SCHEMA}
  CREATE TABLE IF NOT EXISTS trip (
    shipment_id TEXT PRIMARY KEY, carrier TEXT NOT NULL, origin TEXT NOT NULL, destination TEXT NOT NULL,
    accepted_ms INTEGER NOT NULL, sequence INTEGER NOT NULL, phase TEXT NOT NULL,
    lat REAL, lon REAL, reported_ms INTEGER, heard_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS trip_phase ON trip (phase, heard_ms);
  CREATE TABLE IF NOT EXISTS milestone (
    shipment_id TEXT NOT NULL, sequence INTEGER NOT NULL, milestone TEXT NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (shipment_id, sequence)
  ) STRICT, WITHOUT ROWID;`;

/** What is over can be looked up for a quarter of an hour. */
const OVER_KEPT_MS = 900_000;
/** Nothing heard for so long: the trip is lost and no longer watched. */
const SILENT_MS_MAX = 600_000;
/** Per call, so that deleting never holds up a request. */
const DELETE_MAX = 1000;
/** As many as carriers can have in motion. */
const TRIPS_LISTED_MAX = 5000;

/** A milestone as it arrives: with the trip it belongs to. */
export interface Report extends MilestoneEvent {
  readonly origin: City;
  readonly destination: City;
  readonly accepted_ms: number;
}

export interface PositionReport {
  readonly shipment_id: string;
  readonly lat: number;
  readonly lon: number;
  readonly at_ms: number;
}

export interface Freshness {
  readonly fresh: number;
  readonly stale: number;
}

export type Row = Readonly<Record<string, unknown>>;

export class TrackingStore {
  readonly #database: DatabaseSync;
  readonly #outbox: Outbox;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(database: DatabaseSync, outbox: Outbox) {
    this.#database = database;
    this.#outbox = outbox;
    this.#statements = prepare(database);
  }

  /** Notes the report and owes the event to the bus; a report seen before changes nothing. */
  addReport(report: Report, nowMs: number): 'added' | 'known' {
    const { shipment_id: id, carrier, sequence, milestone, at_ms: atMs } = report;
    return inTransaction(this.#database, () => {
      if (this.#statements.addMilestone.run(id, sequence, milestone, atMs).changes === 0) return 'known';
      const after = afterReport(this.#trip(id), sequence, milestone);
      const { origin, destination, accepted_ms: acceptedMs } = report;
      const trip = [
        id,
        carrier,
        origin,
        destination,
        acceptedMs,
        after.sequence,
        after.phase,
        nowMs,
      ] as const;
      this.#statements.putTrip.run(...trip);
      const event: MilestoneEvent = { shipment_id: id, carrier, sequence, milestone, at_ms: atMs };
      this.#outbox.add(id, event);
      return 'added';
    });
  }

  addPositions(positions: readonly PositionReport[], nowMs: number): void {
    inTransaction(this.#database, () => {
      for (const { shipment_id: id, lat, lon, at_ms: atMs } of positions) {
        this.#statements.setPosition.run(lat, lon, atMs, nowMs, id);
      }
    });
  }

  /** The trip's row; undefined when it is not known. */
  find(shipmentId: string): Row | undefined {
    return this.#statements.find.get(shipmentId);
  }

  milestonesOf(shipmentId: string): readonly Row[] {
    return this.#statements.milestones.all(shipmentId);
  }

  /** Trips that are not over. */
  open(): readonly Row[] {
    return this.#statements.open.all(TRIPS_LISTED_MAX);
  }

  /** Of the shipments on the road: how many were heard of within `ageMsMax`. */
  freshness(nowMs: number, ageMsMax: number): Freshness {
    const row = this.#statements.freshness.get(nowMs - ageMsMax);
    const moving = Number(row?.['moving'] ?? 0);
    const fresh = Number(row?.['fresh'] ?? 0);
    return { fresh, stale: moving - fresh };
  }

  /** @returns how many trips were given up as lost */
  deleteOld(nowMs: number): number {
    const lost = this.#statements.giveUp.run(nowMs - SILENT_MS_MAX).changes;
    inTransaction(this.#database, () => {
      for (const { shipment_id: id } of this.#statements.old.all(nowMs - OVER_KEPT_MS, DELETE_MAX)) {
        this.#statements.deleteMilestones.run(String(id));
        this.#statements.deleteTrip.run(String(id));
      }
    });
    return Number(lost);
  }

  #trip(shipmentId: string): Trip | undefined {
    const row = this.#statements.find.get(shipmentId);
    if (row === undefined) return undefined;
    return { sequence: Number(row['sequence']), phase: row['phase'] as Phase };
  }
}

/** Of a row of {@link TrackingStore.milestonesOf}. */
export function milestoneAnswer(row: Row): { readonly milestone: Milestone; readonly at: string } {
  return { milestone: row['milestone'] as Milestone, at: new Date(Number(row['at_ms'])).toISOString() };
}

function prepare(database: DatabaseSync) {
  return {
    addMilestone: database.prepare('INSERT INTO milestone VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING'),
    putTrip: database.prepare(
      `INSERT INTO trip (shipment_id, carrier, origin, destination, accepted_ms, sequence, phase, heard_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET carrier = excluded.carrier, sequence = excluded.sequence,
         phase = excluded.phase, heard_ms = excluded.heard_ms`,
    ),
    setPosition: database.prepare(
      `UPDATE trip SET lat = ?, lon = ?, reported_ms = ?, heard_ms = ? WHERE shipment_id = ? AND phase = 'moving'`,
    ),
    find: database.prepare('SELECT * FROM trip WHERE shipment_id = ?'),
    milestones: database.prepare(
      'SELECT milestone, at_ms FROM milestone WHERE shipment_id = ? ORDER BY sequence',
    ),
    open: database.prepare(
      `SELECT shipment_id, carrier, origin, destination, accepted_ms, sequence FROM trip
       WHERE phase IN ('waiting', 'moving') ORDER BY heard_ms DESC LIMIT ?`,
    ),
    freshness: database.prepare(
      `SELECT count(*) AS moving, count(*) FILTER (WHERE heard_ms >= ?) AS fresh
       FROM trip WHERE phase = 'moving'`,
    ),
    giveUp: database.prepare(
      `UPDATE trip SET phase = 'over' WHERE phase IN ('waiting', 'moving') AND heard_ms < ?`,
    ),
    old: database.prepare(`SELECT shipment_id FROM trip WHERE phase = 'over' AND heard_ms < ? LIMIT ?`),
    deleteMilestones: database.prepare('DELETE FROM milestone WHERE shipment_id = ?'),
    deleteTrip: database.prepare('DELETE FROM trip WHERE shipment_id = ?'),
  };
}
