import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareTraces, filteredRows } from '#dashboards/console/core/trace/compare.ts';
import { buildTree, type TraceTree } from '#dashboards/console/core/trace/tree.ts';
import { differenceSentence } from '#dashboards/console/core/trace/words.ts';
import { traceOf, type SpanWords } from '#test/support/console-traces.ts';

const treeOf = (words: readonly SpanWords[]): TraceTree => buildTree(traceOf(words));

const fast = treeOf([
  { id: '1', operation: 'POST', takes: 100 },
  { id: '2', parent: '1', operation: 'read', at: 10, takes: 20 },
  { id: '3', parent: '1', operation: 'cached', at: 40, takes: 5 },
]);
const slow = treeOf([
  { id: '1', operation: 'POST', takes: 400 },
  { id: '2', parent: '1', operation: 'read', at: 10, takes: 150 },
  { id: '3', parent: '1', operation: 'read', at: 200, takes: 150, failed: true },
  { id: '4', parent: '2', operation: 'retry', at: 20, takes: 10 },
]);

test('spans match by their path; the largest difference in own time stands first', () => {
  const { rows, matched, onlyLeft, onlyRight } = compareTraces(fast, slow);
  assert.deepEqual(
    rows.map(({ operation, left, right, selfDeltaUs }) => [
      operation,
      left?.count,
      right?.count,
      selfDeltaUs,
    ]),
    [
      ['read', 1, 2, 270],
      ['POST', 1, 1, 25],
      ['retry', undefined, 1, 10],
      ['cached', 1, undefined, -5],
    ],
  );
  assert.deepEqual([matched, onlyLeft, onlyRight], [2, 1, 1]);
});

test('differences of own time add up to what the traces differ by', () => {
  const { rows } = compareTraces(fast, slow);
  assert.equal(
    rows.reduce((sum, { selfDeltaUs }) => sum + selfDeltaUs, 0),
    300,
  );
});

test('a trace compared with itself differs in nothing', () => {
  const { rows, onlyLeft, onlyRight } = compareTraces(slow, slow);
  assert.ok(rows.every(({ selfDeltaUs, totalDeltaUs }) => selfDeltaUs === 0 && totalDeltaUs === 0));
  assert.equal(onlyLeft + onlyRight, 0);
});

test('rows of one side alone can be looked at', () => {
  const comparison = compareTraces(fast, slow);
  const names = (filter: 'all' | 'both' | 'left' | 'right'): readonly string[] =>
    filteredRows(comparison, filter).map(({ operation }) => operation);
  assert.deepEqual(names('left'), ['cached']);
  assert.deepEqual(names('right'), ['retry']);
  assert.deepEqual(names('both'), ['read', 'POST']);
  assert.equal(names('all').length, 4);
});

test('the same operation at another place is another path', () => {
  const nested = treeOf([
    { id: '1', operation: 'POST', takes: 100 },
    { id: '2', parent: '1', operation: 'read', takes: 50 },
    { id: '3', parent: '2', operation: 'read', takes: 20 },
  ]);
  const { rows } = compareTraces(nested, nested);
  assert.deepEqual(
    rows.filter(({ operation }) => operation === 'read').map(({ above }) => above),
    [['quotes POST'], ['quotes POST', 'quotes read']],
  );
});

test('how two traces differ is told in a sentence', () => {
  assert.equal(
    differenceSentence(100, 400, compareTraces(fast, slow)),
    'The right one took 300 µs longer; the largest part: +270 µs in quotes read.',
  );
  assert.equal(
    differenceSentence(400, 100, compareTraces(slow, fast)),
    'The right one took 300 µs less; the largest part: −270 µs in quotes read.',
  );
  assert.equal(differenceSentence(100, 100, compareTraces(fast, fast)), 'Both took equally long.');
});
