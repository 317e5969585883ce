/**
 * An accepted shipment on the road: when which milestone is reached, and where the
 * truck is in between. Laid out in full from the seed, so that after a restart a
 * trip goes on where it was.
 */
import type { Carrier } from '#sample-services/carriers/core/fleet.ts';
import type { Milestone } from '#sample-services/lib/core/freight.ts';
import {
  distanceKm,
  positionBetween,
  type City,
  type Position,
} from '#sample-services/lib/core/geography.ts';
import { between, chance } from '#sample-services/lib/core/random.ts';

export interface Journey {
  readonly shipmentId: string;
  readonly origin: City;
  readonly destination: City;
  /** Epoch milliseconds. */
  readonly acceptedMs: number;
  /** Which offer for this shipment was accepted, from 0. */
  readonly offerNumber: number;
}

export interface Stage {
  readonly milestone: Milestone;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

export interface World {
  readonly seed: number;
  /** Seconds of the road that pass in one second of ours; 1 or more. */
  readonly timeFactor: number;
}

/** Hours of the road. */
const UNTIL_PICK_UP_H = [1, 3] as const;
const LOADING_H = [0.5, 1.5] as const;
const DELAY_H = [0.5, 2] as const;
const UNLOADING_H = 0.5;
/** Of all trips. */
const DELAYED_SHARE = 0.08;

/** All stages of a trip, in order; the first is `dispatched`, the last `delivered`. */
export function stagesOf(journey: Journey, carrier: Carrier, { seed, timeFactor }: World): readonly Stage[] {
  const { shipmentId, origin, destination, acceptedMs } = journey;
  const hours = (span: readonly [number, number], what: string): number =>
    between(span[0], span[1], seed, what, shipmentId);
  const drivingH = distanceKm(origin, destination) / carrier.speedKmh;
  const delayH = chance(seed, 'delayed', shipmentId) < DELAYED_SHARE ? hours(DELAY_H, 'delay') : 0;
  const pickedUpH = hours(UNTIL_PICK_UP_H, 'pick-up');
  const departedH = pickedUpH + hours(LOADING_H, 'loading');
  const halfwayH = departedH + drivingH / 2;
  const deliveredH = departedH + drivingH + delayH + UNLOADING_H;
  const stage = (milestone: Milestone, afterH: number): Stage => ({
    milestone,
    atMs: Math.round(acceptedMs + (afterH * 3_600_000) / timeFactor),
  });
  return [
    stage('dispatched', 0),
    stage('picked-up', pickedUpH),
    stage('departed', departedH),
    ...(delayH > 0 ? [stage('delayed', halfwayH), stage('departed', halfwayH + delayH)] : []),
    stage('delivered', deliveredH),
  ];
}

/** More than a trip has stages. */
const SEQUENCES_PER_OFFER = 100;

/** Number of a report: one about a later offer is newer than all about an earlier one. */
export function sequenceOf(offerNumber: number, stage: number): number {
  return offerNumber * SEQUENCES_PER_OFFER + stage;
}

/** The inverse of {@link sequenceOf}. */
export function stageOf(sequence: number): { readonly offerNumber: number; readonly stage: number } {
  return {
    offerNumber: Math.floor(sequence / SEQUENCES_PER_OFFER),
    stage: sequence % SEQUENCES_PER_OFFER,
  };
}

/** Where the truck is; undefined before it has picked up and after it has delivered. */
export function positionAt(journey: Journey, stages: readonly Stage[], nowMs: number): Position | undefined {
  const timeOf = (milestone: Milestone): number =>
    stages.find((stage) => stage.milestone === milestone)?.atMs ?? 0;
  const deliveredMs = stages.at(-1)?.atMs ?? 0;
  if (nowMs < timeOf('picked-up') || nowMs > deliveredMs) return undefined;
  const departedMs = timeOf('departed');
  const share = (nowMs - departedMs) / Math.max(1, deliveredMs - departedMs);
  return positionBetween(journey.origin, journey.destination, share);
}
