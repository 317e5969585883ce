import assert from 'node:assert/strict';
import { test } from 'node:test';
import { segmentsToDelete, type RetentionInput } from '#journal/core/retention.ts';

/** Four closed segments of 100 bytes, aged 40, 30, 20, 10; and 50 bytes being written. */
const INPUT: RetentionInput = {
  segments: [40, 30, 20, 10].map((ageMs, index) => ({
    base: index * 100,
    end: (index + 1) * 100,
    bytes: 100,
    ageMs,
  })),
  bytes: 450,
  bytesMax: 1000,
  ageMinMs: 1000,
  ageMaxMs: 1000,
  refuseOffset: 450,
  slowestOffset: 450,
};

const CASES: readonly (readonly [string, Partial<RetentionInput>, number])[] = [
  ['young and within budget: all stay', {}, 0],
  ['over budget: the oldest go until it fits', { bytesMax: 260 }, 2],
  ['over budget, but a refuse consumer has read only one', { bytesMax: 0, refuseOffset: 199 }, 1],
  ['over budget, only a drop consumer is behind', { bytesMax: 0, slowestOffset: 0 }, 4],
  ['read by all and older than the minimum', { ageMinMs: 20 }, 3],
  ['older than the minimum, but a drop consumer is behind', { ageMinMs: 20, slowestOffset: 0 }, 0],
  ['older than the maximum, a drop consumer is behind', { ageMaxMs: 30, slowestOffset: 0 }, 2],
  ['older than the maximum, a refuse consumer is behind', { ageMaxMs: 0, refuseOffset: 0 }, 0],
  ['no consumers: age alone', { refuseOffset: undefined, slowestOffset: undefined, ageMaxMs: 40 }, 1],
  [
    'no consumers: the minimum does not count',
    { refuseOffset: undefined, slowestOffset: undefined, ageMinMs: 0 },
    0,
  ],
];

for (const [name, change, expected] of CASES)
  test(name, () => assert.equal(segmentsToDelete({ ...INPUT, ...change }), expected));
