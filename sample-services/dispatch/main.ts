/** Dispatch: finds a carrier for a load. */
import { logger, metrics, serve, withSpan } from '@plimsoll/sdk';
import { carriersFor } from '#sample-services/dispatch/core/routing-guide.ts';
import { tender, type Decision } from '#sample-services/dispatch/core/tender.ts';
import { Deadline } from '#sample-services/lib/core/deadline.ts';
import { readLoad, type Load } from '#sample-services/lib/core/freight.ts';
import { Input } from '#sample-services/lib/core/input.ts';
import { Problem } from '#sample-services/lib/core/problem.ts';
import { Environment, readAddress } from '#sample-services/lib/env.ts';
import { answerProblems, createApp, deadlineOf, monotonicMs, pathPart } from '#sample-services/lib/http.ts';
import { Peer } from '#sample-services/lib/peer.ts';

/** A carrier that has not answered by then has let the offer lapse. */
const RESPOND_WITHIN_MS = 300;
/** Longer than the offer stands: a slow line is no reason to ask the next. */
const OFFER_TIMEOUT_MS = 2000;
const WITHDRAW_TIMEOUT_MS = 5000;

const env = new Environment(process.env);
const address = readAddress(env);
const carriers = new Peer('carriers', env.url('CARRIERS_URL'));
env.check();

const offers = metrics.counter({
  name: 'freight_tender_offers_total',
  help: 'Offers (204) by how the carrier answered (990).',
  labelNames: ['carrier', 'decision'],
});

interface Shipment extends Load {
  readonly shipment_id: string;
}

interface Asked {
  readonly carrier: string;
  readonly number: number;
}

/** Tendering may repeat an offer: a carrier answers the same again for the same shipment. */
async function offer(shipment: Shipment, { carrier, number }: Asked, deadline: Deadline): Promise<Decision> {
  const attributes = { 'freight.edi.transaction_set': '204', 'freight.carrier.code': carrier };
  return withSpan('tender 204', { attributes }, async () => {
    const answer = await carriers.call({
      method: 'POST',
      path: `/carriers/${carrier}/tenders`,
      deadline,
      timeoutMs: OFFER_TIMEOUT_MS,
      body: { ...shipment, offer_number: number, respond_within_ms: RESPOND_WITHIN_MS },
      isIdempotent: true,
    });
    const input = new Input(answer.body);
    const decision = input.oneOf('decision', ['accept', 'decline', 'none']);
    if (answer.status !== 200) throw new Error(`carrier ${carrier} answered ${answer.status}`);
    input.check();
    offers.inc({ carrier, decision });
    return decision;
  });
}

function withdraw(path: string): Promise<unknown> {
  const deadline = new Deadline(WITHDRAW_TIMEOUT_MS, monotonicMs);
  return carriers.call({ method: 'DELETE', path, deadline, isIdempotent: true });
}

const app = createApp();
app.post('/tenders', async (request, response) => {
  const input = new Input(request.body);
  const shipment = { shipment_id: input.text('shipment_id', 40), ...readLoad(input) };
  input.check();
  const deadline = deadlineOf(request);
  const tendering = await tender(carriersFor(shipment), {
    offer: (carrier, number) => offer(shipment, { carrier, number }, deadline),
    withdraw: (carrier) => {
      const path = `/carriers/${carrier}/tenders/${shipment.shipment_id}`;
      withdraw(path).catch(() => logger.warn({ carrier }, 'an offer could not be taken back'));
    },
  });
  if (tendering.carrier === undefined) {
    const asked = tendering.offers.map(({ carrier, decision }) => `${carrier} ${decision}`).join(', ');
    throw new Problem(409, 'No carrier', { detail: `no carrier took the load: ${asked}` });
  }
  response.status(201).json({ shipment_id: shipment.shipment_id, ...tendering });
});
app.delete('/tenders/:shipment', async (request, response) => {
  await withdraw(`/tenders/${encodeURIComponent(pathPart(request, 'shipment'))}`);
  response.status(204).end();
});
answerProblems(app);
await serve(app, address);
