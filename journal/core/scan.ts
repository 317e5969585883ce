/**
 * From the bytes of a segment to its records, over damage: a damaged record is
 * stepped over, and only that one; what follows is found by its magic.
 */
import { invariant } from '#base/invariant.ts';
import {
  decodeRecordHeader,
  MAGIC_FIRST,
  RECORD_HEADER_BYTES,
  recordBytes,
  type Crc32,
  type DecodedHeader,
} from '#journal/core/format.ts';

export interface ScannedRecord {
  readonly header: DecodedHeader;
  readonly tenant: Uint8Array;
  readonly body: Uint8Array;
  readonly nextOffset: number;
}

export interface ScanInput {
  /** Bytes of the segment from logical `offset` on. */
  readonly bytes: Uint8Array;
  readonly offset: number;
  /** No record reaches beyond this logical offset; `bytes` may end before it. */
  readonly limit: number;
  /** Whether the bytes before were already damaged: one run is counted once. */
  readonly inDamage: boolean;
}

export interface ScanResult {
  readonly records: readonly ScannedRecord[];
  /** Bytes dealt with; the rest is an incomplete record (or nothing). */
  readonly consumed: number;
  /** Runs of damage that begin here; at least one record is gone in each. */
  readonly damagedRuns: number;
  readonly inDamage: boolean;
  /** Set when not even the first record is complete: bytes it takes. */
  readonly needs: number | undefined;
}

type Step =
  | { readonly kind: 'record'; readonly header: DecodedHeader; readonly end: number }
  | { readonly kind: 'bad-content'; readonly end: number }
  | { readonly kind: 'incomplete'; readonly needs: number }
  | { readonly kind: 'bad-header' };

export function scanRecords(input: ScanInput, crc32: Crc32): ScanResult {
  const { bytes, offset } = input;
  invariant(offset + bytes.length <= input.limit, 'bytes end at the limit or before');
  const records: ScannedRecord[] = [];
  let position = 0;
  let damagedRuns = 0;
  let inDamage = input.inDamage;
  let needs: number | undefined;
  while (position < bytes.length) {
    const step = stepAt(input, position, crc32);
    if (step.kind === 'incomplete') {
      if (position === 0) needs = step.needs;
      break;
    }
    if (step.kind === 'record') {
      inDamage = false;
      records.push(toRecord(bytes, position, step.header, offset));
      position = step.end;
      continue;
    }
    if (!inDamage) damagedRuns += 1;
    // After a whole but damaged content the next byte is a record again; the
    // next damage there is a run of its own.
    inDamage = step.kind === 'bad-header';
    position = step.kind === 'bad-content' ? step.end : resync(input, position + 1, crc32);
  }
  return { records, consumed: position, damagedRuns, inDamage, needs };
}

function stepAt(input: ScanInput, position: number, crc32: Crc32): Step {
  const { bytes, offset, limit } = input;
  const room = limit - offset - position;
  if (bytes.length - position < RECORD_HEADER_BYTES)
    return room < RECORD_HEADER_BYTES
      ? { kind: 'bad-header' }
      : { kind: 'incomplete', needs: RECORD_HEADER_BYTES };
  const header = decodeRecordHeader(bytes, position, offset + position, crc32);
  if (header === undefined) return { kind: 'bad-header' };
  const length = recordBytes(header.tenantBytes, header.bodyBytes);
  if (length > room) return { kind: 'bad-header' };
  if (position + length > bytes.length) return { kind: 'incomplete', needs: length };
  const content = bytes.subarray(position + RECORD_HEADER_BYTES, position + length);
  return crc32(content, 0) === header.contentCrc
    ? { kind: 'record', header, end: position + length }
    : { kind: 'bad-content', end: position + length };
}

/** Position of the next undamaged header, or as far as can be said without more bytes. */
function resync(input: ScanInput, from: number, crc32: Crc32): number {
  const { bytes, offset, limit } = input;
  const isWhole = offset + bytes.length >= limit;
  let position = bytes.indexOf(MAGIC_FIRST, from);
  while (position >= 0) {
    const isCut = bytes.length - position < RECORD_HEADER_BYTES;
    if (isCut) return isWhole ? bytes.length : position;
    if (decodeRecordHeader(bytes, position, offset + position, crc32) !== undefined) return position;
    position = bytes.indexOf(MAGIC_FIRST, position + 1);
  }
  return bytes.length;
}

function toRecord(bytes: Uint8Array, position: number, header: DecodedHeader, offset: number): ScannedRecord {
  const tenantAt = position + RECORD_HEADER_BYTES;
  const bodyAt = tenantAt + header.tenantBytes;
  const end = bodyAt + header.bodyBytes;
  return {
    header,
    tenant: bytes.subarray(tenantAt, bodyAt),
    body: bytes.subarray(bodyAt, end),
    nextOffset: offset + end,
  };
}
