import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#base/sim/random.ts';
import { COMMON_DEFAULT } from '#collector/exporters/config.ts';
import { backOffMs } from '#collector/exporters/core/back-off.ts';

const { retry } = COMMON_DEFAULT;

test('waits grow to the longest, and lie about their mean', () => {
  const random = seededRandom(5);
  for (const [failures, meanMs] of [
    [1, 1000],
    [2, 1500],
    [3, 2250],
    [9, 25_629],
    [10, 30_000],
    [10_000, 30_000],
  ] as const) {
    for (let round = 0; round < 50; round += 1) {
      const waitMs = backOffMs(retry, failures, undefined, random);
      assert.ok(Math.abs(waitMs - meanMs) <= meanMs / 2 + 1, `failure ${failures}: ${waitMs} ms`);
    }
  }
});

test('never sooner than the destination asks for', () => {
  assert.equal(backOffMs(retry, 1, 45_000, seededRandom(1)), 45_000);
  assert.ok(backOffMs({ ...retry, randomization: 0 }, 1, 10, seededRandom(1)) === 1000);
});
