import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confirmAll } from '#journal/kafka/core/confirm.ts';

const BATCH = [{ partition: 0 }, { partition: 1 }, { partition: 0 }, { partition: 2 }];

/** Answers for these partitions alone, call after call; says what each call was given. */
function brokers(...answered: readonly (readonly number[])[]) {
  const given: number[][] = [];
  const send = async (messages: readonly { readonly partition: number }[]) => {
    given.push(messages.map(({ partition }) => partition));
    return (answered[given.length - 1] ?? []).map((partition) => ({ partition, offset: 10 * partition }));
  };
  return { given, send };
}

test('what all partitions are answered for is sent once', async () => {
  const { given, send } = brokers([2, 0, 1]);
  const offsets = await confirmAll(BATCH, send);
  assert.deepEqual(
    [...offsets],
    [
      [2, 20],
      [0, 0],
      [1, 10],
    ],
  );
  assert.deepEqual(given, [[0, 1, 0, 2]]);
});

test('a partition without an answer is sent again, alone and whole', async () => {
  const { given, send } = brokers([1], [2], [0]);
  assert.equal((await confirmAll(BATCH, send)).size, 3);
  assert.deepEqual(given, [
    [0, 1, 0, 2],
    [0, 0, 2],
    [0, 0],
  ]);
});

test('no answer at all is a failure, and so is one for others', async () => {
  await assert.rejects(confirmAll(BATCH, brokers([]).send), /no broker answered for partition 0/);
  await assert.rejects(confirmAll(BATCH, brokers([0, 1], [0]).send), /for partition 2/);
  assert.equal((await confirmAll([], brokers().send)).size, 0);
});
