/** Carriers: the outside world. They answer tenders, drive, and report where they are. */
import { setTimeout as sleep } from 'node:timers/promises';
import { metrics, serve } from '@plimsoll/sdk';
import type { Response } from 'express';
import { answerTo, carrierOf, type Carrier, type Decision } from '#sample-services/carriers/core/fleet.ts';
import { Roads } from '#sample-services/carriers/roads.ts';
import { readLoad } from '#sample-services/lib/core/freight.ts';
import { Input } from '#sample-services/lib/core/input.ts';
import { Problem } from '#sample-services/lib/core/problem.ts';
import { Environment, readAddress } from '#sample-services/lib/env.ts';
import { answerProblems, createApp, pathPart } from '#sample-services/lib/http.ts';
import { Peer } from '#sample-services/lib/peer.ts';

/** A carrier does not think longer about a tender, whatever it is given. */
const RESPOND_WITHIN_MS_MAX = 5000;
/** There are not that many carriers. */
const OFFER_NUMBER_MAX = 9;

const env = new Environment(process.env);
const address = readAddress(env);
const tracking = new Peer('tracking', env.url('TRACKING_URL'));
const seed = env.integer('SEED', { min: 0, max: Number.MAX_SAFE_INTEGER, instead: 1 });
// An hour on the road takes a second: most trips are over in half a minute.
const timeFactor = env.integer('TIME_FACTOR', { min: 1, max: 1_000_000, instead: 3600 });
env.check();

const roads = new Roads(tracking, { seed, timeFactor });
const answers = metrics.counter({
  name: 'freight_carrier_answers_total',
  help: 'Answers (990) to tenders (204).',
  labelNames: ['carrier', 'decision'],
});

const app = createApp();
app.post('/carriers/:code/tenders', async (request, response) => {
  const carrier = carrierOf(pathPart(request, 'code'));
  if (carrier === undefined) throw new Problem(404, 'Not found', { detail: 'there is no such carrier' });
  const input = new Input(request.body);
  const shipmentId = input.text('shipment_id', 40);
  const load = readLoad(input);
  const offerNumber = input.integer('offer_number', 0, OFFER_NUMBER_MAX);
  const respondWithinMs = input.integer('respond_within_ms', 1, RESPOND_WITHIN_MS_MAX);
  input.check();
  const { decision, afterMs } = answerTo(
    { shipmentId, equipment: load.equipment, respondWithinMs },
    carrier,
    seed,
  );
  await sleep(afterMs);
  const { origin, destination } = load;
  const journey = { shipmentId, origin, destination, acceptedMs: Date.now(), offerNumber };
  answer(response, carrier, decision === 'accept' && roads.isFull ? 'decline' : decision, () =>
    roads.begin(journey, carrier),
  );
});

/** Whoever has hung up will not hear of an acceptance, so there is none. */
function answer(response: Response, carrier: Carrier, decision: Decision, begin: () => void): void {
  if (response.destroyed) return;
  answers.inc({ carrier: carrier.code, decision });
  if (decision === 'accept') begin();
  response.json({ carrier: carrier.code, decision });
}

app.delete('/carriers/:code/tenders/:shipment', (request, response) => {
  roads.withdraw(pathPart(request, 'shipment'), pathPart(request, 'code'));
  response.status(204).end();
});
app.delete('/tenders/:shipment', (request, response) => {
  roads.withdraw(pathPart(request, 'shipment'));
  response.status(204).end();
});
answerProblems(app);

const work = [...roads.start(), roads.resume()];
await serve(app, {
  ...address,
  onStop: async () => {
    await Promise.all(work.map((background) => background.stop()));
  },
});
