import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileMatcher } from '#promql/matchers.ts';
import type { MatchOperator } from '#signals/matchers.ts';

test('each operator, also on a label that is not set', () => {
  const rows: readonly (readonly [MatchOperator, string, string, boolean])[] = [
    ['=', 'a', 'a', true],
    ['=', 'a', '', false],
    ['=', '', '', true],
    ['!=', 'a', 'b', true],
    ['!=', 'a', '', true],
    ['!=', 'a', 'a', false],
    ['=~', 'a|b', 'b', true],
    ['=~', 'a.*', '', false],
    ['=~', '.*', '', true],
    ['!~', 'a|b', 'b', false],
    ['!~', 'a.+', 'a', true],
    ['!~', '.*', '', false],
  ];
  for (const [operator, wanted, value, expected] of rows) {
    const matches = compileMatcher({ name: 'x', operator, value: wanted });
    assert.equal(matches(value), expected, `${value} ${operator} ${wanted}`);
  }
});
