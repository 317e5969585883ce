/** What carrying a load costs. */
import type { Equipment, Load } from '#sample-services/lib/core/freight.ts';
import { distanceKm } from '#sample-services/lib/core/geography.ts';

/** Of each load, for paperwork and the dock. */
const BASE_CENTS = 4_500;
const CENTS_PER_KM: Readonly<Record<Equipment, number>> = { 'dry-van': 118, reefer: 149, flatbed: 133 };
/** A tonne more on the road for a kilometre. */
const CENTS_PER_TONNE_KM = 3.2;
/** Diesel, as a share of the line haul, in ten thousandths. */
export const FUEL_SURCHARGE_BASIS_POINTS = 2_150;

/** What does not depend on the weight; the same for every load on a lane. */
export interface LaneRate {
  readonly distanceKm: number;
  readonly lineHaulCents: number;
}

export interface Price {
  readonly distanceKm: number;
  readonly lineHaulCents: number;
  readonly fuelCents: number;
  /** What the customer pays: the sum of both. */
  readonly totalCents: number;
}

export function laneRate({ origin, destination, equipment }: Omit<Load, 'weight_kg'>): LaneRate {
  const km = distanceKm(origin, destination);
  return { distanceKm: km, lineHaulCents: BASE_CENTS + km * CENTS_PER_KM[equipment] };
}

/** Whole cents at every step, so that the parts always add up to the total. */
export function price(lane: LaneRate, weightKg: number): Price {
  const weightCents = Math.round((weightKg / 1000) * lane.distanceKm * CENTS_PER_TONNE_KM);
  const lineHaulCents = lane.lineHaulCents + weightCents;
  const fuelCents = Math.round((lineHaulCents * FUEL_SURCHARGE_BASIS_POINTS) / 10_000);
  return {
    distanceKm: lane.distanceKm,
    lineHaulCents,
    fuelCents,
    totalCents: lineHaulCents + fuelCents,
  };
}
