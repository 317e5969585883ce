import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson } from '#signals/json.ts';
import {
  clampedTime,
  MESSAGE_CHARS_MAX,
  pairTerm,
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
  const none = sharedPart([], new Uint8Array(0));
  const json = storedItemJson({
    record: {
      id: { node: 'n', epoch: 37, sequence: 5 },
      tenant: 'default',
      receivedUnixNanos: 2n ** 64n - 1n,
    },
    ordinal: 3,
    unixNanos: 1_700_000_000_000_000_001n,
    service: 'shop',
    attributes: [
      { key: 'a', value: text('x') },
      { key: 'list', value: { kind: 'array', value: [text('x')] } },
      { key: 'n', value: { kind: 'int', value: -(2n ** 63n) } },
    ],
    message: 'Привет',
    resource: sharedPart([{ key: 'r', value: { kind: 'empty' } }], Uint8Array.of(1)),
    scope: none,
    item: Uint8Array.of(255, 0),
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
