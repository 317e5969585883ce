/** Words the whole company shares: what is carried, and what is said between its services. */
import { CITY_NAMES, type City } from '#sample-services/lib/core/geography.ts';
import { Input } from '#sample-services/lib/core/input.ts';

export const EQUIPMENT = ['dry-van', 'reefer', 'flatbed'] as const;
export type Equipment = (typeof EQUIPMENT)[number];

/** What a truck in Europe may carry. */
export const WEIGHT_KG_MAX = 24_000;

export interface Load {
  readonly origin: City;
  readonly destination: City;
  readonly weight_kg: number;
  readonly equipment: Equipment;
}

/** Reads the four fields of a load; what is wrong is noted in `input`. */
export function readLoad(input: Input): Load {
  const load = {
    origin: input.oneOf('origin', CITY_NAMES),
    destination: input.oneOf('destination', CITY_NAMES),
    weight_kg: input.integer('weight_kg', 1, WEIGHT_KG_MAX),
    equipment: input.oneOf('equipment', EQUIPMENT),
  };
  if (load.origin === load.destination) input.reject('destination', 'must be another city than the origin');
  return load;
}

/**
 * What a carrier reports on the way (X12 214). `dispatched` is the first;
 * `delivered` is the last, or `withdrawn` when the tender was taken back.
 */
export const MILESTONES = [
  'dispatched',
  'picked-up',
  'departed',
  'delayed',
  'delivered',
  'withdrawn',
] as const;
export type Milestone = (typeof MILESTONES)[number];

/** Topics of the broker. */
export const TRACKING_EVENTS = 'tracking-events';
export const SHIPMENT_EVENTS = 'shipment-events';

/** A carrier's report, and a record of `tracking-events`. */
export interface MilestoneEvent {
  readonly shipment_id: string;
  readonly carrier: string;
  /** Counts the carrier's reports about this shipment from 0: a later one is newer. */
  readonly sequence: number;
  readonly milestone: Milestone;
  readonly at_ms: number;
}

const SEQUENCE_MAX = 1000;

/** @throws Problem 400 when it is none */
export function readMilestoneEvent(value: unknown): MilestoneEvent {
  const input = new Input(value);
  const event = {
    shipment_id: input.text('shipment_id', 40),
    carrier: input.text('carrier', 8),
    sequence: input.integer('sequence', 0, SEQUENCE_MAX),
    milestone: input.oneOf('milestone', MILESTONES),
    at_ms: input.integer('at_ms', 0, Number.MAX_SAFE_INTEGER),
  };
  input.check();
  return event;
}

/** A record of `shipment-events`. */
export interface ShipmentEvent {
  readonly type: 'booked' | 'delivered';
  readonly shipment_id: string;
  readonly carrier: string;
  readonly price_cents: number;
  /** Deliveries are counted from 1 without a gap; 0 for a booking. */
  readonly delivery_number: number;
  readonly at_ms: number;
}

/** Far above any price of ours: a hundred million. */
export const CENTS_MAX = 10_000_000_000;

/** @throws Problem 400 when it is none */
export function readShipmentEvent(value: unknown): ShipmentEvent {
  const input = new Input(value);
  const event = {
    type: input.oneOf('type', ['booked', 'delivered']),
    shipment_id: input.text('shipment_id', 40),
    carrier: input.text('carrier', 8),
    price_cents: input.integer('price_cents', 1, CENTS_MAX),
    delivery_number: input.integer('delivery_number', 0, Number.MAX_SAFE_INTEGER),
    at_ms: input.integer('at_ms', 0, Number.MAX_SAFE_INTEGER),
  };
  input.check();
  return event;
}
