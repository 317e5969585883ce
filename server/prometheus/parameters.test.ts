import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCoded } from '#base/errors.ts';
import { Parameters } from '#server/prometheus/parameters.ts';

function time(text: string): number | undefined {
  return new Parameters([['t', text]]).timeMs('t');
}

function refuses(call: () => unknown): void {
  assert.throws(call, (error) => isCoded(error, 'PLIM_PARAMETER'));
}

test('times: float seconds or RFC 3339', () => {
  assert.equal(time('4'), 4000);
  assert.equal(time('1700000000.1236'), 1_700_000_000_124);
  assert.equal(time('-1.5'), -1500);
  assert.equal(time('1.7e9'), 1_700_000_000_000);
  assert.equal(time('1700000000000'), 1_700_000_000_000_000);
  assert.equal(time('2023-11-14T22:13:20Z'), 1_700_000_000_000);
  assert.equal(time('2023-11-14T23:13:20.123456789+01:00'), 1_700_000_000_123);
  assert.equal(time(''), undefined);
  assert.ok(Object.is(time('-0'), 0));
  for (const bad of ['now', 'NaN', 'Inf', '2023-11-14', '1e300', '2023-13-41T00:00:00Z', '0x10']) {
    refuses(() => time(bad));
  }
});

test('durations: float seconds or units', () => {
  const duration = (text: string): number | undefined => new Parameters([['d', text]]).durationMs('d');
  assert.equal(duration('15'), 15_000);
  assert.equal(duration('0.5'), 500);
  assert.equal(duration('1h30m'), 5_400_000);
  for (const bad of ['soon', '5 m', '1e300']) refuses(() => duration(bad));
});

test('limits and repeated selectors', () => {
  const parameters = new Parameters([
    ['match[]', 'up'],
    ['limit', '5'],
    ['match[]', '{a="b"}'],
    ['start', '10'],
    ['end', '5'],
  ]);
  assert.equal(parameters.limit('limit'), 5);
  assert.equal(parameters.limit('other'), 0);
  assert.equal(parameters.matcherSets().length, 2);
  refuses(() => parameters.timeRange());
  refuses(() => new Parameters([['limit', '-1']]).limit('limit'));
  refuses(() => new Parameters([['limit', '1.5']]).limit('limit'));
  refuses(() => new Parameters([['match[]', 'up{']]).matcherSets());
});
