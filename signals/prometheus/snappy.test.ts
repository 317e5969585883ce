import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCoded } from '#base/errors.ts';
import { compressBlock, uncompressBlock } from '#signals/prometheus/snappy.ts';

test('what was compressed comes back', async () => {
  for (const length of [0, 1, 127, 128, 100_000]) {
    const bytes = Uint8Array.from({ length }, (_, index) => index % 7);
    const block = await compressBlock(bytes);
    assert.deepEqual(new Uint8Array(await uncompressBlock(block, length)), bytes);
  }
});

test('a block known from elsewhere: a literal, then a copy', async () => {
  // Length 10; literal "abcd"; copy of six bytes from four bytes back.
  const block = Uint8Array.of(10, 0x0c, 0x61, 0x62, 0x63, 0x64, 0x09, 0x04);
  const bytes = await uncompressBlock(block, 10);
  assert.equal(new TextDecoder().decode(bytes), 'abcdabcdab');
});

test('what would be too large is not inflated, and what is no block is refused', async () => {
  const block = await compressBlock(new Uint8Array(1_000_000));
  await assert.rejects(uncompressBlock(block, 999_999), (error) => isCoded(error, 'PLIM_BODY_TOO_LARGE'));
  const bad = [[], [0x80], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [5, 0x0c], [5, 0x01, 0x09]];
  for (const bytes of bad) {
    await assert.rejects(
      uncompressBlock(Uint8Array.from(bytes), 1000),
      (error) => isCoded(error, 'PLIM_BODY_MALFORMED'),
      String(bytes),
    );
  }
});
