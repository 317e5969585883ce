/** Shipments: books them, follows their state, and tells others what has happened. */
import { logger, metrics, serve } from '@plimsoll/sdk';
import type { Request } from 'express';
import { repeat } from '#sample-services/lib/background.ts';
import { Deadline } from '#sample-services/lib/core/deadline.ts';
import { readMilestoneEvent, SHIPMENT_EVENTS, TRACKING_EVENTS } from '#sample-services/lib/core/freight.ts';
import { Input } from '#sample-services/lib/core/input.ts';
import { Problem } from '#sample-services/lib/core/problem.ts';
import { Environment, readAddress } from '#sample-services/lib/env.ts';
import { HttpBus } from '#sample-services/lib/http-bus.ts';
import { answerProblems, createApp, deadlineOf, monotonicMs, pathPart } from '#sample-services/lib/http.ts';
import { Inbox } from '#sample-services/lib/inbox.ts';
import { Outbox } from '#sample-services/lib/outbox.ts';
import { Peer } from '#sample-services/lib/peer.ts';
import { openDatabase } from '#sample-services/lib/sqlite.ts';
import { Booking } from '#sample-services/shipments/booking.ts';
import { SHIPMENTS_SCHEMA } from '#sample-services/shipments/schema.ts';
import { ShipmentStore, type Shipment } from '#sample-services/shipments/store.ts';

const CLEAN_EVERY_MS = 5000;
const WITHDRAW_EVERY_MS = 500;
const WITHDRAWALS_AT_ONCE = 20;
const WITHDRAW_TIMEOUT_MS = 3000;

const env = new Environment(process.env);
const address = readAddress(env);
const directory = env.text('DATA_DIR');
const bus = new HttpBus(env.url('BROKER_URL'));
const peers = {
  quotes: new Peer('quotes', env.url('QUOTES_URL')),
  dispatch: new Peer('dispatch', env.url('DISPATCH_URL')),
};
env.check();

const states = metrics.counter({
  name: 'freight_shipments_total',
  help: 'Shipments by each state they came into.',
  labelNames: ['state'],
});

const database = openDatabase({ directory, name: 'shipments', schema: SHIPMENTS_SCHEMA, isTraced: true });
const outbox = new Outbox(database, bus, SHIPMENT_EVENTS);
const store = new ShipmentStore(database, outbox, (state) => states.inc({ state }));
const booking = new Booking(store, peers);
const inbox = new Inbox({
  database,
  bus,
  topic: TRACKING_EVENTS,
  group: 'shipments',
  handle: (value) => store.report(readMilestoneEvent(value), Date.now()),
});

const interrupted = store.refuseAllTendering(Date.now());
if (interrupted > 0)
  logger.warn({ shipments: interrupted }, 'bookings cut off by the last stop were cancelled');

async function withdrawSome(): Promise<void> {
  for (const id of store.withdrawals(WITHDRAWALS_AT_ONCE)) {
    await booking.withdraw(id, new Deadline(WITHDRAW_TIMEOUT_MS, monotonicMs));
  }
}

function clientOf(request: Request): string {
  const client = request.get('x-client-id') ?? '';
  if (client !== '') return client;
  throw new Problem(400, 'Bad request', { detail: 'the header x-client-id is missing' });
}

function answerOf({ id, state, carrier, origin, destination, priceCents }: Shipment) {
  return { shipment_id: id, state, carrier, origin, destination, price_cents: priceCents, currency: 'EUR' };
}

const app = createApp();
app.post('/shipments', async (request, response) => {
  const input = new Input(request.body);
  const quoteId = input.text('quote_id');
  const idempotencyKey = request.get('idempotency-key') ?? '';
  if (!/^[\x21-\x7e]{1,100}$/.test(idempotencyKey)) {
    input.reject('Idempotency-Key', 'must be a header of 1 to 100 visible characters');
  }
  input.check();
  outbox.assertRoom();
  const client = clientOf(request);
  const shipment = await booking.book({ client, idempotencyKey, quoteId, deadline: deadlineOf(request) });
  logger.info({ shipment_id: shipment.id, carrier: shipment.carrier }, 'shipment booked');
  response.status(201).json(answerOf(shipment));
});
app.get('/shipments/:id', (request, response) => {
  const shipment = store.byId(pathPart(request, 'id'));
  if (shipment === undefined || shipment.client !== clientOf(request)) {
    throw new Problem(404, 'Not found', { detail: 'there is no such shipment' });
  }
  response.json(answerOf(shipment));
});
app.get('/reconciliation', (request, response) => {
  const through = Number(request.query['through'] ?? 0);
  if (!Number.isSafeInteger(through) || through < 0) {
    throw new Problem(400, 'Bad request', { detail: 'through must be a whole number from 0' });
  }
  response.json(store.books(through));
});
answerProblems(app);

const work = [
  outbox.start(),
  inbox.start(),
  repeat('withdrawing tenders', WITHDRAW_EVERY_MS, withdrawSome),
  repeat('deleting old shipments', CLEAN_EVERY_MS, () => {
    store.deleteOld(Date.now());
    inbox.forgetOld(Date.now());
  }),
];
await serve(app, {
  ...address,
  onStop: async () => {
    await Promise.all(work.map((background) => background.stop()));
    database.close();
  },
});
