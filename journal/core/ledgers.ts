/**
 * Running totals where several nodes write into one partition: one for each
 * `partition/node`. Nodes come and go with their data folders, a cursor must not
 * grow with them: beyond {@link LEDGERS_KEPT_MAX} the one that has been there
 * longest is folded into the sum under the partition itself. A node that comes
 * back is taken out of that sum again, as far as it reaches; what it does not
 * cover is lost.
 */
import {
  addItems,
  NO_ITEMS,
  RECORD_KINDS,
  subtractTotals,
  sumTotals,
  type Totals,
} from '#signals/records.ts';
import type { JournalRecord } from '#journal/ports.ts';

/** Nodes of one partition a cursor knows by name; some hundred collectors on eight partitions. */
export const LEDGERS_KEPT_MAX = 64;

export function ledgerKey(partition: number, node: string): string {
  return `${partition}/${node}`;
}

/** The part of `before` that the folded sum accounts for. */
export function coveredBy(folded: Totals | undefined, before: Totals): Totals {
  if (folded === undefined) return NO_ITEMS;
  const covered = { ...NO_ITEMS };
  for (const kind of RECORD_KINDS) covered[kind] = Math.min(folded[kind], before[kind]);
  return covered;
}

/** Makes room for a ledger that is not there yet; says whether it was not. Changes `acceptedIn`. */
export function openLedger(acceptedIn: Record<string, Totals>, record: JournalRecord): boolean {
  if (record.ledger === undefined || acceptedIn[record.ledger] !== undefined) return false;
  const partition = String(record.partition);
  const folded = acceptedIn[partition];
  if (folded !== undefined) {
    const before = addItems(record.accepted, record.kind, -record.items);
    acceptedIn[partition] = subtractTotals(folded, coveredBy(folded, before));
  }
  return true;
}

/** The same sum with at most {@link LEDGERS_KEPT_MAX} nodes a partition, the first ones folded. */
export function foldLedgers(acceptedIn: Readonly<Record<string, Totals>>): Record<string, Totals> {
  const counts = new Map<string, number>();
  for (const key of Object.keys(acceptedIn)) {
    const slash = key.indexOf('/');
    if (slash < 0) continue;
    const partition = key.slice(0, slash);
    counts.set(partition, (counts.get(partition) ?? 0) + 1);
  }
  const kept: Record<string, Totals> = {};
  for (const [key, totals] of Object.entries(acceptedIn)) {
    const slash = key.indexOf('/');
    const partition = slash < 0 ? key : key.slice(0, slash);
    const count = counts.get(partition) ?? 0;
    if (slash >= 0 && count <= LEDGERS_KEPT_MAX) {
      kept[key] = totals;
      continue;
    }
    if (slash >= 0) counts.set(partition, count - 1);
    kept[partition] = sumTotals(kept[partition] ?? NO_ITEMS, totals);
  }
  return kept;
}
