import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KahanSum, quantileOf, RunningMean, RunningVariance } from '#promql/engine/kahan.ts';

function meanOf(values: readonly number[]): number {
  const mean = new RunningMean();
  for (const value of values) mean.add(value);
  return mean.value;
}

test('a compensated sum keeps what plain addition loses', () => {
  const total = new KahanSum();
  for (const value of [1, 1e100, 1, -1e100]) total.add(value);
  assert.equal(total.value, 2);
  const infinite = new KahanSum();
  for (const value of [1, Infinity, 1]) infinite.add(value);
  assert.equal(infinite.value, Infinity);
});

test('a mean does not overflow and knows infinities', () => {
  assert.equal(meanOf([1e308, 1e308, 1e308]), 1e308);
  assert.equal(meanOf([-1.7e308, -1.7e308]), -1.7e308);
  assert.equal(meanOf([Infinity, 1, Infinity]), Infinity);
  assert.equal(meanOf([1, -Infinity, 5]), -Infinity);
  assert.ok(Number.isNaN(meanOf([Infinity, -Infinity])));
  assert.ok(Number.isNaN(meanOf([1, NaN, 2])));
});

test('variance is the population’s', () => {
  const variance = new RunningVariance();
  for (const value of [2, 4, 4, 4, 5, 5, 7, 9]) variance.add(value);
  assert.equal(variance.value, 4);
});

test('quantiles: between ranks, NaN lowest', () => {
  const of = (ratio: number, values: readonly number[]): number =>
    quantileOf(ratio, Float64Array.from(values));
  assert.equal(of(0.5, [3, 1, 2, 4]), 2.5);
  assert.equal(of(1, [3, 1, NaN]), 3);
  assert.ok(Number.isNaN(of(0, [3, 1, NaN])));
  assert.equal(of(-0.1, [1]), -Infinity);
  assert.equal(of(1.1, [1]), Infinity);
  assert.ok(Number.isNaN(of(NaN, [1])));
  assert.ok(Number.isNaN(of(0.5, [])));
});
