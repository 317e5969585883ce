/**
 * The freight company through kills: every booking that was confirmed is driven,
 * delivered and invoiced exactly once, to the cent.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceName } from '#sample-services/topology.ts';
import { CLIENT, Company } from '#test/support/freight.ts';
import { until } from '#test/support/wait.ts';

const BOOKINGS = 60;
const AT_ONCE = 6;
const BOOK_MS_MAX = 20_000;
const DELIVER_MS_MAX = 30_000;
/** Six hours of the road in a second: a trip takes two or three. */
const TIME_FACTOR = 21_600;

interface Booked {
  readonly shipmentId: string;
  readonly cents: number;
}

interface Books {
  readonly invoiceCount: number;
  readonly invoiceCents: number;
  readonly balanceCents: number;
}

class Customer {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  }

  async ask(path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
    const response = await fetch(this.#url + path, {
      headers: { ...this.#headers, ...headers },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    const type = response.headers.get('content-type') ?? '';
    if (!response.ok) assert.match(type, /^application\/problem\+json/);
    return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
  }

  /** As a patient customer does: the same key until there is an answer that stands. */
  async book(number: number): Promise<Booked> {
    for (let attempt = 0; ; attempt += 1) {
      const load = {
        origin: 'Hamburg',
        destination: 'Munich',
        weight_kg: 1000 + number,
        equipment: 'dry-van',
      };
      const quote = await this.answered('/quotes', load);
      const key = { 'idempotency-key': `booking-${number}-${attempt}` };
      const body = { quote_id: quote.body['quote_id'] };
      const answer = await this.answered('/shipments', body, key);
      // 409: no carrier took it; that answer stands too, and another load may do better.
      if (answer.status === 409) continue;
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      return { shipmentId: String(answer.body['shipment_id']), cents: Number(quote.body['price_cents']) };
    }
  }

  /** Asks until there is an answer that is not the service's own trouble. */
  answered(path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
    return until(
      `an answer to ${path}`,
      async () => {
        const answer = await this.ask(path, body, headers);
        return answer.status < 500 && answer;
      },
      { timeoutMs: BOOK_MS_MAX },
    );
  }
}

async function json<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

async function sampleOf(url: string, series: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1).split(' ')[0] ?? Number.NaN);
}

async function customerOf(company: Company): Promise<Customer> {
  const response = await fetch(`${company.url('gateway')}/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(CLIENT),
  });
  assert.equal(response.status, 200);
  const { access_token: token } = (await response.json()) as { readonly access_token: string };
  return new Customer(company.url('gateway'), token);
}

async function restart(company: Company, name: ServiceName): Promise<void> {
  await company.kill(name);
  company.spawn(name);
  await company.ready(name);
}

async function bookAll(customer: Customer): Promise<readonly Booked[]> {
  const booked: Booked[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < BOOKINGS) booked.push(await customer.book((next += 1)));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return booked;
}

test('killed in the middle, every booking is delivered and invoiced exactly once', async (t) => {
  await using company = await Company.start({ TIME_FACTOR: String(TIME_FACTOR), RECONCILE_EVERY_S: '1' });
  const startedMs = performance.now();
  const customer = await customerOf(company);
  await refusals(company, customer);

  const booking = bookAll(customer);
  await until('the first bookings', async () => (await sampleOf(company.url('shipments'), BOOKED)) > 10, {
    timeoutMs: BOOK_MS_MAX,
    everyMs: 10,
  });
  await Promise.all([restart(company, 'shipments'), restart(company, 'broker')]);
  const booked = await booking;
  assert.equal(new Set(booked.map(({ shipmentId }) => shipmentId)).size, BOOKINGS);
  // What a carrier has not yet reported to anybody dies with it.
  for (const { shipmentId } of booked) {
    await until(
      `news of ${shipmentId}`,
      async () => (await customer.ask(`/shipments/${shipmentId}/tracking`)).status === 200,
      {
        timeoutMs: BOOK_MS_MAX,
      },
    );
  }
  await Promise.all([restart(company, 'carriers'), restart(company, 'billing')]);

  const cents = booked.reduce((sum, each) => sum + each.cents, 0);
  const books = await until(
    'all invoices',
    async () => {
      const now = await json<Books>(`${company.url('billing')}/books`);
      return now.invoiceCount >= BOOKINGS && now;
    },
    { timeoutMs: DELIVER_MS_MAX, detail: () => company.output },
  );
  assert.deepEqual(books, {
    invoiceCount: BOOKINGS,
    invoiceCents: cents,
    balanceCents: 0,
    through: BOOKINGS,
  });
  const delivered = await json<Record<string, unknown>>(
    `${company.url('shipments')}/reconciliation?through=${BOOKINGS}`,
  );
  assert.deepEqual(
    [delivered['delivered_count'], delivered['delivered_cents'], delivered['through_cents']],
    [BOOKINGS, cents, cents],
  );
  for (const { shipmentId } of booked) {
    const { body } = await customer.answered(`/shipments/${shipmentId}`);
    assert.equal(body['state'], 'delivered', shipmentId);
  }
  const { body: tracked } = await customer.answered(`/shipments/${booked[0]?.shipmentId ?? ''}/tracking`);
  assert.match(JSON.stringify(tracked['milestones']), /dispatched.*picked-up.*departed.*delivered/);

  await until('a reconciliation', async () => (await sampleOf(company.url('billing'), CONSISTENT)) > 0, {
    timeoutMs: 15_000,
  });
  assert.equal(await sampleOf(company.url('billing'), VIOLATED), 0);
  assert.ok((await sampleOf(company.url('tracking'), FRESH)) > 0);
  const tookS = ((performance.now() - startedMs) / 1000).toFixed(1);
  t.diagnostic(`${BOOKINGS} shipments, ${(cents / 100).toFixed(2)} EUR, ${tookS} s after the start`);
  const codes = await company.stop();
  t.diagnostic(`exit codes at SIGTERM: ${[...codes].map(([name, code]) => `${name} ${code}`).join(', ')}`);
});

const BOOKED = 'freight_shipments_total{state="booked"}';
const CONSISTENT = 'freight_reconciliation_checks_total{result="consistent"}';
const VIOLATED = 'freight_reconciliation_checks_total{result="violated"}';
const FRESH = 'freight_position_checks_total{result="fresh"}';

/** What the gateway does not let in. */
async function refusals(company: Company, customer: Customer): Promise<void> {
  const stranger = new Customer(company.url('gateway'), 'made-up');
  assert.equal((await stranger.ask('/shipments/x')).status, 401);
  assert.equal((await stranger.ask('/token', { ...CLIENT, client_secret: 'wrong' })).status, 401);
  assert.equal((await customer.answered('/shipments/x')).status, 404);
  assert.equal((await customer.answered('/quotes', { origin: 'Atlantis' })).status, 400);
  const made = { quote_id: 'QTE-made.up' };
  assert.equal((await customer.answered('/shipments', made, { 'idempotency-key': 'a' })).status, 404);
  assert.equal((await customer.answered('/shipments', made)).status, 400);
}
