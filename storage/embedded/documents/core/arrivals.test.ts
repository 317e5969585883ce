import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { NEW_CURSOR } from '#journal/core/cursor.ts';
import {
  arrivedBetween,
  filesSince,
  placeFromText,
  placeOf,
  placeToText,
} from '#storage/embedded/documents/core/arrivals.ts';
import type { SealedFile } from '#storage/embedded/documents/core/manifest.ts';

const NODE = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';

function place(producers: Readonly<Record<string, number>>, files: readonly SealedFile[] = []) {
  return placeOf({ ...NEW_CURSOR, producers }, files);
}

function file(number: number): SealedFile {
  return {
    name: `logs-${String(number).padStart(10, '0')}.parquet`,
    signal: 'logs',
    rows: 1,
    bytes: 1,
    textBytes: 1,
    sealedUnixMs: 0,
    minUnixNanos: 0n,
    maxUnixNanos: 0n,
    services: undefined,
  };
}

test('what has arrived is what each producer has sent since', () => {
  const before = place({ [`0/${NODE}/35`]: 7, [`0/${NODE}/34`]: 9, '0/gone/1': 3 });
  deepEqual(arrivedBetween(before, before), []);
  const now = place({ [`0/${NODE}/34`]: 9, [`0/${NODE}/35`]: 12, [`0/${NODE}/36`]: 2 });
  deepEqual(arrivedBetween(before, now), [
    { producer: `${NODE}-z`, after: 7n, upTo: 12n },
    { producer: `${NODE}-10`, after: 0n, upTo: 2n },
  ]);
  deepEqual(arrivedBetween(now, place({ [`0/${NODE}/35`]: 8 })), [], 'a store that catches up');
});

test('a producer in several partitions is as far as in the farthest', () => {
  equal(place({ '0/n/1': 5, '1/n/1': 8, '2/n/1': 2 }).sequences.get('n-1'), 8n);
});

test('files of higher numbers may hold what is new', () => {
  const files = [file(9), file(12), file(10)];
  const before = place({}, files.slice(0, 1));
  deepEqual(
    filesSince(before, files).map(({ name }) => name),
    ['logs-0000000012.parquet', 'logs-0000000010.parquet'],
  );
  deepEqual(filesSince(place({}, files), files), []);
});

test('a place is the same after being text; what is no place is none', () => {
  const one = place({ '0/n/1': 5, '0/n/2': 8 }, [file(3)]);
  deepEqual(placeFromText(placeToText(one)), one);
  for (const text of ['', 'x', '{}', '7', '["3"]', '[3,["n-1",5]]', '[3,["n-1","-5"]]', '[3,"n"]'])
    equal(placeFromText(text), undefined, text);
});
