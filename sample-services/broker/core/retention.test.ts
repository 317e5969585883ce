import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deletableBefore, READ_RECORDS_KEPT, RECORDS_MAX } from '#sample-services/broker/core/retention.ts';

for (const [nextOffset, groups, expected] of [
  [0, [], 0],
  [5000, [], 0],
  [5000, [5000], 5000 - READ_RECORDS_KEPT],
  [5000, [5000, 1200], 1200 - READ_RECORDS_KEPT],
  [5000, [5000, 10], 0],
  [RECORDS_MAX + 7, [0], 7],
  [RECORDS_MAX + 7, [], 7],
] as const) {
  test(`of ${nextOffset} records, read up to ${groups.join(' and ') || 'nowhere'}`, () => {
    assert.equal(deletableBefore({ nextOffset, groups }), expected);
  });
}
