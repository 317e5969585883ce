import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CALL_SERIES_SECONDS, CallSeries } from '#alerting/blame/core/call-series.ts';
import { SpanMemory } from '#alerting/blame/core/span-memory.ts';
import { failureWords, isRefusalOfCaller } from '#alerting/blame/core/failure-words.ts';

const NOW_MS = 1_800_000_000_000;

test('calls are summed by the second they ended in', () => {
  const series = new CallSeries();
  for (let second = 0; second < 10; second += 1) series.add(NOW_MS + second * 1000 + 500, second >= 5, 20);
  assert.deepEqual(series.sum(NOW_MS, Infinity), { count: 10, failed: 5, durationMs: 200 });
  assert.deepEqual(series.sum(NOW_MS + 4000, NOW_MS + 6000), { count: 2, failed: 1, durationMs: 40 });
  series.add(NOW_MS + 1000, true, 5);
  assert.deepEqual(series.sum(NOW_MS + 1000, NOW_MS + 2000), { count: 2, failed: 1, durationMs: 25 });
});

test('what is older than the series reaches is gone, also after a long pause', () => {
  const series = new CallSeries();
  series.add(NOW_MS, true, 1);
  series.add(NOW_MS + CALL_SERIES_SECONDS * 1000, false, 1);
  assert.equal(series.sum(0, Infinity).count, 1);
  series.add(NOW_MS, true, 1);
  assert.equal(series.sum(0, Infinity).count, 1, 'too late to count');
  series.add(NOW_MS + 86_400_000, false, 1);
  assert.equal(series.sum(0, Infinity).count, 1);
});

test('a span is remembered by its id until newer ones need its place', () => {
  const memory = new SpanMemory();
  const id = (number: number): Uint8Array => new Uint8Array(new BigUint64Array([BigInt(number)]).buffer);
  const place = memory.claim(id(1), 0, NOW_MS);
  memory.setNumber(place, 7);
  memory.add(place, true, 5);
  memory.add(memory.claim(id(1), 0, NOW_MS), false, 6);
  const found = memory.find(id(1), 0, NOW_MS + 1000);
  assert.deepEqual(
    [memory.numberAt(found), memory.failedAt(found), memory.durationMsAt(found)],
    [7, true, 11],
  );
  assert.equal(memory.find(id(2), 0, NOW_MS), -1);
  assert.equal(memory.find(id(1), 0, NOW_MS + 120_000), -1, 'forgotten after a minute');
  for (let number = 2; number < 200_000; number += 1) memory.claim(id(number), 0, NOW_MS + 1000);
  assert.equal(memory.find(id(1), 0, NOW_MS + 1000), -1, 'pushed out');
  let kept = 0;
  for (let number = 199_000; number < 200_000; number += 1) {
    if (memory.find(id(number), 0, NOW_MS + 1000) >= 0) kept += 1;
  }
  assert.ok(kept >= 950, `${kept} of the newest 1000 are kept`);
});

test('failures are told in the same few words whatever library met them', () => {
  const words = (status: string | undefined, errorType: string | undefined, message = ''): string =>
    failureWords({ status, errorType, message });
  assert.equal(words('503', '503'), 'HTTP 503');
  assert.equal(words(undefined, 'ECONNREFUSED'), 'connection refused');
  assert.equal(words(undefined, 'TypeError', 'connect ECONNREFUSED 127.0.0.1:1'), 'connection refused');
  assert.equal(words(undefined, 'TimeoutError'), 'timeout');
  assert.equal(words(undefined, undefined, 'socket hang up'), 'connection reset');
  assert.equal(words(undefined, 'circuit_open'), 'circuit open');
  assert.equal(words(undefined, 'Odd'), 'Odd');
  assert.equal(words(undefined, undefined), 'error');
  assert.deepEqual(['404', '429', '408', '500', undefined].map(isRefusalOfCaller), [
    true,
    false,
    false,
    false,
    false,
  ]);
});
