import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { judgeTrace } from '#test/support/kill-history.ts';

const SENT = new Map([
  ['a', true],
  ['b', false],
]);

test('acknowledged exactly once, sent at most once, nothing else', () => {
  deepEqual(judgeTrace('t', SENT, ['a', 'b']), []);
  deepEqual(judgeTrace('t', SENT, ['a']), []);
});

test('loss, doubling and invention are found', () => {
  deepEqual(judgeTrace('t', SENT, ['b']), ['t/a was acknowledged and is lost']);
  deepEqual(judgeTrace('t', SENT, ['a', 'a', 'b', 'b']), ['t/a is there 2 times', 't/b is there 2 times']);
  deepEqual(judgeTrace('t', SENT, ['a', 'c']), ['t/c was never sent']);
});
