import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowAt, rowsInSight, scrollToSee, topsOf } from '#dashboards/console/core/logs/flow.ts';

const TOPS = topsOf(5, (index) => (index === 2 ? 100 : 20));

test('rows stand one below the other', () => {
  assert.deepEqual([...TOPS], [0, 20, 40, 140, 160, 180]);
  assert.deepEqual([...topsOf(0, () => 20)], [0]);
});

test('the row at a height', () => {
  assert.deepEqual(
    [-5, 0, 19, 20, 139, 140, 179, 999].map((px) => rowAt(TOPS, px)),
    [0, 0, 0, 1, 2, 3, 4, 4],
  );
});

test('rows in sight, and none of none', () => {
  assert.deepEqual(rowsInSight(TOPS, 50, 60, 0), { first: 2, end: 3 });
  assert.deepEqual(rowsInSight(TOPS, 50, 60, 30), { first: 1, end: 4 });
  assert.deepEqual(
    rowsInSight(
      topsOf(0, () => 20),
      0,
      600,
      100,
    ),
    { first: 0, end: 0 },
  );
});

test('scrolls no further than it takes', () => {
  assert.equal(scrollToSee(TOPS, 0, 0, 60), 0);
  assert.equal(scrollToSee(TOPS, 0, 30, 60), 0);
  assert.equal(scrollToSee(TOPS, 4, 0, 60), 120);
  assert.equal(scrollToSee(TOPS, 2, 0, 60), 40);
});
