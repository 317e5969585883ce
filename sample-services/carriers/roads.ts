/** Shipments in motion: reports each milestone when it is reached, and all positions every few seconds. */
import { logger, metrics } from '@plimsoll/sdk';
import { carrierOf, type Carrier } from '#sample-services/carriers/core/fleet.ts';
import {
  positionAt,
  sequenceOf,
  stageOf,
  stagesOf,
  type Journey,
  type Stage,
  type World,
} from '#sample-services/carriers/core/trip.ts';
import { keepDoing, pause, repeat, type Background } from '#sample-services/lib/background.ts';
import { Deadline } from '#sample-services/lib/core/deadline.ts';
import type { MilestoneEvent } from '#sample-services/lib/core/freight.ts';
import type { City } from '#sample-services/lib/core/geography.ts';
import { monotonicMs } from '#sample-services/lib/http.ts';
import type { Peer } from '#sample-services/lib/peer.ts';

/** Some minutes of a busy company, a few megabytes; more tenders are declined. */
export const TRIPS_MAX = 5000;
const TICK_MS = 100;
const POSITIONS_EVERY_MS = 2000;
const POSITIONS_PER_REQUEST = 500;
const REPORT_TIMEOUT_MS = 2000;
const REPORTS_AT_ONCE_MAX = 16;
/** When a report did not arrive, no other is begun for that time: all go the same way. */
const PAUSE_MS = 500;

interface Trip {
  readonly journey: Journey;
  readonly carrier: Carrier;
  stages: readonly Stage[];
  /** Index of the stage to report next. */
  next: number;
  isReporting: boolean;
}

/** A trip as tracking knows it. */
export interface KnownTrip {
  readonly shipment_id: string;
  readonly carrier: string;
  readonly origin: City;
  readonly destination: City;
  readonly accepted_ms: number;
  readonly sequence: number;
}

export class Roads {
  readonly #tracking: Peer;
  readonly #world: World;
  readonly #trips = new Map<string, Trip>();
  readonly #inMotion = metrics.gauge({ name: 'freight_trips', help: 'Shipments in motion.' });
  #reporting = 0;
  #pausedUntilMs = 0;

  constructor(tracking: Peer, world: World) {
    this.#tracking = tracking;
    this.#world = world;
  }

  get isFull(): boolean {
    return this.#trips.size >= TRIPS_MAX;
  }

  /** The truck is on its way. A second acceptance of a shipment replaces the first. */
  begin(journey: Journey, carrier: Carrier): void {
    const stages = stagesOf(journey, carrier, this.#world);
    const trip = { journey, carrier, stages, next: 0, isReporting: false };
    this.#trips.set(journey.shipmentId, trip);
    void this.#report(trip);
  }

  /** The tender was taken back. @param carrier only if this one has it */
  withdraw(shipmentId: string, carrier?: string): void {
    const trip = this.#trips.get(shipmentId);
    if (trip === undefined || (carrier !== undefined && trip.carrier.code !== carrier)) return;
    const kept = trip.isReporting ? trip.next + 1 : trip.next;
    trip.stages = [...trip.stages.slice(0, kept), { milestone: 'withdrawn', atMs: Date.now() }];
  }

  start(): readonly Background[] {
    return [
      repeat('reporting milestones', TICK_MS, () => this.#tick(Date.now())),
      repeat('reporting positions', POSITIONS_EVERY_MS, () => this.#reportPositions(Date.now())),
    ];
  }

  /** Trips from before a restart go on. Resolves once tracking has named them. */
  resume(): Background {
    let isDone = false;
    return keepDoing('resuming trips', async (signal) => {
      if (!isDone) {
        const answer = await this.#ask('GET', '/trips');
        const { trips } = answer as { readonly trips: readonly KnownTrip[] };
        for (const trip of trips) this.#resumeOne(trip);
        if (trips.length > 0) logger.info({ trips: trips.length }, 'trips go on');
        isDone = true;
      }
      await pause(60_000, signal);
    });
  }

  #resumeOne({ shipment_id: shipmentId, carrier: code, ...known }: KnownTrip): void {
    const carrier = carrierOf(code);
    if (carrier === undefined || this.#trips.has(shipmentId) || this.isFull) return;
    const { origin, destination, accepted_ms: acceptedMs, sequence } = known;
    const { offerNumber, stage } = stageOf(sequence);
    const journey = { shipmentId, origin, destination, acceptedMs, offerNumber };
    const stages = stagesOf(journey, carrier, this.#world);
    this.#trips.set(shipmentId, {
      journey,
      carrier,
      stages,
      next: stage + 1,
      isReporting: false,
    });
  }

  #tick(nowMs: number): void {
    this.#inMotion.set(this.#trips.size);
    if (nowMs < this.#pausedUntilMs) return;
    for (const trip of this.#trips.values()) {
      if (this.#reporting >= REPORTS_AT_ONCE_MAX) return;
      const due = trip.stages[trip.next]?.atMs ?? 0;
      if (!trip.isReporting && due <= nowMs) void this.#report(trip);
    }
  }

  /** Reports of one trip go one after the other, so they arrive in order. */
  async #report(trip: Trip): Promise<void> {
    const { shipmentId, origin, destination, acceptedMs, offerNumber } = trip.journey;
    const stage = trip.stages[trip.next];
    if (stage === undefined) {
      this.#trips.delete(shipmentId);
      return;
    }
    const event: MilestoneEvent = {
      shipment_id: shipmentId,
      carrier: trip.carrier.code,
      sequence: sequenceOf(offerNumber, trip.next),
      milestone: stage.milestone,
      at_ms: stage.atMs,
    };
    trip.isReporting = true;
    this.#reporting += 1;
    try {
      await this.#ask('POST', '/milestones', { ...event, origin, destination, accepted_ms: acceptedMs });
      trip.next += 1;
      if (trip.next >= trip.stages.length && this.#trips.get(shipmentId) === trip)
        this.#trips.delete(shipmentId);
    } catch {
      this.#pausedUntilMs = Date.now() + PAUSE_MS;
    } finally {
      trip.isReporting = false;
      this.#reporting -= 1;
    }
  }

  async #reportPositions(nowMs: number): Promise<void> {
    const positions = [...this.#trips.values()].flatMap(({ journey, stages }) => {
      const position = positionAt(journey, stages, nowMs);
      return position === undefined ? [] : [{ shipment_id: journey.shipmentId, ...position, at_ms: nowMs }];
    });
    for (let from = 0; from < positions.length; from += POSITIONS_PER_REQUEST) {
      await this.#ask('POST', '/positions', {
        positions: positions.slice(from, from + POSITIONS_PER_REQUEST),
      });
    }
  }

  async #ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    const deadline = new Deadline(REPORT_TIMEOUT_MS, monotonicMs);
    const answer = await this.#tracking.call({ method, path, deadline, body, isIdempotent: true });
    if (answer.status >= 400) throw new Error(`tracking answered ${answer.status} to ${method} ${path}`);
    return answer.body;
  }
}
