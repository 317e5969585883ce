import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { decodeHeaders, encodeHeaders, type RecordFacts } from '#journal/kafka/core/record.ts';

const FACTS: RecordFacts = {
  id: { node: '7b6e1f0e-0000-4000-8000-000000000000', epoch: 3, sequence: 9007199254740991 },
  kind: 'otlp-logs',
  tenant: 'blå/tenant',
  items: 5,
  receivedUnixNanos: 1_800_000_000_123_456_789n,
  accepted: { 'otlp-traces': 1, 'otlp-logs': 5, 'otlp-metrics': 0, 'prom-samples': 9007199254740991 },
};
const BODY = new TextEncoder().encode('body');

test('headers come back as they went', () => {
  assert.deepEqual(decodeHeaders(stored(), BODY, crc32), FACTS);
});

test('a changed body and a changed header are damage', () => {
  assert.equal(decodeHeaders(stored(), new TextEncoder().encode('bodz'), crc32), 'damaged');
  const items = { ...stored(), 'plimsoll-items': new TextEncoder().encode('6') };
  assert.equal(decodeHeaders(items, BODY, crc32), 'damaged');
});

test('a message of somebody else is foreign', () => {
  assert.equal(decodeHeaders({}, BODY, crc32), 'foreign');
});

function stored(): Record<string, Uint8Array> {
  const headers = encodeHeaders(FACTS, BODY, crc32);
  return Object.fromEntries(
    Object.entries(headers).map(([name, text]) => [name, new TextEncoder().encode(text)]),
  );
}
