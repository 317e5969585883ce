import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Attribute, AttributeValue } from '#signals/model.ts';
import {
  attributesFromText,
  attributesToText,
  searchTerms,
} from '#storage/embedded/documents/core/attribute-text.ts';
import { valueAsText } from '#signals/value-text.ts';

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom(
    '',
    ' ',
    '"',
    '\\',
    ' "a":"b" ',
    '\u0000',
    'true',
    '0',
    '17',
    '-0',
    '1.5',
    'NaN',
    '__proto__',
    '{}',
  ),
);
const scalar: fc.Arbitrary<AttributeValue> = fc.oneof(
  text.map((value) => ({ kind: 'string', value }) as const),
  fc.boolean().map((value) => ({ kind: 'bool', value }) as const),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => ({ kind: 'int', value }) as const),
  fc.double().map((value) => ({ kind: 'double', value }) as const),
  fc.uint8Array({ maxLength: 6 }).map((value) => ({ kind: 'bytes', value }) as const),
  fc.constant({ kind: 'empty' } as const),
);
const value: fc.Arbitrary<AttributeValue> = fc.oneof(
  { weight: 4, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }).map((items) => ({ kind: 'array', value: items }) as const),
  fc
    .array(fc.record({ key: text, value: scalar }, { noNullPrototype: true }), { maxLength: 3 })
    .map((entries) => ({ kind: 'map', value: entries }) as const),
);
const attributes: fc.Arbitrary<readonly Attribute[]> = fc.array(
  fc.record({ key: text, value }, { noNullPrototype: true }),
  {
    maxLength: 5,
  },
);

test('attributes come back from their text as they were, in their order, doubles of a key included', () => {
  fc.assert(
    fc.property(attributes, (list) => {
      const stored = attributesToText(list);
      assert.doesNotThrow(() => void JSON.parse(stored));
      assert.deepEqual(attributesFromText(stored), list);
    }),
    { numRuns: 400 },
  );
});

test('a search term stands in the text exactly when an attribute has that key and value', () => {
  fc.assert(
    fc.property(attributes, text, scalar, (list, key, wanted) => {
      const candidates = [...list, { key, value: wanted }].filter(
        ({ value: one }) => one.kind !== 'array' && one.kind !== 'map',
      );
      const stored = attributesToText(list);
      for (const candidate of candidates) {
        const asText = valueAsText(candidate.value);
        const found = searchTerms(candidate.key, asText).some((term) => stored.includes(term));
        const there = list.some(
          (one) =>
            one.key === candidate.key &&
            one.value.kind !== 'array' &&
            one.value.kind !== 'map' &&
            valueAsText(one.value) === asText,
        );
        assert.equal(found, there, `${candidate.key}=${asText} in ${stored}`);
      }
    }),
    { numRuns: 400 },
  );
});

test('the text is ordinary JSON where JSON can say it', () => {
  const list: Attribute[] = [
    { key: 'http.route', value: { kind: 'string', value: '/x' } },
    { key: 'n', value: { kind: 'int', value: 9_223_372_036_854_775_807n } },
    { key: 'ratio', value: { kind: 'double', value: 0.5 } },
  ];
  assert.equal(
    attributesToText(list),
    '{ "http.route":"/x" , "n":["i","9223372036854775807"] , "ratio":0.5 }',
  );
  assert.equal(attributesToText([]), '{}');
});
