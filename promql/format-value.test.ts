import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatOpenMetrics, formatPlain, formatTime, formatValue } from '#promql/format-value.ts';

const VALUES: readonly (readonly [number, string])[] = [
  [0, '0'],
  [-0, '-0'],
  [1, '1'],
  [0.1, '0.1'],
  [1 / 3, '0.3333333333333333'],
  [1e20, '100000000000000000000'],
  [1e21, '1e+21'],
  [-1.5e22, '-1.5e+22'],
  [1e-6, '0.000001'],
  [9.9e-7, '9.9e-07'],
  [1e-7, '1e-07'],
  [1.25e-10, '1.25e-10'],
  [5e-324, '5e-324'],
  [Number.MAX_VALUE, '1.7976931348623157e+308'],
  [NaN, 'NaN'],
  [Infinity, '+Inf'],
  [-Infinity, '-Inf'],
];

test('values print as Prometheus prints them', () => {
  for (const [value, text] of VALUES) {
    assert.equal(formatValue(value), text);
    if (Number.isFinite(value)) assert.equal(Number(formatValue(value)), value);
  }
});

test('label values of count_values have no exponent', () => {
  assert.equal(formatPlain(1.5e21), '1500000000000000000000');
  assert.equal(formatPlain(-2.5e-7), '-0.00000025');
  assert.equal(formatPlain(42), '42');
  assert.equal(formatPlain(NaN), 'NaN');
});

test('times are whole seconds or have three decimals', () => {
  assert.equal(formatTime(4000), '4');
  assert.equal(formatTime(1_700_000_000_250), '1700000000.250');
  assert.equal(formatTime(-1500), '-1.500');
  assert.equal(formatTime(1_700_000_000_000_000), '1700000000000');
});

test('numbers in labels have a point or an exponent', () => {
  const texts: readonly (readonly [number, string])[] = [
    [0, '0.0'],
    [-0, '0.0'],
    [1, '1.0'],
    [-1, '-1.0'],
    [0.99, '0.99'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [100_000, '100000.0'],
    [1_000_000, '1e+06'],
    [12_345_678.5, '1.23456785e+07'],
    [5e-324, '5e-324'],
    [NaN, 'NaN'],
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
  ];
  for (const [value, text] of texts) assert.equal(formatOpenMetrics(value), text);
});
