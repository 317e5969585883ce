/** Windows of values, with the figures Elasticsearch 9.4.3 has for them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MovingFunction } from '#storage/document-scripts.ts';
import { movingValue } from '#storage/embedded/documents/core/search/aggregate/moving-functions.ts';

const VALUES = [3, 7, 2, 9, 4, 11, -5, 6, 0, 8, 1];

const winters = (period: number, multiplicative: boolean, decays = [0.5, 0.4, 0.7]): MovingFunction => {
  const [alpha = 0, beta = 0, gamma = 0] = decays;
  return { kind: 'holt-winters', alpha, beta, gamma, period, multiplicative };
};
const SLOW = [0.3, 0.1, 0.2];

const FIGURES: readonly (readonly [script: MovingFunction, values: number, expected: number])[] = [
  [{ kind: 'max' }, 7, 11],
  [{ kind: 'min' }, 7, -5],
  [{ kind: 'sum' }, 5, 25],
  [{ kind: 'unweighted' }, 4, 5.25],
  [{ kind: 'linear' }, 3, 23 / 6],
  [{ kind: 'linear' }, 4, 5.9],
  [{ kind: 'deviation', average: { kind: 'unweighted' } }, 3, 2.160246899469287],
  [{ kind: 'deviation', average: { kind: 'ewma', alpha: 1 } }, 3, 2.943920288775949],
  [{ kind: 'ewma', alpha: 0.3 }, 4, 5.178],
  [{ kind: 'ewma', alpha: 1 }, 4, 9],
  [{ kind: 'ewma', alpha: -0.5 }, 5, -7.625],
  [{ kind: 'holt', alpha: 0.3, beta: 0.1 }, 3, 3.624],
  [{ kind: 'holt', alpha: 0.9, beta: 0.8 }, 6, 10.188692256],
  [winters(2, false, SLOW), 4, 4.83404],
  [winters(2, false, SLOW), 5, 6.7988468],
  [winters(2, true, SLOW), 5, 8.76883397246959],
  [winters(1, true), 4, 18.49172308079874],
  [winters(1, true), 5, 5.129492926344059],
  [winters(3, false), 6, 12.33525],
  [winters(3, true), 6, 31.250057142087403],
  [{ kind: 'beyond', values: 4, of: { kind: 'sum' } }, 4, 0],
  [{ kind: 'beyond', values: 4, of: { kind: 'sum' } }, 5, 25],
];

test('functions of a window come to what they come to there', () => {
  for (const [script, count, expected] of FIGURES) {
    const value = movingValue(script, VALUES.slice(0, count));
    assert.ok(Math.abs(value - expected) < 1e-9, `${JSON.stringify(script)}: ${value}`);
  }
});

test('an empty window has a sum only', () => {
  for (const [script] of FIGURES) {
    const isSum = script.kind === 'sum' || script.kind === 'beyond';
    assert.equal(movingValue(script, []), isSum ? 0 : NaN, JSON.stringify(script));
  }
});

test('seasons of nothing but zeros are zero, and one season is too few', () => {
  assert.equal(movingValue(winters(2, false), [0, 0, 0, 0]), 0);
  assert.throws(() => movingValue(winters(2, false), [1, 2, 3]), { code: 'PLIM_PARAMETER' });
});
