/** The carriers there are, and how each answers a tender: the same answer for the same shipment and seed. */
import type { Equipment } from '#sample-services/lib/core/freight.ts';
import { between, chance } from '#sample-services/lib/core/random.ts';

export interface Carrier {
  /** Two to four letters, as carriers are named in EDI (SCAC). */
  readonly code: string;
  readonly equipment: readonly Equipment[];
  /** Share of tenders it takes. */
  readonly acceptShare: number;
  /** Share of tenders it leaves unanswered until they lapse. */
  readonly silentShare: number;
  /** Its people and computers take that long to answer, in milliseconds. */
  readonly answerMs: readonly [min: number, max: number];
  readonly speedKmh: number;
}

export const CARRIERS: readonly Carrier[] = [
  {
    code: 'NRDK',
    equipment: ['dry-van', 'reefer'],
    acceptShare: 0.9,
    silentShare: 0.005,
    answerMs: [8, 40],
    speedKmh: 72,
  },
  {
    code: 'HALB',
    equipment: ['dry-van', 'flatbed'],
    acceptShare: 0.85,
    silentShare: 0.01,
    answerMs: [5, 60],
    speedKmh: 76,
  },
  {
    code: 'KEST',
    equipment: ['dry-van', 'reefer', 'flatbed'],
    acceptShare: 0.8,
    silentShare: 0.005,
    answerMs: [10, 80],
    speedKmh: 69,
  },
  {
    code: 'VOSS',
    equipment: ['reefer', 'flatbed'],
    acceptShare: 0.9,
    silentShare: 0.01,
    answerMs: [5, 50],
    speedKmh: 74,
  },
  {
    code: 'LUDO',
    equipment: ['dry-van', 'reefer', 'flatbed'],
    acceptShare: 0.95,
    silentShare: 0.002,
    answerMs: [15, 70],
    speedKmh: 66,
  },
];

/** X12 990: what a carrier answers a load tender (204) with; `none` when it lets it lapse. */
export type Decision = 'accept' | 'decline' | 'none';

export interface TenderAnswer {
  readonly decision: Decision;
  readonly afterMs: number;
}

export interface Tender {
  readonly shipmentId: string;
  readonly equipment: Equipment;
  /** The tender lapses after that time. */
  readonly respondWithinMs: number;
}

export function carrierOf(code: string): Carrier | undefined {
  return CARRIERS.find((carrier) => carrier.code === code);
}

export function answerTo(tender: Tender, carrier: Carrier, seed: number): TenderAnswer {
  const { shipmentId, equipment, respondWithinMs } = tender;
  const words = [seed, carrier.code, shipmentId];
  const [minMs, maxMs] = carrier.answerMs;
  const afterMs = Math.round(between(minMs, maxMs, 'answer', ...words));
  if (chance('silent', ...words) < carrier.silentShare || afterMs >= respondWithinMs) {
    return { decision: 'none', afterMs: respondWithinMs };
  }
  const canCarry = carrier.equipment.includes(equipment);
  const accepts = canCarry && chance('accept', ...words) < carrier.acceptShare;
  return { decision: accepts ? 'accept' : 'decline', afterMs };
}
