import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { afterInvoice, EMPTY_BOOKS, entriesOf, type Books } from '#sample-services/billing/core/ledger.ts';
import { reconcile, type Deliveries } from '#sample-services/billing/core/reconciliation.ts';

const LIMITS = { nowMs: 1_000_000, pendingMsMax: 300_000 };

const prices = fc.array(fc.integer({ min: 1, max: 10_000_000 }), { minLength: 1, maxLength: 30 });

function sum(cents: readonly number[]): number {
  return cents.reduce((total, value) => total + value, 0);
}

function booksOf(cents: readonly number[]): Books {
  return cents.reduce(
    (books, value, index) => afterInvoice(books, { number: index + 1, cents: value }),
    EMPTY_BOOKS,
  );
}

function deliveriesOf(cents: readonly number[], through: number): Deliveries {
  return {
    deliveredCount: cents.length,
    deliveredCents: sum(cents),
    throughCents: sum(cents.slice(0, through)),
    oldestPendingMs: through < cents.length ? LIMITS.nowMs - 1000 : undefined,
  };
}

test('the entries of an invoice sum to zero', () => {
  fc.assert(fc.property(fc.integer(), (cents) => sum(entriesOf(cents).map((entry) => entry.cents)) === 0));
});

test('however far billing is behind, delivered = invoiced + pending to the cent', () => {
  fc.assert(
    fc.property(prices, fc.nat(30), (cents, behind) => {
      const through = Math.max(0, cents.length - behind);
      const books = booksOf(cents.slice(0, through));
      const { result, pending } = reconcile(books, deliveriesOf(cents, through), LIMITS);
      assert.equal(result, 'consistent');
      assert.equal(books.invoiceCents + pending.cents, sum(cents));
      assert.equal(books.invoiceCount + pending.count, cents.length);
    }),
    { numRuns: 200 },
  );
});

const CENTS = [100, 250, 999];
const GOOD = booksOf(CENTS);
const wrong: readonly (readonly [string, Books, Partial<Deliveries>, RegExp])[] = [
  ['a cent too much', { ...GOOD, invoiceCents: 1350 }, {}, /1350 cents invoiced, 1349 delivered/],
  ['an invoice twice', { ...GOOD, invoiceCount: 4 }, {}, /4 invoices for 3 deliveries/],
  ['a delivery skipped', afterInvoice(GOOD, { number: 5, cents: 7 }), {}, /4 invoices for 3/],
  ['entries that do not balance', { ...GOOD, balanceCents: 1 }, {}, /sum to 1 cents/],
  ['more invoiced than delivered', GOOD, { deliveredCount: 2 }, /1 more invoiced than delivered/],
  ['deliveries nobody remembers', GOOD, { throughCents: undefined }, /unknown delivered/],
  ['an invoice that does not come', GOOD, { oldestPendingMs: 0 }, /has waited 1000000 ms/],
];
for (const [what, books, change, reason] of wrong) {
  test(`${what} is a violation`, () => {
    const { result, reasons } = reconcile(books, { ...deliveriesOf(CENTS, 3), ...change }, LIMITS);
    assert.equal(result, 'violated');
    assert.match(reasons.join('; '), reason);
  });
}
