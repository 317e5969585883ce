/**
 * The bytes of the disk journal. Numbers are little-endian; `u53` is a u64 that
 * a JavaScript number holds exactly. Offsets are logical: byte `o` of the
 * journal stands in the segment with the greatest `base` ≤ `o`, at `o - base`.
 *
 *   segment       = segment-header record*
 *   segment-header= "PLIMSEG1" crc:u32 reserved:u32 node:byte[16]
 *                   base:u53 created-unix-nanos:i64 accepted:totals      (80 bytes)
 *   record        = record-header tenant:byte[tenant-bytes] body:byte[body-bytes]
 *   record-header = magic header-crc:u32 content-crc:u32 body-bytes:u32
 *                   offset:u53 node:byte[16] epoch:u32
 *                   kind:u8 tenant-bytes:u8 reserved:u16
 *                   sequence:u53 received-unix-nanos:i64 items:u32 reserved:u32
 *                   accepted:totals                                     (104 bytes)
 *   totals        = u53[4], in the order of RECORD_KINDS
 *   magic         = F5 9D 50 4A
 *
 * `crc` and `header-crc` cover the rest of their header, `content-crc` covers
 * tenant and body; `header-crc` covers `content-crc`. The header has its own so
 * that a damaged body can be stepped over exactly. `offset` says where the
 * record must stand: bytes inside a body that look like a record are not one.
 * `accepted` counts up to and including this record; in a segment header, up to
 * `base`. 0xF5 never occurs in UTF-8 text, which makes a false magic rare.
 */
import { invariant, present } from '#base/invariant.ts';
import { RECORD_KINDS, type RecordKind, type Totals } from '#signals/records.ts';

/** CRC-32 (IEEE 802.3) continued from `seed`; 0 starts a new one. */
export type Crc32 = (bytes: Uint8Array, seed: number) => number;

export const SEGMENT_HEADER_BYTES = 80;
export const RECORD_HEADER_BYTES = 104;
/** One length byte; a tenant is a short name. */
export const TENANT_BYTES_MAX = 255;
/** First byte of the magic, and the whole of it as a little-endian number. */
export const MAGIC_FIRST = 0xf5;
const MAGIC = 0x4a50_9df5;
const SEGMENT_MAGIC = Uint8Array.from('PLIMSEG1', (letter) => letter.charCodeAt(0));
const SEGMENT_CRC_FROM = 12;
const RECORD_CRC_FROM = 8;

export interface SegmentHeader {
  readonly node: string;
  readonly base: number;
  readonly createdUnixNanos: bigint;
  readonly accepted: Totals;
}

export interface RecordHeader {
  readonly offset: number;
  readonly node: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly kind: RecordKind;
  readonly receivedUnixNanos: bigint;
  readonly items: number;
  readonly accepted: Totals;
}

export interface DecodedHeader extends RecordHeader {
  readonly tenantBytes: number;
  readonly bodyBytes: number;
  readonly contentCrc: number;
}

/** Bytes of a whole record. */
export function recordBytes(tenantBytes: number, bodyBytes: number): number {
  return RECORD_HEADER_BYTES + tenantBytes + bodyBytes;
}

export function encodeSegmentHeader(header: SegmentHeader, crc32: Crc32): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(SEGMENT_MAGIC, 0);
  putNode(bytes, 16, header.node);
  putUint53(view, 32, header.base);
  view.setBigInt64(40, header.createdUnixNanos, true);
  putTotals(view, 48, header.accepted);
  view.setUint32(8, crc32(bytes.subarray(SEGMENT_CRC_FROM), 0), true);
  return bytes;
}

/** Undefined when `bytes` do not start with a whole, undamaged header of the segment at `base`. */
export function decodeSegmentHeader(
  bytes: Uint8Array,
  base: number,
  crc32: Crc32,
): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES) return undefined;
  if (SEGMENT_MAGIC.some((byte, index) => bytes[index] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, SEGMENT_HEADER_BYTES);
  const covered = bytes.subarray(SEGMENT_CRC_FROM, SEGMENT_HEADER_BYTES);
  if (view.getUint32(8, true) !== crc32(covered, 0)) return undefined;
  if (getUint53(view, 32) !== base) return undefined;
  return {
    node: getNode(bytes, 16),
    base,
    createdUnixNanos: view.getBigInt64(40, true),
    accepted: getTotals(view, 48),
  };
}

/** Header and tenant of a record whose body follows them on disk. */
export function encodeRecordHead(
  header: RecordHeader,
  tenant: Uint8Array,
  body: Uint8Array,
  crc32: Crc32,
): Uint8Array {
  invariant(tenant.length <= TENANT_BYTES_MAX, 'a tenant fits its length byte');
  const bytes = new Uint8Array(RECORD_HEADER_BYTES + tenant.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(8, crc32(body, crc32(tenant, 0)), true);
  view.setUint32(12, body.length, true);
  putUint53(view, 16, header.offset);
  putNode(bytes, 24, header.node);
  view.setUint32(40, header.epoch, true);
  view.setUint8(44, RECORD_KINDS.indexOf(header.kind));
  view.setUint8(45, tenant.length);
  putUint53(view, 48, header.sequence);
  view.setBigInt64(56, header.receivedUnixNanos, true);
  view.setUint32(64, header.items, true);
  putTotals(view, 72, header.accepted);
  bytes.set(tenant, RECORD_HEADER_BYTES);
  view.setUint32(4, crc32(bytes.subarray(RECORD_CRC_FROM, RECORD_HEADER_BYTES), 0), true);
  return bytes;
}

/**
 * The header at `position` of `bytes`, or undefined when there is no undamaged
 * one of a record that belongs at `offset`. The content is not looked at.
 */
export function decodeRecordHeader(
  bytes: Uint8Array,
  position: number,
  offset: number,
  crc32: Crc32,
): DecodedHeader | undefined {
  if (position + RECORD_HEADER_BYTES > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + position, RECORD_HEADER_BYTES);
  if (view.getUint32(0, true) !== MAGIC || getUint53(view, 16) !== offset) return undefined;
  const covered = bytes.subarray(position + RECORD_CRC_FROM, position + RECORD_HEADER_BYTES);
  if (view.getUint32(4, true) !== crc32(covered, 0)) return undefined;
  const kind = RECORD_KINDS[view.getUint8(44)];
  if (kind === undefined) return undefined;
  return {
    offset,
    node: getNode(bytes, position + 24),
    epoch: view.getUint32(40, true),
    sequence: getUint53(view, 48),
    kind,
    receivedUnixNanos: view.getBigInt64(56, true),
    items: view.getUint32(64, true),
    accepted: getTotals(view, 72),
    tenantBytes: view.getUint8(45),
    bodyBytes: view.getUint32(12, true),
    contentCrc: view.getUint32(8, true),
  };
}

export function putUint53(view: DataView, at: number, value: number): void {
  invariant(Number.isSafeInteger(value) && value >= 0, 'a count or offset is a safe integer from 0');
  view.setUint32(at, value % 2 ** 32, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}

export function getUint53(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

export function putTotals(view: DataView, at: number, totals: Totals): void {
  for (const [index, kind] of RECORD_KINDS.entries()) putUint53(view, at + 8 * index, totals[kind]);
}

export function getTotals(view: DataView, at: number): Totals {
  return {
    'otlp-traces': getUint53(view, at),
    'otlp-logs': getUint53(view, at + 8),
    'otlp-metrics': getUint53(view, at + 16),
    'prom-samples': getUint53(view, at + 24),
  };
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function putNode(bytes: Uint8Array, at: number, node: string): void {
  const hex = node.replaceAll('-', '');
  invariant(/^[0-9a-f]{32}$/.test(hex), 'a node id is a lower-case uuid');
  for (let index = 0; index < 16; index += 1)
    bytes[at + index] = Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16);
}

function getNode(bytes: Uint8Array, at: number): string {
  let text = '';
  for (let index = 0; index < 16; index += 1) {
    if (index === 4 || index === 6 || index === 8 || index === 10) text += '-';
    text += HEX[present(bytes[at + index], 'the caller has checked the length')];
  }
  return text;
}
