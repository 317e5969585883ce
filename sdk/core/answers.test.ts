import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { refusedItems, retryDelayMs, verdictOf } from '#sdk/core/answers.ts';

test('an answer is a yes, a later, or a no', () => {
  for (const status of [200, 202, 204]) equal(verdictOf(status), 'accepted');
  for (const status of [408, 429, 502, 503, 504]) equal(verdictOf(status), 'later');
  for (const status of [0, 301, 400, 401, 404, 413, 500]) equal(verdictOf(status), 'refused');
});

test('waits grow, spread out, and end at a limit', () => {
  equal(retryDelayMs(1, undefined, 1), 250);
  equal(retryDelayMs(1, undefined, 0), 125);
  equal(retryDelayMs(3, undefined, 1), 1000);
  equal(retryDelayMs(40, undefined, 1), 5000);
  equal(retryDelayMs(4000, undefined, 1), 5000);
});

test('a collector may ask for a longer wait, within reason', () => {
  equal(retryDelayMs(1, '2', 1), 2000);
  equal(retryDelayMs(1, '0.1', 1), 250);
  equal(retryDelayMs(1, '86400', 1), 30_000);
  equal(retryDelayMs(1, 'Wed, 21 Oct 2026 07:28:00 GMT', 1), 250);
});

test('refused items of a partial success are counted', () => {
  // partial_success { rejected: 300, error_message: "x" }
  const body = Uint8Array.of(0x0a, 6, 0x08, 0xac, 0x02, 0x12, 1, 0x78);
  equal(refusedItems(body), 300);
  equal(refusedItems(new Uint8Array()), 0);
});

test('no answer, however garbled, is more than a number', () => {
  const page = new TextEncoder().encode('<html>garbage</html>');
  equal(refusedItems(page), 0);
  for (let length = 0; length < 12; length += 1) {
    for (const fill of [0x00, 0x08, 0x0a, 0x80, 0xff]) {
      const count = refusedItems(new Uint8Array(length).fill(fill));
      ok(Number.isSafeInteger(count) && count >= 0);
    }
  }
});
