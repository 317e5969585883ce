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

test('a cancelled timer keeps nothing alive', () => {
  systemClock.startTimer(60_000, () => {}).cancel();
});
