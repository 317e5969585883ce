import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { present } from '#base/invariant.ts';
import { NEW_CURSOR } from '#journal/core/cursor.ts';
import type { JournalRecord, JournalSource, RecordBatch } from '#journal/ports.ts';
import { createReadCells, publishRead, slowestRead, watchCell, watchReads } from '#journal/progress.ts';

const CONSUMER = { name: 'documents', onFull: 'refuse' } as const;
const NEXT = { bytesMax: 1000, waitMs: 0 };

/** A source that hands out these batches, given by their end and number of records. */
function scripted(batches: readonly { readonly end: number; readonly records: number }[]): JournalSource {
  const left = [...batches];
  return {
    capabilities: { durability: 'none', survivesDiskLoss: false, partitions: 1 },
    reportCursor: () => Promise.resolve(),
    open: () =>
      Promise.resolve({
        next: () => {
          const { end, records } = present(left.shift(), 'the script goes on');
          const batch: RecordBatch = {
            records: Array.from({ length: records }, () => ({}) as JournalRecord),
            position: { 0: end },
            lost: {},
          };
          return Promise.resolve(batch);
        },
        lag: () => Promise.resolve({ bytes: 0, oldestUnixNanos: undefined }),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  };
}

test('a batch counts as read when the next one is asked for, not when it is handed out', async () => {
  const published: number[] = [];
  const source = watchReads(
    scripted([
      { end: 150, records: 2 },
      { end: 300, records: 1 },
    ]),
    (offset) => published.push(offset),
  );
  await using reader = await source.open({
    cursor: { ...NEW_CURSOR, position: { 0: 100 } },
    consumer: CONSUMER,
  });
  deepEqual(published, [100], 'where it begins is known at once');
  await reader.next(NEXT);
  equal(published.at(-1), 100);
  await reader.next(NEXT);
  equal(published.at(-1), 150);
});

test('an empty batch has nothing to handle: its end is read at once', async () => {
  const published: number[] = [];
  const source = watchReads(scripted([{ end: 80, records: 0 }]), (offset) => published.push(offset));
  await using reader = await source.open({ cursor: NEW_CURSOR, consumer: CONSUMER });
  await reader.next(NEXT);
  equal(published.at(-1), 80);
});

test('the slowest of several consumers, 0 while one has not begun', () => {
  const cells = createReadCells(3);
  publishRead(cells, 0, 500);
  publishRead(cells, 2, 700);
  deepEqual(slowestRead(cells), { consumer: 1, offset: 0 });
  publishRead(cells, 1, 600);
  deepEqual(slowestRead(cells), { consumer: 0, offset: 500 });
  publishRead(cells, 0, Number.MAX_SAFE_INTEGER);
  deepEqual(slowestRead(cells), { consumer: 1, offset: 600 });
});

test('into a cell of its own; without a cell the source is left as it is', async () => {
  const cells = createReadCells(2);
  const source = scripted([]);
  equal(watchCell(source, undefined), source);
  const watched = watchCell(source, { cells, consumer: 1 });
  await using _reader = await watched.open({
    cursor: { ...NEW_CURSOR, position: { 0: 40 } },
    consumer: CONSUMER,
  });
  deepEqual(slowestRead(cells), { consumer: 0, offset: 0 });
  publishRead(cells, 0, 90);
  deepEqual(slowestRead(cells), { consumer: 1, offset: 40 });
});
