import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJson } from '#signals/json.ts';
import {
  clampedTime,
  MESSAGE_CHARS_MAX,
  pairJson,
  pairTerm,
  recordPart,
  searchable,
  sharedPart,
  storedItemJson,
  termOf,
} from '#storage/elasticsearch/stored-item.ts';

test('no key and value together look like another pair', () => {
  const pairs: readonly (readonly [string, string])[] = [
    ['a', 'b'],
    ['a":', 'b'],
    ['a', '":b'],
    ['a"', 'b'],
    ['', '"a":b'],
    ['a\\', 'b'],
    ['a', ''],
    ['', ''],
  ];
  assert.equal(new Set(pairs.map(([key, value]) => pairTerm(key, value))).size, pairs.length);
});

test('a pair is written as the term it is asked for by', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary', maxLength: 1200 }), (key, value) =>
      assert.equal(pairJson(key, value), JSON.stringify(pairTerm(key, value))),
    ),
  );
  for (const chars of [993, 994, 995, 996, 997])
    assert.equal(pairJson('a"', 'x'.repeat(chars)), JSON.stringify(pairTerm('a"', 'x'.repeat(chars))));
  // Keys of any length, remembered or not.
  for (const key of ['"', 'k'.repeat(256), 'k'.repeat(257), 'k'.repeat(1001)].flatMap((one) => [one, one]))
    assert.equal(pairJson(key, 'x'), JSON.stringify(pairTerm(key, 'x')));
});

test('a long text is asked for by its hash, and only itself', () => {
  const long = 'ü'.repeat(40_000);
  assert.match(termOf(long), /^#[\w-]{43}$/);
  assert.notEqual(termOf(long), termOf(`${long}x`));
  assert.equal(termOf('short'), 'short');
  assert.ok(Buffer.byteLength(searchable(long)) <= 32_766 && searchable(long).length === MESSAGE_CHARS_MAX);
});

test('times over what a server can count are the last it can', () => {
  assert.equal(clampedTime(2n ** 64n - 1n), 2n ** 63n - 1n);
  assert.equal(clampedTime(5n), 5n);
});

test('wide numbers are texts, lists and maps are no pairs', () => {
  const text = (value: string) => ({ kind: 'string', value }) as const;
  const none = sharedPart([], '');
  const json = storedItemJson({
    record: recordPart({
      id: { node: 'n', epoch: 37, sequence: 5 },
      tenant: 'default',
      receivedUnixNanos: 2n ** 64n - 1n,
    }),
    ordinal: 3,
    unixNanos: 1_700_000_000_000_000_001n,
    service: 'shop',
    attributes: [
      { key: 'a', value: text('x') },
      { key: 'list', value: { kind: 'array', value: [text('x')] } },
      { key: 'n', value: { kind: 'int', value: -(2n ** 63n) } },
    ],
    message: 'Привет',
    resource: sharedPart([{ key: 'r', value: { kind: 'empty' } }], 'AQ=='),
    scope: none,
    item: '/wA=',
  });
  assert.deepEqual(parseJson(json), {
    time: '1700000000000000001',
    producer: 'n-11',
    sequence: 5,
    ordinal: 3,
    tenant: 'default',
    service: 'shop',
    pairs: ['"a":x', '"n":-9223372036854775808', '"r":'],
    message: 'привет',
    received: '18446744073709551615',
    item: '/wA=',
    resource: 'AQ==',
    scope: '',
  });
});
