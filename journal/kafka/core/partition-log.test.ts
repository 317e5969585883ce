/** What a reader knows of a partition, together with the cursor it goes into. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addItems, NO_ITEMS, subtractTotals, sumTotals, type Totals } from '#signals/records.ts';
import { advance, NEW_CURSOR } from '#journal/core/cursor.ts';
import { LEDGERS_KEPT_MAX } from '#journal/core/ledgers.ts';
import type { Cursor, JournalRecord } from '#journal/ports.ts';
import {
  decodePart,
  encodePart,
  joinParts,
  METADATA_BYTES_MAX,
} from '#journal/kafka/core/commit-metadata.ts';
import { PartitionLog } from '#journal/kafka/core/partition-log.ts';
import type { RecordFacts } from '#journal/kafka/core/record.ts';

test('repeats are left out, and nothing is missing', () => {
  const { cursor, sequences } = read(NEW_CURSOR, [
    fact(1, 1, 3),
    fact(1, 2, 6),
    fact(1, 1, 3),
    fact(1, 3, 9),
  ]);
  assert.deepEqual(sequences, [1, 2, 3]);
  assert.equal(cursor.accepted['otlp-logs'], 9);
  assert.deepEqual(residual(cursor), NO_ITEMS);
});

test('each node counts for itself', () => {
  const { cursor } = read(NEW_CURSOR, [fact(1, 1, 3), fact(2, 1, 3), fact(1, 2, 6), fact(2, 2, 6)]);
  assert.equal(cursor.accepted['otlp-logs'], 12);
  assert.deepEqual(cursor.dropped, {});
});

test('what is missing between two records is known by number, over a new start too', () => {
  const first = read(NEW_CURSOR, [fact(1, 1, 3)]);
  const { cursor } = read(first.cursor, [inEpoch(fact(1, 1, 12), 2)]);
  assert.deepEqual(cursor.dropped, { corrupt: { ...NO_ITEMS, 'otlp-logs': 6 } });
  assert.deepEqual(residual(cursor), NO_ITEMS);
});

test('a gap behind a deletion is due to it, once a node', () => {
  const log = new PartitionLog(0, NEW_CURSOR);
  log.skippedDeleted();
  log.accept({ offset: 7, facts: fact(1, 5, 15), body: BODY });
  assert.deepEqual(log.takeLost(), { retention: { ...NO_ITEMS, 'otlp-logs': 12 } });
  log.accept({ offset: 8, facts: fact(1, 7, 21), body: BODY });
  assert.deepEqual(log.takeLost(), { corrupt: { ...NO_ITEMS, 'otlp-logs': 3 } });
});

test('a record its writer had given up is counted and no loss', () => {
  // 2 was sent, given up, and came in after all; 3 does not count it.
  const { cursor, sequences } = read(NEW_CURSOR, [
    fact(1, 1, 3),
    fact(1, 2, 6),
    fact(1, 3, 6),
    fact(1, 4, 9),
  ]);
  assert.deepEqual(sequences, [1, 2, 3, 4]);
  assert.deepEqual(cursor.dropped, {});
  assert.deepEqual(residual(cursor), NO_ITEMS);
});

test('nodes beyond the limit are folded, and come back without a loss', () => {
  let cursor = NEW_CURSOR;
  const nodes = LEDGERS_KEPT_MAX + 20;
  for (let round = 1; round <= 3; round += 1)
    for (let node = 1; node <= nodes; node += 1) cursor = read(cursor, [fact(node, round, 3 * round)]).cursor;
  assert.ok(Object.keys(cursor.acceptedIn).length <= LEDGERS_KEPT_MAX + 1);
  assert.equal(cursor.accepted['otlp-logs'], 9 * nodes);
  assert.deepEqual(cursor.dropped, {});
  assert.deepEqual(residual(cursor), NO_ITEMS);
});

test('a part of a cursor fits a commit and comes back, as much of it as fits', () => {
  const few = read(NEW_CURSOR, [fact(1, 1, 3), fact(2, 1, 3), fact(1, 2, 9)]).cursor;
  assert.deepEqual(decodePart(encodePart(few, 0), 0, 3), { cursor: few, announced: undefined });
  assert.deepEqual(decodePart(encodePart(few, 0, 3), 0, 3), { cursor: few, announced: 3 });
  assert.deepEqual(decodePart(encodePart(few, 0, 1), 0, 3), { cursor: few, announced: 3 });
  const far = Number.MAX_SAFE_INTEGER - 3;
  assert.equal(decodePart(encodePart(few, 0, far), 0, 3)?.announced, far);
  let many = NEW_CURSOR;
  for (let node = 1; node <= 64; node += 1)
    many = read(
      many,
      [1, 2, 3].map((epoch) => inEpoch(fact(node, 2 ** 50, epoch * 2 ** 40), epoch)),
    ).cursor;
  const text = encodePart(many, 0, Number.MAX_SAFE_INTEGER);
  const back = decodePart(text, 0, many.position['0'] ?? 0)?.cursor ?? NEW_CURSOR;
  assert.ok(text.length <= METADATA_BYTES_MAX && text.length > METADATA_BYTES_MAX - 300);
  assert.deepEqual(back.accepted, many.accepted);
  assert.deepEqual(residual(back), residual(many));
  // The newest are there by name, so the reader goes on with them without a loss.
  assert.deepEqual(
    read(back, [inEpoch(fact(64, 2 ** 50 + 1, 3 + 3 * 2 ** 40), 3)]).cursor.dropped,
    back.dropped,
  );
});

test('text of others is no cursor', () => {
  assert.equal(decodePart('', 0, 5), undefined);
  assert.equal(decodePart('1.AAAA', 0, 5), undefined);
  assert.equal(decodePart('1.%', 0, 5), undefined);
});

test('parts make one cursor', () => {
  const left = read(NEW_CURSOR, [fact(1, 1, 3)]).cursor;
  const right: Cursor = { ...NEW_CURSOR, position: { '1': 5 }, delivered: { ...NO_ITEMS, 'otlp-logs': 2 } };
  const both = joinParts([left, right]);
  assert.deepEqual(both.position, { '0': 1, '1': 5 });
  assert.equal(both.delivered['otlp-logs'], 5);
});

const BODY = new Uint8Array(0);

/** A record of three log lines; the totals are as many as given. */
function fact(node: number, sequence: number, accepted: number): RecordFacts {
  return {
    id: { node: `00000000-0000-4000-8000-${String(node).padStart(12, '0')}`, epoch: 1, sequence },
    kind: 'otlp-logs',
    tenant: 't',
    items: 3,
    receivedUnixNanos: 1n,
    accepted: addItems(NO_ITEMS, 'otlp-logs', accepted),
  };
}

function inEpoch(facts: RecordFacts, epoch: number): RecordFacts {
  return { ...facts, id: { ...facts.id, epoch } };
}

function read(start: Cursor, facts: readonly RecordFacts[]): { cursor: Cursor; sequences: number[] } {
  const log = new PartitionLog(0, start);
  const from = start.position['0'] ?? 0;
  const records: JournalRecord[] = [];
  for (const [index, one] of facts.entries())
    records.push(...[log.accept({ offset: from + index, facts: one, body: BODY }) ?? []].flat());
  const position = { '0': from + facts.length };
  const advanced = advance(start, { records, position, lost: log.takeLost() });
  assert.equal(advanced.records.length, records.length, 'the cursor sees what the reader saw');
  return { cursor: advanced.cursor, sequences: advanced.records.map(({ id }) => id.sequence) };
}

function residual(cursor: Cursor): Totals {
  const dropped = Object.values(cursor.dropped).reduce<Totals>(sumTotals, NO_ITEMS);
  return subtractTotals(cursor.accepted, sumTotals(cursor.delivered, dropped));
}
