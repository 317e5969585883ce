/** Billing: an invoice for each delivery, and the proof that none is missing and none is too much. */
import { logger, metrics, serve } from '@plimsoll/sdk';
import { reconcile, type Deliveries } from '#sample-services/billing/core/reconciliation.ts';
import { BILLING_SCHEMA, InvoiceStore } from '#sample-services/billing/store.ts';
import { repeat } from '#sample-services/lib/background.ts';
import { Deadline } from '#sample-services/lib/core/deadline.ts';
import { readShipmentEvent, SHIPMENT_EVENTS } from '#sample-services/lib/core/freight.ts';
import { Environment, readAddress } from '#sample-services/lib/env.ts';
import { HttpBus } from '#sample-services/lib/http-bus.ts';
import { answerProblems, createApp, monotonicMs } from '#sample-services/lib/http.ts';
import { Inbox } from '#sample-services/lib/inbox.ts';
import { Peer } from '#sample-services/lib/peer.ts';
import { openDatabase } from '#sample-services/lib/sqlite.ts';

const CLEAN_EVERY_MS = 10_000;
const ASK_TIMEOUT_MS = 3000;

const env = new Environment(process.env);
const address = readAddress(env);
const directory = env.text('DATA_DIR');
const bus = new HttpBus(env.url('BROKER_URL'));
const shipments = new Peer('shipments', env.url('SHIPMENTS_URL'));
const reconcileEveryMs = 1000 * env.integer('RECONCILE_EVERY_S', { min: 1, max: 3600, instead: 2 });
const pendingMsMax = 1000 * env.integer('PENDING_AGE_S_MAX', { min: 1, max: 86_400, instead: 300 });
env.check();

const issued = metrics.counter({ name: 'freight_invoices_total', help: 'Invoices written.' });
const issuedCents = metrics.counter({
  name: 'freight_invoiced_cents_total',
  help: 'Cents of the invoices written.',
});
const pendingCount = metrics.gauge({
  name: 'freight_invoices_pending',
  help: 'Deliveries without an invoice yet.',
});
const checks = metrics.counter({
  name: 'freight_reconciliation_checks_total',
  help: 'Checks of: shipments delivered = invoices + pending, in number and to the cent.',
  labelNames: ['result'],
});
for (const result of ['consistent', 'violated']) checks.inc({ result }, 0);

const database = openDatabase({ directory, name: 'billing', schema: BILLING_SCHEMA });
const store = new InvoiceStore(database);
const inbox = new Inbox({
  database,
  bus,
  topic: SHIPMENT_EVENTS,
  group: 'billing',
  handle: (value) => {
    const event = readShipmentEvent(value);
    if (event.type !== 'delivered' || !store.add(event, Date.now())) return;
    issued.inc();
    issuedCents.inc(event.price_cents);
    logger.info({ shipment_id: event.shipment_id, cents: event.price_cents }, 'invoice issued');
  },
});

async function deliveriesThrough(through: number): Promise<Deliveries> {
  const deadline = new Deadline(ASK_TIMEOUT_MS, monotonicMs);
  const path = `/reconciliation?through=${through}`;
  const { status, body } = await shipments.call({ method: 'GET', path, deadline, isIdempotent: true });
  if (status !== 200) throw new Error(`shipments answered ${status} to ${path}`);
  const answer = body as Readonly<Record<string, number | null>>;
  return {
    deliveredCount: answer['delivered_count'] ?? 0,
    deliveredCents: answer['delivered_cents'] ?? 0,
    throughCents: answer['through_cents'] ?? undefined,
    oldestPendingMs: answer['next_delivered_ms'] ?? undefined,
  };
}

async function check(): Promise<void> {
  // Our books first: whatever arrives meanwhile makes theirs larger, never ours.
  const books = store.books();
  const deliveries = await deliveriesThrough(books.through);
  const { result, reasons, pending } = reconcile(books, deliveries, { nowMs: Date.now(), pendingMsMax });
  pendingCount.set(Math.max(0, pending.count));
  checks.inc({ result });
  if (result === 'violated') logger.error({ reasons }, 'the books do not agree with the deliveries');
}

const app = createApp();
app.get('/books', (_request, response) => {
  response.json(store.books());
});
answerProblems(app);

const work = [
  inbox.start(),
  repeat('reconciling', reconcileEveryMs, check),
  repeat('deleting old invoices', CLEAN_EVERY_MS, () => {
    store.deleteOld();
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
