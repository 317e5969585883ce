/** Double-entry bookkeeping in whole cents: what one account gains another gives. */

export type Account = 'receivables' | 'revenue';

export interface Entry {
  readonly account: Account;
  /** Positive is debit, negative is credit. */
  readonly cents: number;
}

/** The entries of one invoice; they sum to zero. */
export function entriesOf(invoiceCents: number): readonly Entry[] {
  return [
    { account: 'receivables', cents: invoiceCents },
    { account: 'revenue', cents: -invoiceCents },
  ];
}

export interface Books {
  /** Invoices ever written, and their cents together. */
  readonly invoiceCount: number;
  readonly invoiceCents: number;
  /** All entries together; anything but 0 is an error. */
  readonly balanceCents: number;
  /** Deliveries 1 to this number are invoiced without a gap. */
  readonly through: number;
}

export const EMPTY_BOOKS: Books = { invoiceCount: 0, invoiceCents: 0, balanceCents: 0, through: 0 };

export interface Delivery {
  /** From 1, without a gap. */
  readonly number: number;
  readonly cents: number;
}

/** The books after the invoice for a delivery. Deliveries come in order; one that skips a number leaves `through`. */
export function afterInvoice(books: Books, { number, cents }: Delivery): Books {
  const balance = entriesOf(cents).reduce((sum, entry) => sum + entry.cents, 0);
  return {
    invoiceCount: books.invoiceCount + 1,
    invoiceCents: books.invoiceCents + cents,
    balanceCents: books.balanceCents + balance,
    through: number === books.through + 1 ? number : books.through,
  };
}
