import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatBurn,
  formatBytes,
  formatCount,
  formatNumber,
  formatRate,
  formatShare,
  shortId,
} from '#dashboards/console/core/numbers.ts';

test('numbers have three significant digits', () => {
  const cases: readonly (readonly [number | null | undefined, string])[] = [
    [0, '0'],
    [null, '–'],
    [undefined, '–'],
    [Number.NaN, '–'],
    [Number.POSITIVE_INFINITY, '∞'],
    [1, '1'],
    [1.2345, '1.23'],
    [12.345, '12.3'],
    [99.96, '100'],
    [123.45, '123'],
    [1234.5, '1235'],
    [12_345, '12 345'],
    [-0.5, '−0.5'],
    [0.000_01, '0.00001'],
    [1e-9, '1.00e−9'],
  ];
  for (const [value, text] of cases) assert.equal(formatNumber(value), text);
});

test('counts, bytes and rates take the unit that needs fewest digits', () => {
  assert.equal(formatCount(999), '999');
  assert.equal(formatCount(999.7), '1 k');
  assert.equal(formatCount(1_234_567), '1.23 M');
  assert.equal(formatBytes(0), '0 B');
  assert.equal(formatBytes(2_254_857_830), '2.1 GiB');
  assert.equal(formatRate(42.12), '42.1 /s');
  assert.equal(formatRate(0), '0 /s');
  assert.equal(formatRate(0.05), '3 /min');
  assert.equal(formatRate(1500), '1.5 k /s');
});

test('a share near 100 % never reads as 100 %', () => {
  const cases: readonly (readonly [number, string])[] = [
    [1, '100 %'],
    [0, '0 %'],
    [0.5, '50 %'],
    [0.123_45, '12.3 %'],
    [0.999, '99.9 %'],
    [0.9999, '99.99 %'],
    [0.999_999_99, '99.999999 %'],
    [-0.2, '−20 %'],
  ];
  for (const [ratio, text] of cases) assert.equal(formatShare(ratio), text);
  for (let bad = 1; bad < 1_000_000_000; bad *= 7) assert.notEqual(formatShare(1 - bad / 1e10), '100 %');
});

test('burn rates and ids', () => {
  assert.equal(formatBurn(14.4), '14.4×');
  assert.equal(formatBurn(null), '–');
  assert.equal(shortId('4bf92f3577b34da6a3ce929d0e0e4736'), '4bf92f…4736');
  assert.equal(shortId('short'), 'short');
});
