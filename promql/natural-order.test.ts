import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareNatural } from '#promql/natural-order.ts';

const ORDERED: readonly string[] = [
  '',
  '0',
  '1',
  '2a',
  '9',
  '10',
  '10a2',
  '10a10',
  '9223372036854775807',
  '9223372036854775808',
  '123456789012345678901',
  'a',
  'a5',
  'a10',
  'a10.2',
  'b',
  '\u{ff61}',
  '\u{1f600}',
];

test('numbers in texts go by their value, the rest by its bytes', () => {
  for (const [index, left] of ORDERED.entries()) {
    for (const [other, right] of ORDERED.entries()) {
      assert.equal(Math.sign(compareNatural(left, right)), Math.sign(index - other), `${left} ${right}`);
    }
  }
});

test('leading zeros do not count', () => {
  assert.equal(compareNatural('a007b', 'a7b'), 0);
  assert.equal(compareNatural('00', '0'), 0);
  assert.ok(compareNatural('a007b', 'a7c') < 0);
});

test('only digits of ASCII are numbers', () => {
  assert.ok(compareNatural('\u{0662}', '\u{0661}0') > 0);
  assert.ok(compareNatural(':1', '1') > 0);
  assert.ok(compareNatural('/1', '1') < 0);
});
