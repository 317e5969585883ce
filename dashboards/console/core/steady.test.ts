import assert from 'node:assert/strict';
import { test } from 'node:test';
import { steady } from '#dashboards/console/core/steady.ts';

const keyOf = (text: string): string => text.slice(0, 1);

test('rows being read stay in place, change their content, and leave when they are gone', () => {
  assert.deepEqual(steady(['c3', 'a2', 'b1'], keyOf, ['a', 'b', 'x']), { shown: ['a2', 'b1'], waiting: 1 });
});

test('without anything held everything is shown', () => {
  assert.deepEqual(steady(['b', 'a'], keyOf, undefined), { shown: ['b', 'a'], waiting: 0 });
});
