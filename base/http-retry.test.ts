import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RETRY_AFTER_MS_MAX, retryDelayMs, verdictOf } from '#base/http-retry.ts';
import { seededRandom } from '#base/sim/random.ts';

const WALL_MS = Date.parse('2026-01-31T12:00:00Z');

const CASES: readonly (readonly [
  status: number,
  headers: Record<string, string>,
  expected: string | number | undefined,
])[] = [
  [200, {}, 'delivered'],
  [204, { 'retry-after': '5' }, 'delivered'],
  [301, {}, 'refused'],
  [400, {}, 'refused'],
  [401, {}, 'refused'],
  [404, { 'retry-after': '5' }, 'refused'],
  [408, {}, undefined],
  [425, {}, undefined],
  [429, {}, undefined],
  [429, { 'retry-after': '7' }, 7000],
  [500, {}, undefined],
  [503, { 'retry-after': ' 0 ' }, 0],
  [503, { 'retry-after': 'Sat, 31 Jan 2026 12:00:30 GMT' }, 30_000],
  [503, { 'retry-after': 'Sat, 31 Jan 2026 12:00:30 GMT', date: 'Sat, 31 Jan 2026 12:00:20 GMT' }, 10_000],
  [503, { 'retry-after': 'Sat, 31 Jan 2026 11:00:00 GMT' }, 0],
  [503, { 'retry-after': 'soon' }, undefined],
  [503, { 'retry-after': '-5' }, undefined],
  [503, { 'retry-after': '999999999' }, RETRY_AFTER_MS_MAX],
];
for (const [status, headers, expected] of CASES) {
  test(`${status} ${JSON.stringify(headers)}`, () => {
    const verdict = verdictOf({ status, headers }, WALL_MS);
    assert.deepEqual(verdict.kind === 'retry' ? verdict.afterMs : verdict.kind, expected);
  });
}

test('back-off is full jitter under a bound that doubles to 60 s', () => {
  const random = seededRandom(3);
  for (const [attempts, boundMs] of [
    [0, 1000],
    [1, 2000],
    [5, 32_000],
    [6, 60_000],
    [500, 60_000],
  ] as const) {
    const delays = Array.from({ length: 300 }, () => retryDelayMs(attempts, undefined, random));
    assert.ok(Math.max(...delays) <= boundMs && Math.max(...delays) > 0.9 * boundMs);
    assert.ok(Math.min(...delays) < 0.1 * boundMs);
  }
});

test('a receiver that asks for time gets it', () => {
  assert.ok(retryDelayMs(0, 90_000, seededRandom(1)) >= 90_000);
});
