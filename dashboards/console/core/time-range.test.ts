import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  chartStepMs,
  isLive,
  parseRange,
  rangeByKey,
  RANGES,
  resolveRange,
  resolveTime,
} from '#dashboards/console/core/time-range.ts';

const NOW = 1_800_000_000_000;
const local = (text: string): number | undefined => {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
};

test('times are relative to now or absolute', () => {
  assert.equal(resolveTime('now', NOW), NOW);
  assert.equal(resolveTime('now-15m', NOW), NOW - 900_000);
  assert.equal(resolveTime('1700000000000', NOW), 1_700_000_000_000);
  for (const bad of ['', 'yesterday', 'now-', 'now-5x', 'now+5m', '12'])
    assert.equal(resolveTime(bad, NOW), undefined);
});

test('a range that cannot be read is the last 15 minutes', () => {
  const wanted = { startMs: NOW - 900_000, endMs: NOW };
  assert.deepEqual(resolveRange({ from: '<script>', to: 'now' }, NOW), wanted);
  assert.deepEqual(resolveRange({ from: 'now', to: 'now-5m' }, NOW), wanted);
  for (const { range } of RANGES) assert.ok(isLive(range) && resolveRange(range, NOW).startMs < NOW);
});

test('what people type', () => {
  assert.deepEqual(parseRange('last 2h', local), { from: 'now-2h', to: 'now' });
  assert.deepEqual(parseRange('15 min', local), { from: 'now-15m', to: 'now' });
  assert.deepEqual(parseRange('2026-01-31T14:00Z to 2026-01-31T15:00Z', local), {
    from: String(Date.UTC(2026, 0, 31, 14)),
    to: String(Date.UTC(2026, 0, 31, 15)),
  });
  assert.equal(parseRange('2026-01-31T15:00Z to 2026-01-31T14:00Z', local), undefined);
  assert.equal(parseRange('soon', local), undefined);
});

test('keys make a range shorter, longer, earlier, later and usual', () => {
  const live = { from: 'now-1h', to: 'now' };
  assert.deepEqual(rangeByKey('+', live, NOW), { from: 'now-30m', to: 'now' });
  assert.deepEqual(rangeByKey('-', live, NOW), { from: 'now-2h', to: 'now' });
  assert.deepEqual(rangeByKey('+', { from: 'now-1s', to: 'now' }, NOW), { from: 'now-1s', to: 'now' });
  assert.deepEqual(rangeByKey('-', { from: 'now-80d', to: 'now' }, NOW), { from: 'now-90d', to: 'now' });
  assert.equal(rangeByKey(']', live, NOW), undefined);
  assert.equal(rangeByKey('x', live, NOW), undefined);
  assert.deepEqual(rangeByKey('0', live, NOW), { from: 'now-15m', to: 'now' });
  const still = (startS: number, endS: number) => ({
    from: String(NOW + startS * 1000),
    to: String(NOW + endS * 1000),
  });
  assert.deepEqual(rangeByKey('[', live, NOW), still(-5400, -1800));
  assert.deepEqual(rangeByKey(']', still(-5400, -1800), NOW), live);
  assert.deepEqual(rangeByKey(']', still(-9000, -5400), NOW), still(-7200, -3600));
  assert.deepEqual(rangeByKey('+', still(-60, -20), NOW), still(-50, -30));
  assert.deepEqual(rangeByKey('-', still(-60, -20), NOW), still(-80, 0));
});

test('steps are round and give at most the points asked for', () => {
  for (const seconds of [10, 60, 900, 86_400, 30 * 86_400]) {
    const interval = { startMs: NOW - seconds * 1000, endMs: NOW };
    assert.ok((seconds * 1000) / chartStepMs(interval, 120) <= 120);
  }
});
