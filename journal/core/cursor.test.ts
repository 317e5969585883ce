import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_ITEMS } from '#signals/records.ts';
import { advance, dropItems, EPOCHS_KEPT_MAX, isDuplicate, NEW_CURSOR } from '#journal/core/cursor.ts';
import { LossMeter } from '#journal/core/loss.ts';
import type { JournalRecord } from '#journal/ports.ts';

test('a record counts once, whatever the batches', () => {
  const first = advance(NEW_CURSOR, {
    records: [record(1, 1), record(1, 2)],
    position: { '0': 20 },
    lost: {},
  });
  assert.equal(first.records.length, 2);
  assert.ok(isDuplicate(first.cursor, record(1, 2)) && !isDuplicate(first.cursor, record(1, 3)));
  const again = advance(first.cursor, {
    records: [record(1, 2), record(1, 3)],
    position: { '0': 40 },
    lost: {},
  });
  assert.deepEqual(
    again.records.map(({ id }) => id.sequence),
    [3],
  );
  assert.deepEqual(again.cursor.position, { '0': 40 });
  assert.equal(again.cursor.delivered['otlp-logs'], 6);
});

test('a second copy in the same batch is left out', () => {
  const { records } = advance(NEW_CURSOR, { records: [record(1, 1), record(1, 1)], position: {}, lost: {} });
  assert.equal(records.length, 1);
});

test('partitions and epochs have sequences of their own', () => {
  const records = [record(1, 5), record(2, 1), record(1, 5, 1)];
  assert.equal(advance(NEW_CURSOR, { records, position: {}, lost: {} }).records.length, 3);
});

test('what was lost is accepted and dropped, by reason', () => {
  const lost = { corrupt: { ...NO_ITEMS, 'otlp-logs': 4 } };
  const first = { ...record(1, 1), accepted: logs(6) };
  const once = advance(NEW_CURSOR, { records: [first], position: {}, lost });
  const { cursor } = advance(once.cursor, { records: [], position: {}, lost });
  assert.equal(cursor.accepted['otlp-logs'], 10);
  assert.equal(cursor.delivered['otlp-logs'], 2);
  assert.deepEqual(cursor.dropped, { corrupt: { ...NO_ITEMS, 'otlp-logs': 8 } });
});

test('a consumer may drop what it was given', () => {
  const { cursor } = advance(NEW_CURSOR, { records: [record(1, 1)], position: {}, lost: {} });
  const after = dropItems(cursor, 'too-old', 'otlp-logs', 2);
  assert.equal(after.delivered['otlp-logs'], 0);
  assert.equal(after.dropped['too-old']?.['otlp-logs'], 2);
});

test('starts of long ago are forgotten, the newest never', () => {
  let cursor = NEW_CURSOR;
  for (let epoch = 1; epoch <= 30; epoch += 1)
    cursor = advance(cursor, { records: [record(epoch, 1)], position: {}, lost: {} }).cursor;
  const keys = Object.keys(cursor.producers);
  assert.equal(keys.length, EPOCHS_KEPT_MAX);
  assert.ok(keys.includes('0/node/30') && keys.includes(`0/node/${31 - EPOCHS_KEPT_MAX}`));
});

test('a gap in the totals is a loss, for the reason known', () => {
  const meter = new LossMeter(logs(10));
  meter.sees(logs(10), logs(13));
  assert.deepEqual(meter.take(), {});
  meter.sees(logs(15), logs(16));
  assert.deepEqual(meter.take(), { corrupt: logs(2) });
  meter.skippedDeleted();
  meter.sees(logs(20), logs(20));
  meter.sees(logs(21), logs(22));
  assert.deepEqual(meter.take(), { retention: logs(4), corrupt: logs(1) });
  assert.deepEqual(meter.take(), {});
});

function logs(count: number): typeof NO_ITEMS {
  return { ...NO_ITEMS, 'otlp-logs': count };
}

function record(epoch: number, sequence: number, partition = 0): JournalRecord {
  return {
    id: { node: 'node', epoch, sequence },
    partition,
    offset: 0,
    nextOffset: 0,
    kind: 'otlp-logs',
    tenant: 'default',
    receivedUnixNanos: 0n,
    items: 2,
    accepted: NO_ITEMS,
    body: new Uint8Array(0),
  };
}
