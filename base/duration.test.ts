import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, parseDurationMs } from '#base/duration.ts';

const GOOD: readonly (readonly [string, number])[] = [
  ['0', 0],
  ['0s', 0],
  ['5ms', 5],
  ['30s', 30_000],
  ['1h30m', 5_400_000],
  ['1d', 86_400_000],
  ['2w', 1_209_600_000],
  ['1y', 31_536_000_000],
  ['1d2h3m4s5ms', 93_784_005],
];

for (const [text, ms] of GOOD) {
  test(`${text} is ${ms} ms`, () => assert.equal(parseDurationMs(text), ms));
}

for (const text of ['', '5', '1.5h', '-5s', '5 s', '1m1h', '5S', 's', '99999999999999999y', '5s5s']) {
  test(`${JSON.stringify(text)} is no duration`, () => assert.equal(parseDurationMs(text), undefined));
}

test('what is formatted is read back', () => {
  for (const ms of [0, 1, 999, 1000, 61_000, 5_400_000, 86_400_000, 93_784_005, 2_592_000_000]) {
    assert.equal(parseDurationMs(formatDuration(ms)), ms, formatDuration(ms));
  }
  assert.equal(formatDuration(5_400_000), '1h30m');
  assert.equal(formatDuration(2_592_000_000), '30d');
});
