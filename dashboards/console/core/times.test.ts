import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAgo, formatDuration, formatTime, formatWindow } from '#dashboards/console/core/times.ts';

test('durations', () => {
  const cases: readonly (readonly [number | undefined, string])[] = [
    [undefined, '–'],
    [0, '0 s'],
    [0.012, '12 µs'],
    [318, '318 ms'],
    [999.7, '1 s'],
    [1240, '1.24 s'],
    [59_990, '1 min'],
    [125_000, '2 min 5 s'],
    [3_600_000, '1 h'],
    [12_000_000, '3 h 20 min'],
    [352_800_000, '4 d 2 h'],
    [-1500, '−1.5 s'],
  ];
  for (const [ms, text] of cases) assert.equal(formatDuration(ms), text);
});

test('windows have short names', () => {
  assert.equal(formatWindow(300_000), '5m');
  assert.equal(formatWindow(2_592_000_000), '30d');
  assert.equal(formatWindow(500), '500ms');
  assert.equal(formatWindow(90_000), '90s');
});

test('times of today have no date, others have', () => {
  const now = Date.UTC(2026, 10, 21, 14, 3, 27, 120);
  assert.equal(formatTime(now, now, 'UTC'), '14:03:27.120');
  assert.equal(formatTime(now - 86_400_000, now, 'UTC'), '2026-11-20 14:03:27.120');
  assert.equal(formatTime(Number.NaN, now, 'UTC').includes('NaN:'), false);
});

test('how long ago', () => {
  assert.equal(formatAgo(1000, 2000), 'now');
  assert.equal(formatAgo(0, 12_000), '12 s ago');
  assert.equal(formatAgo(0, 200_000), '3 min ago');
  assert.equal(formatAgo(60_000, 0), 'in 1 min');
});
