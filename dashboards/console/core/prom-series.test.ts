import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  gridEndMs,
  gridOf,
  matrixBy,
  promString,
  promValue,
  queryRangePath,
  vectorBy,
} from '#dashboards/console/core/prom-series.ts';

test('what is no number is missing, not zero', () => {
  assert.equal(promValue('NaN'), null);
  assert.equal(promValue('+Inf'), Number.POSITIVE_INFINITY);
  assert.equal(promValue('1e3'), 1000);
  const answer = {
    data: {
      result: [
        { metric: { s: 'a' }, value: [1, '2'] as const },
        { metric: { s: 'b' }, value: [1, 'NaN'] as const },
      ],
    },
  };
  assert.deepEqual([...vectorBy(answer, 's')], [['a', 2]]);
  assert.equal(vectorBy(undefined, 's').size, 0);
});

test('a matrix lies on the grid, and its gaps stay gaps', () => {
  const grid = gridOf(10_500, 60_000, 10_000);
  assert.deepEqual(grid, { startMs: 20_000, stepMs: 10_000, count: 5 });
  assert.equal(gridEndMs(grid), 60_000);
  const answer = {
    data: {
      result: [
        {
          metric: { s: 'a' },
          values: [
            [20, '1'],
            [40, '3'],
            [900, '9'],
          ] as const,
        },
      ],
    },
  };
  assert.deepEqual(matrixBy(answer, 's', grid).get('a'), [1, null, 3, null, null]);
  assert.match(queryRangePath('up', grid), /start=20&end=60&step=10$/);
});

test('texts of telemetry are quoted', () => {
  assert.equal(promString('a"} or vector(1) #\\\n'), '"a\\"} or vector(1) #\\\\\\n"');
});
