import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { ledger, type LedgerRow } from '#collector/ledger.ts';
import { seededRandom } from '#base/sim/random.ts';
import { present } from '#base/invariant.ts';
import type { Cursor } from '#journal/ports.ts';
import { addItems, NO_ITEMS, RECORD_KINDS, type Totals } from '#signals/records.ts';

function cursorAt(parts: Partial<Cursor>): Cursor {
  return {
    position: {},
    producers: {},
    acceptedIn: {},
    accepted: NO_ITEMS,
    delivered: NO_ITEMS,
    dropped: {},
    ...parts,
  };
}

function spans(count: number): Totals {
  return addItems(NO_ITEMS, 'otlp-traces', count);
}

function tracesRow(accepted: Totals, cursor: Cursor): LedgerRow {
  return present(ledger({ accepted }, [{ name: 'documents', cursor }])[0], 'one row a signal');
}

test('a consumer that has seen nothing holds everything', () => {
  const row = tracesRow(spans(7), cursorAt({}));
  deepEqual([row.accepted, row.delivered, row.held, row.residual], [7, 0, 7, 0]);
});

test('delivered, dropped by reason and held add up', () => {
  const cursor = cursorAt({
    accepted: spans(8),
    delivered: spans(5),
    dropped: { retention: spans(2), corrupt: spans(1), poison: NO_ITEMS },
  });
  const row = tracesRow(spans(10), cursor);
  deepEqual({ ...row.dropped }, { retention: 2, corrupt: 1 });
  deepEqual([row.held, row.residual], [2, 0]);
});

test('of several nodes that write, those of others count as far as they were read', () => {
  const cursor = cursorAt({
    acceptedIn: { '0/a': spans(4), '1/a': spans(1), '0/b': spans(20) },
    accepted: spans(25),
    delivered: spans(25),
  });
  const [row] = ledger({ accepted: spans(7), node: 'a' }, [{ name: 'documents', cursor }]);
  deepEqual([row?.accepted, row?.held, row?.residual], [27, 2, 0]);
  const doubled = { ...cursor, delivered: spans(26) };
  equal(ledger({ accepted: spans(7), node: 'a' }, [{ name: 'documents', cursor: doubled }])[0]?.residual, -1);
});

test('one row a signal and consumer, in order', () => {
  const rows = ledger({ accepted: NO_ITEMS }, [
    { name: 'documents', cursor: cursorAt({}) },
    { name: 'slo', cursor: cursorAt({}) },
  ]);
  deepEqual(
    rows.map((row) => `${row.consumer} ${row.signal}`),
    ['documents', 'slo'].flatMap((name) => RECORD_KINDS.map((kind) => `${name} ${kind}`)),
  );
});

test('what was lost, doubled or made up shows as a residual', () => {
  equal(tracesRow(spans(10), cursorAt({ accepted: spans(10), delivered: spans(9) })).residual, 1);
  equal(tracesRow(spans(10), cursorAt({ accepted: spans(10), delivered: spans(11) })).residual, -1);
  equal(tracesRow(spans(3), cursorAt({ accepted: spans(5), delivered: spans(5) })).residual, -2);
});

test('a reason called __proto__ is a reason like any other', () => {
  const dropped = Object.fromEntries([['__proto__', spans(4)]]);
  const row = tracesRow(spans(4), cursorAt({ accepted: spans(4), dropped }));
  deepEqual(Object.entries(row.dropped), [['__proto__', 4]]);
  equal(row.residual, 0);
});

test('every history of an honest consumer leaves no residual', () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const random = seededRandom(seed);
  let [accepted, seen, delivered, lost] = [NO_ITEMS, NO_ITEMS, NO_ITEMS, NO_ITEMS];
  const waiting: { kind: (typeof RECORD_KINDS)[number]; items: number }[] = [];
  for (let step = 0; step < 500; step += 1) {
    const kind = present(RECORD_KINDS[random.below(RECORD_KINDS.length)], 'below its length');
    const items = random.below(100);
    waiting.push({ kind, items });
    accepted = addItems(accepted, kind, items);
    while (waiting.length > 0 && random.below(3) > 0) {
      const next = present(waiting.shift(), 'not empty');
      seen = addItems(seen, next.kind, next.items);
      if (random.below(10) === 0) lost = addItems(lost, next.kind, next.items);
      else delivered = addItems(delivered, next.kind, next.items);
    }
    const cursor = cursorAt({ accepted: seen, delivered, dropped: { corrupt: lost } });
    for (const row of ledger({ accepted }, [{ name: 'metrics', cursor }])) {
      equal(row.residual, 0, `seed ${seed}, step ${step}, ${row.signal}`);
    }
  }
});
