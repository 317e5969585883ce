/**
 * The consumer's side of exactly-once: which records are new to a cursor, and
 * the cursor after them. Pure, the same for every journal.
 */
import { addItems, NO_ITEMS, sumTotals, type RecordKind, type Totals } from '#signals/records.ts';
import { producerKey } from '#signals/ids.ts';
import { foldLedgers, openLedger } from '#journal/core/ledgers.ts';
import type { Cursor, JournalRecord, RecordBatch } from '#journal/ports.ts';

/** Before the first record. */
export const NEW_CURSOR: Cursor = {
  position: {},
  producers: {},
  acceptedIn: {},
  accepted: NO_ITEMS,
  delivered: NO_ITEMS,
  dropped: {},
};

/**
 * Epochs of one node and partition a cursor remembers. A node that has started
 * this often since is not still sending records of that start.
 */
export const EPOCHS_KEPT_MAX = 8;

export interface Advanced {
  /** Records of the batch that this cursor has not seen, in their order. */
  readonly records: readonly JournalRecord[];
  /** After the batch, every new record counted as delivered. */
  readonly cursor: Cursor;
}

/** Whether the cursor has seen `record` before. */
export function isDuplicate(cursor: Cursor, record: JournalRecord): boolean {
  const seen = cursor.producers[keyOf(record)];
  return seen !== undefined && record.id.sequence <= seen;
}

/** Takes a batch: leaves out what was seen before, counts the rest and what was lost. */
export function advance(cursor: Cursor, batch: RecordBatch): Advanced {
  const records: JournalRecord[] = [];
  const producers: Record<string, number> = { ...cursor.producers };
  let delivered = cursor.delivered;
  const acceptedIn: Record<string, Totals> = { ...cursor.acceptedIn };
  let added = false;
  let opened = false;
  for (const record of batch.records) {
    const key = keyOf(record);
    const seen = producers[key];
    if (seen !== undefined && record.id.sequence <= seen) continue;
    added ||= seen === undefined;
    producers[key] = record.id.sequence;
    delivered = addItems(delivered, record.kind, record.items);
    opened = openLedger(acceptedIn, record) || opened;
    acceptedIn[record.ledger ?? String(record.partition)] = record.accepted;
    records.push(record);
  }
  // The header of the next record counts what was lost too; until one comes this stands in for it.
  if (batch.records.length === 0)
    for (const totals of Object.values(batch.lost))
      acceptedIn['0'] = sumTotals(acceptedIn['0'] ?? NO_ITEMS, totals);
  return {
    records,
    cursor: {
      position: { ...cursor.position, ...batch.position },
      producers: added ? forgetOldEpochs(producers) : producers,
      acceptedIn: opened ? foldLedgers(acceptedIn) : acceptedIn,
      accepted: Object.values(acceptedIn).reduce(sumTotals, NO_ITEMS),
      delivered,
      dropped: sumByReason(cursor.dropped, batch.lost),
    },
  };
}

/** Both, reason by reason; `left` itself when there is nothing to add. */
export function sumByReason(
  left: Readonly<Record<string, Totals>>,
  right: Readonly<Record<string, Totals>>,
): Readonly<Record<string, Totals>> {
  let sum = left;
  for (const [reason, totals] of Object.entries(right))
    sum = { ...sum, [reason]: sumTotals(sum[reason] ?? NO_ITEMS, totals) };
  return sum;
}

/** A consumer that keeps some of what it was given for nothing says so: delivered becomes dropped. */
export function dropItems(cursor: Cursor, reason: string, kind: RecordKind, items: number): Cursor {
  const before: Totals = cursor.dropped[reason] ?? NO_ITEMS;
  return {
    ...cursor,
    delivered: addItems(cursor.delivered, kind, -items),
    dropped: { ...cursor.dropped, [reason]: addItems(before, kind, items) },
  };
}

function keyOf(record: JournalRecord): string {
  return `${record.partition}/${producerKey(record.id)}`;
}

function forgetOldEpochs(producers: Readonly<Record<string, number>>): Record<string, number> {
  const byNode = new Map<string, number[]>();
  for (const key of Object.keys(producers)) {
    const slash = key.lastIndexOf('/');
    const node = key.slice(0, slash);
    const epochs = byNode.get(node) ?? [];
    epochs.push(Number(key.slice(slash + 1)));
    byNode.set(node, epochs);
  }
  const kept: Record<string, number> = {};
  for (const [node, epochs] of byNode) {
    for (const epoch of epochs.toSorted((a, b) => b - a).slice(0, EPOCHS_KEPT_MAX)) {
      const key = `${node}/${epoch}`;
      const sequence = producers[key];
      if (sequence !== undefined) kept[key] = sequence;
    }
  }
  return kept;
}
