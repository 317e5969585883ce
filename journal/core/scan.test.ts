import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { seededRandom } from '#base/sim/random.ts';
import { addItems, NO_ITEMS, type Totals } from '#signals/records.ts';
import {
  decodeRecordHeader,
  decodeSegmentHeader,
  encodeRecordHead,
  encodeSegmentHeader,
  RECORD_HEADER_BYTES,
  type Crc32,
  type RecordHeader,
} from '#journal/core/format.ts';
import { scanRecords } from '#journal/core/scan.ts';

const NODE = '0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d';
const BASE = 2 ** 40 + 80;
const LENGTHS = [0, 10, 300, 5, 77];

test('a record header comes back as it was written', () => {
  const header: RecordHeader = {
    offset: 2 ** 52 + 1,
    node: NODE,
    epoch: 4_294_967_295,
    sequence: 2 ** 33,
    kind: 'prom-samples',
    receivedUnixNanos: 1_700_000_000_123_456_789n,
    items: 4_294_967_295,
    accepted: { ...NO_ITEMS, 'otlp-traces': 2 ** 50, 'prom-samples': 1 },
  };
  const tenant = new TextEncoder().encode('tenant');
  const head = encodeRecordHead(header, tenant, new Uint8Array(9), crc32);
  const decoded = decodeRecordHeader(head, 0, header.offset, crc32);
  assert.ok(decoded !== undefined);
  const { tenantBytes, bodyBytes, contentCrc, ...rest } = decoded;
  assert.deepEqual(rest, header);
  assert.deepEqual([tenantBytes, bodyBytes], [6, 9]);
  assert.equal(contentCrc, crc32(new Uint8Array(9), crc32(tenant, 0)));
});

test('a header at another offset is none', () => {
  const bytes = journal();
  assert.ok(decodeRecordHeader(bytes, 0, BASE, crc32) !== undefined);
  assert.equal(decodeRecordHeader(bytes, 0, BASE + 1, crc32), undefined);
});

test('a segment header comes back, and no changed bit of it passes', () => {
  const header = { node: NODE, base: 4096, createdUnixNanos: -5n, accepted: NO_ITEMS };
  const bytes = encodeSegmentHeader(header, crc32);
  assert.deepEqual(decodeSegmentHeader(bytes, 4096, crc32), header);
  assert.equal(decodeSegmentHeader(bytes, 4097, crc32), undefined);
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const damaged = withBitFlipped(bytes, bit);
    assert.equal(decodeSegmentHeader(damaged, 4096, crc32), undefined, `bit ${bit}`);
  }
});

test('every changed byte costs exactly the record it is in', () => {
  const bytes = journal();
  for (let position = 0; position < bytes.length; position += 1) {
    const result = scan(withBitFlipped(bytes, position * 8 + (position % 8)));
    assert.deepEqual(result.lengths, LENGTHS.toSpliced(recordAt(position), 1), `byte ${position}`);
    assert.equal(result.damagedRuns, 1, `byte ${position}`);
  }
});

test('control: without the checksum, damaged content passes', () => {
  const blind: Crc32 = () => 0;
  const bytes = withBitFlipped(journal(blind), (RECORD_HEADER_BYTES * 2 + 3) * 8);
  const result = scanRecords({ bytes, offset: BASE, limit: BASE + bytes.length, inDamage: false }, blind);
  assert.equal(result.records.length, LENGTHS.length);
});

test('however the bytes are cut into pieces, the records are the same', () => {
  const random = seededRandom(5);
  for (const bytes of [journal(), withBitFlipped(journal(), 8 * 450), withBitFlipped(journal(), 8 * 110)]) {
    const whole = scan(bytes);
    for (let round = 0; round < 50; round += 1)
      assert.deepEqual(
        scanInPieces(bytes, (bound) => random.below(bound)),
        whole,
      );
  }
});

test('a record inside a damaged body is not taken for one', () => {
  const inner = journal();
  const header: RecordHeader = { ...headerOf(0, BASE, NO_ITEMS), items: 1 };
  const head = encodeRecordHead(header, new Uint8Array(0), inner, crc32);
  const bytes = new Uint8Array([...head, ...inner]);
  const result = scan(withBitFlipped(bytes, 8 * 20));
  assert.deepEqual(result, { lengths: [], damagedRuns: 1 });
});

test('a torn record at the limit is damage, before the limit it is incomplete', () => {
  const bytes = journal().subarray(0, 50);
  const torn = scanRecords({ bytes, offset: BASE, limit: BASE + 50, inDamage: false }, crc32);
  assert.deepEqual([torn.consumed, torn.damagedRuns], [50, 1]);
  const cut = scanRecords({ bytes, offset: BASE, limit: BASE + 5000, inDamage: false }, crc32);
  assert.deepEqual([cut.consumed, cut.damagedRuns, cut.needs], [0, 0, RECORD_HEADER_BYTES]);
});

// -- helpers ------------------------------------------------------------------

function headerOf(index: number, offset: number, accepted: Totals): RecordHeader {
  return {
    offset,
    node: NODE,
    epoch: 1,
    sequence: index + 1,
    kind: 'otlp-logs',
    receivedUnixNanos: 0n,
    items: 1,
    accepted,
  };
}

/** Records with bodies of {@link LENGTHS}, from {@link BASE} on. */
function journal(crc: Crc32 = crc32): Uint8Array {
  let bytes = new Uint8Array(0);
  let accepted = NO_ITEMS;
  for (const [index, length] of LENGTHS.entries()) {
    accepted = addItems(accepted, 'otlp-logs', 1);
    const body = new Uint8Array(length).fill(0xf5);
    const head = encodeRecordHead(
      headerOf(index, BASE + bytes.length, accepted),
      new Uint8Array(0),
      body,
      crc,
    );
    bytes = new Uint8Array([...bytes, ...head, ...body]);
  }
  return bytes;
}

function recordAt(position: number): number {
  let end = 0;
  return LENGTHS.findIndex((length) => position < (end += RECORD_HEADER_BYTES + length));
}

function scan(bytes: Uint8Array): { readonly lengths: readonly number[]; readonly damagedRuns: number } {
  const limit = BASE + bytes.length;
  const { records, damagedRuns, consumed } = scanRecords(
    { bytes, offset: BASE, limit, inDamage: false },
    crc32,
  );
  assert.equal(consumed, bytes.length);
  return { lengths: records.map((record) => record.body.length), damagedRuns };
}

function scanInPieces(bytes: Uint8Array, below: (bound: number) => number): ReturnType<typeof scan> {
  const limit = BASE + bytes.length;
  const lengths: number[] = [];
  let damagedRuns = 0;
  let inDamage = false;
  let want = 0;
  for (let at = 0; at < bytes.length;) {
    const piece = bytes.subarray(at, at + Math.max(want, 1 + below(500)));
    const result = scanRecords({ bytes: piece, offset: BASE + at, limit, inDamage }, crc32);
    want = result.needs ?? 0;
    at += result.consumed;
    inDamage = result.inDamage;
    damagedRuns += result.damagedRuns;
    lengths.push(...result.records.map((record) => record.body.length));
  }
  return { lengths, damagedRuns };
}

function withBitFlipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  const at = Math.floor(bit / 8);
  copy[at] = (copy[at] ?? 0) ^ (1 << (bit % 8));
  return copy;
}
