import assert from 'node:assert/strict';
import { test } from 'node:test';
import { xxhash64 } from '#promql/xxhash64.ts';

/** Of the reference program, `xxhsum -H1`: nothing, less than four bytes, a four and an eight, stripes with a rest. */
const HASHES: readonly (readonly [string, bigint])[] = [
  ['', 0xef46db3751d8e999n],
  ['a', 0xd24ec4f1a98c6e5bn],
  ['abc', 0x44bc2cf5ad770999n],
  ['Nobody inspects the spammish repetition', 0xfbcea83c8a378bf1n],
];

test('hashes are those of XXH64 with seed 0', () => {
  for (const [text, hash] of HASHES) assert.equal(xxhash64(new TextEncoder().encode(text)), hash, text);
});

test('bytes are hashed where they lie in their buffer', () => {
  const bytes = new TextEncoder().encode('__abc__');
  assert.equal(xxhash64(bytes.subarray(2, 5)), 0x44bc2cf5ad770999n);
});

test('every length from none to two stripes has a hash of its own', () => {
  const hashes = Array.from({ length: 65 }, (_, length) => xxhash64(new Uint8Array(length)));
  assert.equal(new Set(hashes).size, 65);
});
