/**
 * Tendering a load: one carrier after the other is offered it (X12 204) and
 * accepts, declines or lets the offer lapse (990), until one has it.
 */
import { PeerFailure } from '#sample-services/lib/core/peer-failure.ts';

export type Decision = 'accept' | 'decline' | 'none';

export interface Offer {
  readonly carrier: string;
  /** `lost`: no answer arrived, so it may have been accepted. */
  readonly decision: Decision | 'lost';
}

export interface Tendering {
  /** The carrier that has the load; undefined when all were asked in vain. */
  readonly carrier: string | undefined;
  readonly offers: readonly Offer[];
}

export interface Carriers {
  /**
   * @param number of this offer for the load, from 0
   * @throws PeerFailure
   */
  offer(carrier: string, number: number): Promise<Decision>;
  /** An offer without an answer is taken back, so that no two carriers have one load. */
  withdraw(carrier: string): void;
}

/** Lost answers in a row after which it is not this carrier's fault. */
const LOST_MAX = 2;

/**
 * @throws PeerFailure when the carriers cannot be reached; whoever asked for the
 * tender takes the whole of it back
 */
export async function tender(order: readonly string[], carriers: Carriers): Promise<Tendering> {
  const offers: Offer[] = [];
  let lost = 0;
  for (const [number, carrier] of order.entries()) {
    try {
      const decision = await carriers.offer(carrier, number);
      offers.push({ carrier, decision });
      if (decision === 'accept') return { carrier, offers };
    } catch (error) {
      lost += 1;
      if (lost >= LOST_MAX || !(error instanceof PeerFailure) || error.kind !== 'timeout') throw error;
      carriers.withdraw(carrier);
      offers.push({ carrier, decision: 'lost' });
    }
  }
  return { carrier: undefined, offers };
}
