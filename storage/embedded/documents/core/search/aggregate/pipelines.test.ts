/** Pipelines over buckets at hand: their order, their gaps, their limit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Aggregations, Bucket } from '#storage/document-search.ts';
import { AggregationBudget, STEPS_MAX } from '#storage/embedded/documents/core/search/aggregate/budget.ts';
import { addPipelines } from '#storage/embedded/documents/core/search/aggregate/pipelines.ts';

const bucket = (value: number | null, count = 1): Bucket => ({
  key: 0,
  keyText: undefined,
  count,
  results: { s: { kind: 'value', value } },
});

function valuesOf(buckets: readonly Bucket[], aggregations: Aggregations, name = 'x') {
  const added = addPipelines(buckets, { aggregations, budget: new AggregationBudget() });
  return added.map(({ results }) => {
    const result = Object.hasOwn(results, name) ? results[name] : undefined;
    return result !== undefined && 'value' in result ? result.value : undefined;
  });
}

test('a bucket that a pipeline has passed over is no gap to fill', () => {
  const buckets = [bucket(1), bucket(null), bucket(0, 0), bucket(5), bucket(7)];
  const aggregations: Aggregations = {
    y: { kind: 'derivative', path: 'x', gaps: 'zero', unitMs: undefined },
    x: { kind: 'serial_diff', path: 's', gaps: 'keep', lag: 1 },
    sum: { kind: 'cumulative_sum', path: 'x' },
  };
  assert.deepEqual(valuesOf(buckets, aggregations), [undefined, undefined, undefined, 5, 2]);
  assert.deepEqual(valuesOf(buckets, aggregations, 'y'), [undefined, undefined, undefined, undefined, -3]);
  assert.deepEqual(valuesOf(buckets, aggregations, 'sum'), [0, 0, 0, 5, 7]);
});

test('windows shrink at both ends', () => {
  const buckets = [1, 2, 3, 4].map((value) => bucket(value));
  const moving = (window: number, shift: number) =>
    valuesOf(buckets, {
      x: { kind: 'moving_fn', path: 's', gaps: 'skip', window, shift, script: { kind: 'sum' } },
    });
  assert.deepEqual(moving(2, 0), [0, 1, 3, 5]);
  assert.deepEqual(moving(3, 2), [3, 6, 9, 7]);
  assert.deepEqual(moving(2, -1), [0, 0, 1, 3]);
  assert.deepEqual(moving(1, 9), [0, 0, 0, 0]);
});

test('a search takes so many steps and no more', () => {
  const budget = new AggregationBudget();
  budget.takeSteps(STEPS_MAX - 3);
  const level = {
    budget,
    aggregations: {
      x: { kind: 'moving_fn', path: 's', gaps: 'skip', window: 2, shift: 1, script: { kind: 'max' } },
    },
  } as const;
  addPipelines([bucket(1)], level);
  assert.throws(() => addPipelines([bucket(1)], level), { code: 'PLIM_QUERY_LIMIT' });
});
