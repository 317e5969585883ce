/**
 * The conservation ledger: for every signal and every consumer of the journal,
 * accepted = delivered + dropped + held. Computed from what record headers and
 * cursors carry, so it survives restarts. Pure.
 */
import type { Cursor, JournalStatus } from '#journal/ports.ts';
import { RECORD_KINDS, type RecordKind } from '#signals/records.ts';

/** One signal on its way to one consumer. All figures are items. */
export interface LedgerRow {
  readonly signal: RecordKind;
  readonly consumer: string;
  /** Acknowledged to senders since the data folder was made. */
  readonly accepted: number;
  /** Made its own by the consumer. */
  readonly delivered: number;
  /** Never to be seen by the consumer, by reason; reasons with no item are left out. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Accepted, and the consumer has not come to them yet. */
  readonly held: number;
  /** accepted − delivered − dropped − held: zero, or there is a bug. */
  readonly residual: number;
}

type LedgerJournal = Pick<JournalStatus, 'accepted' | 'node'>;

export interface LedgerConsumer {
  readonly name: string;
  /** Signals it is there for; all when undefined. */
  readonly kinds?: readonly RecordKind[];
  readonly cursor: Cursor;
}

/**
 * Rows in the order of `consumers`, then of the signals.
 *
 * Where several nodes write and `status` counts the items of one, those of the
 * others count as accepted as far as the consumer has come to them.
 *
 * A cursor that claims more than the journal ever accepted holds nothing, not a
 * negative number of items: so the residual shows it.
 */
export function ledger(status: LedgerJournal, consumers: readonly LedgerConsumer[]): readonly LedgerRow[] {
  return consumers.flatMap((consumer) =>
    (consumer.kinds ?? RECORD_KINDS).map((signal) => row(status, consumer, signal)),
  );
}

function row(status: LedgerJournal, consumer: LedgerConsumer, signal: RecordKind): LedgerRow {
  const { cursor } = consumer;
  const ahead = status.accepted[signal] - seenOf(cursor, status.node, signal);
  const accepted = cursor.accepted[signal] + ahead;
  const delivered = cursor.delivered[signal];
  const dropped = Object.create(null) as Record<string, number>;
  let droppedTotal = 0;
  for (const [reason, totals] of Object.entries(cursor.dropped)) {
    if (totals[signal] === 0) continue;
    dropped[reason] = totals[signal];
    droppedTotal += totals[signal];
  }
  const held = Math.max(0, ahead);
  return {
    signal,
    consumer: consumer.name,
    accepted,
    delivered,
    dropped,
    held,
    residual: accepted - delivered - droppedTotal - held,
  };
}

/** Items of the node, or of all, that the cursor is past. */
function seenOf(cursor: Cursor, node: string | undefined, signal: RecordKind): number {
  if (node === undefined) return cursor.accepted[signal];
  return Object.entries(cursor.acceptedIn)
    .filter(([ledgerKey]) => ledgerKey.endsWith(`/${node}`))
    .reduce((sum, [, totals]) => sum + totals[signal], 0);
}
