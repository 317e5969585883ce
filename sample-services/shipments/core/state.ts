/** The life of a shipment. */
import type { Milestone } from '#sample-services/lib/core/freight.ts';

/**
 * - `tendering`: a carrier is being looked for while the customer waits;
 * - `booked`: a carrier has accepted it;
 * - `picked-up`, `in-transit`, `delayed`: on the road, as the carrier reports;
 * - `delivered`, `cancelled`: for good.
 */
export type ShipmentState =
  | 'tendering'
  | 'booked'
  | 'picked-up'
  | 'in-transit'
  | 'delayed'
  | 'delivered'
  | 'cancelled';

export interface Progress {
  readonly state: ShipmentState;
  /** Number of the newest report; -1 before the first. */
  readonly sequence: number;
  /** What the newest report said. */
  readonly milestone: Milestone | undefined;
}

export const TENDERING: Progress = { state: 'tendering', sequence: -1, milestone: undefined };

/** A carrier has it. Its first reports may have been faster than its answer. */
export function afterAcceptance(progress: Progress): Progress {
  if (progress.state !== 'tendering') return progress;
  return { ...progress, state: stateAfter(progress.milestone) };
}

/** No carrier, or an answer nobody knows: it is not booked, and never will be. */
export function afterRefusal(progress: Progress): Progress {
  return progress.state === 'tendering' ? { ...progress, state: 'cancelled' } : progress;
}

/** The same object when the report changes nothing: it is old, repeated or too late. */
export function afterReport(progress: Progress, sequence: number, milestone: Milestone): Progress {
  if (sequence <= progress.sequence) return progress;
  const noted = { ...progress, sequence, milestone };
  switch (progress.state) {
    case 'tendering':
      return noted;
    case 'booked':
    case 'picked-up':
    case 'in-transit':
    case 'delayed':
      return { ...noted, state: stateAfter(milestone) };
    case 'delivered':
    case 'cancelled':
      return progress;
    default:
      return progress.state satisfies never;
  }
}

/** Of a shipment that a carrier has. */
function stateAfter(milestone: Milestone | undefined): ShipmentState {
  switch (milestone) {
    case undefined:
    case 'dispatched':
    // Taken back from one carrier because another has it.
    case 'withdrawn':
      return 'booked';
    case 'picked-up':
      return 'picked-up';
    case 'departed':
      return 'in-transit';
    case 'delayed':
      return 'delayed';
    case 'delivered':
      return 'delivered';
    default:
      return milestone satisfies never;
  }
}
