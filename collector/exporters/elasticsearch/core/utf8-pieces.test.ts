import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Utf8Pieces } from '#collector/exporters/elasticsearch/core/utf8-pieces.ts';

test('every text stays what it was, whatever comes after it', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.nat({ max: 400_000 }).map((length) => 'ü'.repeat(length)),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 20 }), (texts) => {
      const pieces = new Utf8Pieces();
      const added = texts.map((one) => pieces.add(one));
      assert.deepEqual(
        added.map((one) => new TextDecoder().decode(one)),
        texts,
      );
    }),
    { numRuns: 50 },
  );
});
