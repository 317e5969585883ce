/** One commit's bytes: what was waiting, with identity, time, offsets and running totals. */
import { crc32 } from 'node:zlib';
import { invariant } from '#base/invariant.ts';
import type { Producer } from '#signals/ids.ts';
import { addItems, type Totals } from '#signals/records.ts';
import { encodeRecordHead, RECORD_HEADER_BYTES } from '#journal/core/format.ts';
import { PARTITION } from '#journal/disk/consumers.ts';
import type { Appended, RecordDraft } from '#journal/ports.ts';

export interface Draft {
  readonly draft: RecordDraft;
  readonly tenant: Uint8Array;
  /** Of the whole record on disk. */
  readonly bytes: number;
}

export interface GroupStart {
  readonly producer: Producer;
  /** Sequence of the record before. */
  readonly lastSequence: number;
  /** Where the first record will stand. */
  readonly offset: number;
  /** Items accepted before the first record. */
  readonly accepted: Totals;
  readonly receivedUnixNanos: bigint;
}

export interface Group {
  readonly chunks: readonly Uint8Array[];
  readonly length: number;
  /** Items accepted behind the last record. */
  readonly accepted: Totals;
  /** In the order of the drafts. */
  readonly appended: readonly Appended[];
}

export function encodeGroup(batch: readonly Draft[], start: GroupStart): Group {
  const { producer, receivedUnixNanos } = start;
  const chunks: Uint8Array[] = [];
  const appended: Appended[] = [];
  let { accepted } = start;
  let length = 0;
  for (const [index, { draft, tenant, bytes }] of batch.entries()) {
    const { kind, items, body } = draft;
    const offset = start.offset + length;
    const id = { node: producer.node, epoch: producer.epoch, sequence: start.lastSequence + 1 + index };
    accepted = addItems(accepted, kind, items);
    const head = encodeRecordHead(
      { ...id, offset, kind, receivedUnixNanos, items, accepted },
      tenant,
      body,
      crc32,
    );
    invariant(head.length === RECORD_HEADER_BYTES + tenant.length, 'head and tenant are as long as counted');
    chunks.push(head, body);
    appended.push({ id, partition: PARTITION, offset });
    length += bytes;
  }
  return { chunks, length, accepted, appended };
}
