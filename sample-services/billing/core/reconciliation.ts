/**
 * The invariant of the company: shipments delivered = invoices + pending, in
 * number and to the cent. Our books are held against those of shipments as of the
 * same delivery, so that what is under way between the two makes no difference.
 */
import type { Books } from '#sample-services/billing/core/ledger.ts';

/** The answer of shipments; see `DeliveryBooks` there. */
export interface Deliveries {
  readonly deliveredCount: number;
  readonly deliveredCents: number;
  /** Of the deliveries we have invoiced; undefined when shipments does not know. */
  readonly throughCents: number | undefined;
  /** Epoch milliseconds; undefined when nothing is pending. */
  readonly oldestPendingMs: number | undefined;
}

export interface Pending {
  readonly count: number;
  readonly cents: number;
}

export interface Reconciliation {
  readonly result: 'consistent' | 'violated';
  /** What does not fit; empty when all does. */
  readonly reasons: readonly string[];
  readonly pending: Pending;
}

export interface ReconciliationLimits {
  readonly nowMs: number;
  /** A delivery has to be invoiced within that time. */
  readonly pendingMsMax: number;
}

export function reconcile(
  books: Books,
  deliveries: Deliveries,
  limits: ReconciliationLimits,
): Reconciliation {
  const { deliveredCount, deliveredCents, throughCents, oldestPendingMs } = deliveries;
  const pending = { count: deliveredCount - books.through, cents: deliveredCents - (throughCents ?? 0) };
  const pendingMs = oldestPendingMs === undefined ? 0 : limits.nowMs - oldestPendingMs;
  const rules: readonly (readonly [boolean, string])[] = [
    [books.balanceCents === 0, `the entries sum to ${books.balanceCents} cents`],
    [books.invoiceCount === books.through, `${books.invoiceCount} invoices for ${books.through} deliveries`],
    [pending.count >= 0, `${-pending.count} more invoiced than delivered`],
    [
      books.invoiceCents === throughCents,
      `${books.invoiceCents} cents invoiced, ${throughCents ?? 'unknown'} delivered`,
    ],
    [pendingMs <= limits.pendingMsMax, `a delivery has waited ${pendingMs} ms for its invoice`],
  ];
  const reasons = rules.filter(([holds]) => !holds).map(([, reason]) => reason);
  return { result: reasons.length === 0 ? 'consistent' : 'violated', reasons, pending };
}
