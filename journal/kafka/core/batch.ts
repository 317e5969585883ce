/** One step to the brokers: which of the waiting records go, and what they are called. */
import type { Producer, RecordId } from '#signals/ids.ts';
import { addItems, NO_ITEMS, type RecordKind, type Totals } from '#signals/records.ts';
import type { Crc32 } from '#journal/core/format.ts';
import { partitionOf } from '#journal/kafka/core/key.ts';
import { encodeHeaders } from '#journal/kafka/core/record.ts';

export interface WaitingRecord {
  readonly kind: RecordKind;
  readonly tenant: string;
  readonly items: number;
  readonly body: Uint8Array;
  readonly key: string;
  /** Of the whole message, about. */
  readonly bytes: number;
}

export interface BatchLimits {
  readonly partitions: number;
  /** Of one partition's share, which is one batch at its broker. */
  readonly partitionBytesMax: number;
  readonly bytesMax: number;
}

export interface Taken<T> {
  readonly batch: readonly T[];
  readonly rest: T[];
  readonly bytes: number;
}

/** As many as fit, at least one; those of one partition never overtake each other. */
export function takeBatch<T extends WaitingRecord>(queue: readonly T[], limits: BatchLimits): Taken<T> {
  const batch: T[] = [];
  const rest: T[] = [];
  const bytesOf = new Map<number, number>();
  const full = new Set<number>();
  let bytes = 0;
  for (const record of queue) {
    const partition = partitionOf(record.key, limits.partitions);
    const share = bytesOf.get(partition) ?? 0;
    const isOver =
      batch.length > 0 &&
      (bytes + record.bytes > limits.bytesMax ||
        (share > 0 && share + record.bytes > limits.partitionBytesMax));
    if (isOver || full.has(partition)) {
      full.add(partition);
      rest.push(record);
    } else {
      batch.push(record);
      bytesOf.set(partition, share + record.bytes);
      bytes += record.bytes;
    }
  }
  return { batch, rest, bytes };
}

export interface BatchStart {
  readonly producer: Producer;
  /** Sequence of the record before. */
  readonly lastSequence: number;
  /** Items of this node in each partition, before. */
  readonly accepted: ReadonlyMap<number, Totals>;
  readonly partitions: number;
  readonly receivedUnixNanos: bigint;
}

export interface EncodedRecord {
  readonly id: RecordId;
  readonly partition: number;
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export interface EncodedBatch {
  /** In the order of the batch. */
  readonly records: readonly EncodedRecord[];
  /** Behind the batch, of the partitions it touches. */
  readonly accepted: ReadonlyMap<number, Totals>;
}

export function encodeBatch(batch: readonly WaitingRecord[], start: BatchStart, crc32: Crc32): EncodedBatch {
  const { producer, receivedUnixNanos } = start;
  const accepted = new Map<number, Totals>();
  const records = batch.map(({ kind, tenant, items, body, key }, index) => {
    const id = { node: producer.node, epoch: producer.epoch, sequence: start.lastSequence + 1 + index };
    const partition = partitionOf(key, start.partitions);
    const before = accepted.get(partition) ?? start.accepted.get(partition) ?? NO_ITEMS;
    const after = addItems(before, kind, items);
    accepted.set(partition, after);
    const facts = { id, kind, tenant, items, receivedUnixNanos, accepted: after };
    return { id, partition, key, value: body, headers: encodeHeaders(facts, body, crc32) };
  });
  return { records, accepted };
}
