/** What tracking knows of a shipment on the road, and how a report changes it. */
import type { Milestone } from '#sample-services/lib/core/freight.ts';

/**
 * - `waiting`: a carrier has it, the truck has not come yet;
 * - `moving`: picked up, positions are expected;
 * - `over`: delivered or withdrawn.
 */
export type Phase = 'waiting' | 'moving' | 'over';

export function phaseAfter(milestone: Milestone): Phase {
  switch (milestone) {
    case 'dispatched':
      return 'waiting';
    case 'picked-up':
    case 'departed':
    case 'delayed':
      return 'moving';
    case 'delivered':
    case 'withdrawn':
      return 'over';
    default:
      return milestone satisfies never;
  }
}

export interface Trip {
  /** Number of the newest report. */
  readonly sequence: number;
  readonly phase: Phase;
}

/**
 * The trip after a report. One that is older than the newest was late on the way:
 * it is kept in the history and changes nothing else.
 */
export function afterReport(trip: Trip | undefined, sequence: number, milestone: Milestone): Trip {
  if (trip !== undefined && sequence <= trip.sequence) return trip;
  return { sequence, phase: phaseAfter(milestone) };
}
