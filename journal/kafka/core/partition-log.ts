/**
 * What a reader knows of one partition: which records are new to it, and what
 * is missing between them. Every node counts for itself; see `record.ts` for
 * the totals.
 */
import {
  addItems,
  NO_ITEMS,
  RECORD_KINDS,
  subtractTotals,
  sumTotals,
  type Totals,
} from '#signals/records.ts';
import { producerKey } from '#signals/ids.ts';
import { coveredBy, ledgerKey } from '#journal/core/ledgers.ts';
import { maxTotals, type LossReason } from '#journal/core/loss.ts';
import type { Cursor, JournalRecord } from '#journal/ports.ts';
import type { RecordFacts } from '#journal/kafka/core/record.ts';

export interface Stored {
  readonly offset: number;
  readonly facts: RecordFacts;
  readonly body: Uint8Array;
}

export class PartitionLog {
  readonly partition: number;
  /** Highest sequence seen, by `node/epoch`. */
  readonly #seen = new Map<string, number>();
  /** Items accounted for, by node. */
  readonly #known = new Map<string, Totals>();
  /** Of nodes that the cursor has forgotten. */
  #folded: Totals | undefined;
  /** Nodes that have been seen since something before the position was deleted. */
  #seenSinceDeletion: Set<string> | undefined;
  #lost: Readonly<Record<string, Totals>> = {};

  constructor(partition: number, cursor: Cursor) {
    this.partition = partition;
    const prefix = `${partition}/`;
    for (const [key, sequence] of Object.entries(cursor.producers))
      if (key.startsWith(prefix)) this.#seen.set(key.slice(prefix.length), sequence);
    for (const [key, totals] of Object.entries(cursor.acceptedIn))
      if (key.startsWith(prefix)) this.#known.set(key.slice(prefix.length), totals);
    this.#folded = cursor.acceptedIn[String(partition)];
  }

  /** What was before the next record was deleted: the gaps found from now on have that reason. */
  skippedDeleted(): void {
    this.#seenSinceDeletion = new Set();
  }

  /** Undefined for what was seen before. */
  accept({ offset, facts, body }: Stored): JournalRecord | undefined {
    const { id, kind, items, tenant, receivedUnixNanos } = facts;
    const key = producerKey(id);
    const seen = this.#seen.get(key);
    if (seen !== undefined && id.sequence <= seen) return undefined;
    this.#seen.set(key, id.sequence);
    const before = addItems(facts.accepted, kind, -items);
    const known = this.#known.get(id.node) ?? this.#unfold(before);
    this.#lose(id.node, subtractTotals(maxTotals(before, known), known));
    // Not simply what the header says: a record that its writer gave up for lost and
    // that came in late is in no total of the writer's, but it was delivered.
    const accepted = addItems(maxTotals(before, known), kind, items);
    this.#known.set(id.node, accepted);
    return {
      id,
      partition: this.partition,
      offset,
      nextOffset: offset + 1,
      kind,
      tenant,
      receivedUnixNanos,
      items,
      accepted,
      ledger: ledgerKey(this.partition, id.node),
      body,
    };
  }

  takeLost(): Readonly<Record<string, Totals>> {
    const lost = this.#lost;
    this.#lost = {};
    return lost;
  }

  #unfold(before: Totals): Totals {
    const covered = coveredBy(this.#folded, before);
    if (this.#folded !== undefined) this.#folded = subtractTotals(this.#folded, covered);
    return covered;
  }

  #lose(node: string, gap: Totals): void {
    const isDeleted = this.#seenSinceDeletion !== undefined && !this.#seenSinceDeletion.has(node);
    this.#seenSinceDeletion?.add(node);
    if (RECORD_KINDS.every((kind) => gap[kind] <= 0)) return;
    const reason: LossReason = isDeleted ? 'retention' : 'corrupt';
    this.#lost = { ...this.#lost, [reason]: sumTotals(this.#lost[reason] ?? NO_ITEMS, gap) };
  }
}
