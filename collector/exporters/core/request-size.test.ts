import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestSize } from '#collector/exporters/core/request-size.ts';

const MAX = 1_048_576;

function taken(size: RequestSize, times: number, timeShare = 0.01): void {
  for (let time = 0; time < times; time += 1) size.taken(size.limit, timeShare);
}

test('it is halved with each request that is too slow, down to a floor', () => {
  const size = new RequestSize(MAX);
  const seen = Array.from({ length: 10 }, () => {
    size.tooSlow(size.limit);
    return size.limit;
  });
  assert.deepEqual(seen.slice(0, 3), [524_288, 262_144, 131_072]);
  assert.deepEqual(seen.slice(-3), [4096, 4096, 4096]);
});

test('requests that were under way at once halve it once', () => {
  const size = new RequestSize(MAX);
  for (let each = 0; each < 5; each += 1) size.tooSlow(MAX);
  assert.equal(size.limit, MAX / 2);
});

test('a small request that is slow says what it says: half of it', () => {
  const size = new RequestSize(MAX);
  size.tooSlow(100_000);
  assert.equal(size.limit, 50_000);
});

test('it grows step by step after full and quick requests, up to the most', () => {
  const size = new RequestSize(MAX);
  size.tooSlow(MAX);
  taken(size, 3);
  assert.equal(size.limit, MAX / 2);
  taken(size, 1);
  assert.equal(size.limit, (MAX / 2) * 1.5);
  taken(size, 100);
  assert.equal(size.limit, MAX);
});

test('requests that are far from full, or slow already, let nothing grow', () => {
  const size = new RequestSize(MAX);
  size.tooSlow(MAX);
  for (let time = 0; time < 100; time += 1) size.taken(1000, 0.01);
  taken(size, 100, 0.4);
  assert.equal(size.limit, MAX / 2);
});

test('what was called too large is tried again seldom, and goes down to one item', () => {
  const size = new RequestSize(MAX);
  size.tooLarge(MAX);
  taken(size, 255);
  assert.equal(size.limit, MAX / 2);
  taken(size, 1);
  assert.equal(size.limit, (MAX / 2) * 1.5);
  size.tooLarge(3);
  assert.equal(size.limit, 1);
  size.tooLarge(1);
  assert.equal(size.limit, 1);
});
