import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMatcher, parseMatchers } from '#alerting/router/core/matcher-text.ts';
import type { Matcher } from '#signals/matchers.ts';

const m = (name: string, operator: Matcher['operator'], value: string): Matcher => ({
  name,
  operator,
  value,
});

const GOOD: readonly (readonly [text: string, expected: readonly Matcher[]])[] = [
  ['a="b"', [m('a', '=', 'b')]],
  ['a=b', [m('a', '=', 'b')]],
  [' a != "b" ', [m('a', '!=', 'b')]],
  ['{a=~"b|c",d!~"e.*"}', [m('a', '=~', 'b|c'), m('d', '!~', 'e.*')]],
  ['{a="b",}', [m('a', '=', 'b')]],
  ['a="x, y", b="{z}"', [m('a', '=', 'x, y'), m('b', '=', '{z}')]],
  ['a="say \\"hi\\"\\n\\\\"', [m('a', '=', 'say "hi"\n\\')]],
  ['"name with spaces"="b"', [m('name with spaces', '=', 'b')]],
  ['a=', [m('a', '=', '')]],
  ['a=""', [m('a', '=', '')]],
  ['slo_id="orders/checkout"', [m('slo_id', '=', 'orders/checkout')]],
  ['{}', []],
];
for (const [text, expected] of GOOD) {
  test(`parses ${text}`, () => assert.deepEqual(parseMatchers(text), expected));
}

for (const text of ['a', '="b"', 'a=="b"', '{a="b"', 'a="b"}', 'a="b" c="d"', 'a="b', '{a=b}{c=d}']) {
  test(`refuses ${text}`, () => assert.equal(typeof parseMatchers(text), 'string'));
}

test('what is formatted parses back', () => {
  for (const matcher of [m('a', '=', 'b'), m('a b', '!~', '"\\\n,{}'), m('x', '=~', ''), m('ü', '!=', 'ö')]) {
    assert.deepEqual(parseMatchers(formatMatcher(matcher)), [matcher]);
  }
});
