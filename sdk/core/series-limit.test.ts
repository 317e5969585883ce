import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { OVERFLOW_LABEL, SeriesLimit } from '#sdk/core/series-limit.ts';

test('label sets are admitted up to the limit; the rest share one', () => {
  let overflows = 0;
  const limit = new SeriesLimit(['a', 'b'], () => (overflows += 1), 2);
  const first = { a: 'x', b: 1 };
  equal(limit.admit(first), first);
  equal(limit.admit({ b: 1, a: 'x' })['a'], 'x', 'order is nothing');
  limit.admit({ a: 'y', b: 1 });
  deepEqual(limit.admit({ a: 'z', b: 1 }), { [OVERFLOW_LABEL]: 'true' });
  deepEqual(limit.admit({ a: 'z' }), { [OVERFLOW_LABEL]: 'true' });
  equal(limit.admit({ a: 'y', b: 1 })['a'], 'y', 'known ones go on');
  equal(overflows, 2);
});

test('a removed series makes room', () => {
  const limit = new SeriesLimit(['a'], () => {}, 1);
  limit.admit({ a: 'x' });
  limit.forget({ a: 'x' });
  equal(limit.admit({ a: 'y' })['a'], 'y');
  limit.clear();
  equal(limit.admit({ a: 'z' })['a'], 'z');
});

test('values that only look alike together are different sets', () => {
  const limit = new SeriesLimit(['a', 'b'], () => {}, 2);
  limit.admit({ a: '1', b: '23' });
  equal(limit.admit({ a: '12', b: '3' })['a'], '12');
});
