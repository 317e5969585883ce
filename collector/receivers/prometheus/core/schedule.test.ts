import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { firstDelayMs, nextDueMs } from '#collector/receivers/prometheus/core/schedule.ts';

test('a target keeps its place in the interval, whenever it is asked for', () => {
  for (const identity of ['http://a/metrics', 'http://b/metrics']) {
    const places = [0, 1, 4999, 5000, 1_800_000_003_217].map(
      (nowMs) => (nowMs + firstDelayMs(identity, 5000, nowMs)) % 5000,
    );
    equal(new Set(places).size, 1, identity);
  }
});

test('many targets spread over the interval', () => {
  const tenths = Array.from({ length: 10 }, () => 0);
  for (let index = 0; index < 1000; index += 1) {
    const delayMs = firstDelayMs(`http://10.0.0.1:${9000 + index}/metrics`, 10_000, 0);
    ok(delayMs >= 0 && delayMs < 10_000);
    const tenth = Math.floor(delayMs / 1000);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  ok(Math.min(...tenths) > 50, `each tenth has some: ${tenths.join(' ')}`);
});

test('what was missed is skipped', () => {
  const due = [1000, 1001, 2000, 5999, 6000, 6001].map((nowMs) => nextDueMs(1000, 1000, nowMs));
  deepEqual(due, [2000, 2000, 2000, 6000, 6000, 7000]);
});
