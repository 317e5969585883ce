/**
 * What customers do, as data: each journey is a row of requests with time to
 * think before each. A request that needs what an earlier one was to bring is
 * not made when that one failed: the customer has given up.
 */
import { EQUIPMENT, WEIGHT_KG_MAX, type Load } from '#sample-services/lib/core/freight.ts';
import { CITY_NAMES, type City } from '#sample-services/lib/core/geography.ts';
import { RandomStream } from '#sample-services/load/core/random-stream.ts';

export type StepName =
  | 'POST /token'
  | 'POST /quotes'
  | 'POST /shipments'
  | 'GET /shipments/:id'
  | 'GET /shipments/:id/tracking';

export type JourneyName = 'login' | 'compare' | 'ship';

export interface Step {
  readonly name: StepName;
  /** What it cannot be made without. */
  readonly needs: 'nothing' | 'quote' | 'shipment';
  /** Mean time to think before it, exponential. */
  readonly thinkMs: number;
}

export interface Journey {
  readonly name: JourneyName;
  /** Share of all customers. */
  readonly share: number;
  readonly steps: readonly Step[];
}

const QUOTE: Step = { name: 'POST /quotes', needs: 'nothing', thinkMs: 500 };
const BOOK: Step = { name: 'POST /shipments', needs: 'quote', thinkMs: 1000 };
const TRACK: Step = { name: 'GET /shipments/:id/tracking', needs: 'shipment', thinkMs: 1500 };
const LOOK: Step = { name: 'GET /shipments/:id', needs: 'shipment', thinkMs: 1500 };

/** People think as much faster as the trucks of this company drive faster. */
export const JOURNEYS: readonly [Journey, ...Journey[]] = [
  // Three lanes or dates side by side: each quote is worth having without the others.
  { name: 'compare', share: 0.5, steps: [QUOTE, QUOTE, QUOTE] },
  { name: 'ship', share: 0.5, steps: [QUOTE, BOOK, TRACK, LOOK, TRACK, LOOK] },
];

/** Made when there is no token yet, and again before it runs out. */
export const LOGIN: Journey = {
  name: 'login',
  share: 0,
  steps: [{ name: 'POST /token', needs: 'nothing', thinkMs: 0 }],
};

/** Requests of a journey nobody gives up, in the mean: a rate of requests is so many times that of customers. */
export const REQUESTS_PER_JOURNEY = JOURNEYS.reduce((sum, { share, steps }) => sum + share * steps.length, 0);

/** One customer on the way. */
export interface Visit {
  readonly journey: Journey;
  /** Of the step that is next or under way. */
  step: number;
  quoteId: string | undefined;
  shipmentId: string | undefined;
  readonly random: RandomStream;
}

export function newVisit(seed: number, number: number): Visit {
  const random = new RandomStream(seed, number);
  const drawn = random.next();
  let sum = 0;
  const journey = JOURNEYS.find(({ share }) => drawn < (sum += share)) ?? JOURNEYS[0];
  return { journey, step: 0, quoteId: undefined, shipmentId: undefined, random };
}

/** The index of the first step from `from` on that can be made; undefined when the journey is over. */
export function nextStep(visit: Visit, from: number): number | undefined {
  const { steps } = visit.journey;
  const index = steps.findIndex(({ needs }, at) => at >= from && isPossible(needs, visit));
  return index === -1 ? undefined : index;
}

function isPossible(needs: Step['needs'], { quoteId, shipmentId }: Visit): boolean {
  switch (needs) {
    case 'nothing':
      return true;
    case 'quote':
      return quoteId !== undefined;
    case 'shipment':
      return shipmentId !== undefined;
    default:
      return needs satisfies never;
  }
}

/** A load somebody wants carried; never to where it is already. */
export function drawLoad(random: RandomStream): Load {
  const origin = random.pick(CITY_NAMES);
  const others = CITY_NAMES.filter((city) => city !== origin) as [City, ...City[]];
  return {
    origin,
    destination: random.pick(others),
    weight_kg: 1 + Math.floor(random.next() * WEIGHT_KG_MAX),
    equipment: random.pick(EQUIPMENT),
  };
}
