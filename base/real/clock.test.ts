import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from '#base/clock.ts';
import { systemClock } from '#base/real/clock.ts';

test('wall time in milliseconds and nanoseconds agree; monotonic time rises', async () => {
  const beforeMs = systemClock.wallMs();
  const nanos = systemClock.wallNanos();
  const differenceMs = Number(nanos / 1_000_000n) - beforeMs;
  assert.ok(differenceMs >= 0 && differenceMs < 1000, `${differenceMs} ms apart`);
  const startMs = systemClock.monotonicMs();
  await sleep(systemClock, 5);
  assert.ok(systemClock.monotonicMs() - startMs >= 4);
});

test('nanosecond stamps never fall, and few are alike', () => {
  const stamps: bigint[] = [];
  const untilMs = performance.now() + 50;
  while (performance.now() < untilMs) stamps.push(systemClock.wallNanos());
  assert.ok(stamps.every((stamp, index) => index === 0 || stamp >= (stamps[index - 1] ?? 0n)));
  assert.ok(new Set(stamps).size > stamps.length / 2, `${new Set(stamps).size} of ${stamps.length} differ`);
});

test('a cancelled timer keeps nothing alive', () => {
  systemClock.startTimer(60_000, () => {}).cancel();
});
