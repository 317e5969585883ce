import assert from 'node:assert/strict';
import { test } from 'node:test';
import { viewByKey, type View } from '#dashboards/console/core/trace/minimap.ts';

const ALL: View = { startUs: 0, endUs: 1000 };
const at = (startUs: number, endUs: number): View => ({ startUs, endUs });
const press = (key: string, view: View, centreUs?: number): View | undefined =>
  viewByKey(key, view, { durationUs: 1000, centreUs });

test('keys zoom around what is selected, and back', () => {
  assert.deepEqual(press('+', ALL), at(250, 750));
  assert.deepEqual(press('=', ALL, 100), at(50, 550));
  assert.deepEqual(press('-', at(50, 550), 100), ALL);
  // What is out of sight is no centre: the view would leap.
  assert.deepEqual(press('+', at(0, 100), 900), at(25, 75));
  assert.deepEqual(press('0', at(25, 75)), ALL);
  assert.equal(press('x', ALL), undefined);
});

test('keys move what is shown as far as the trace goes', () => {
  assert.deepEqual(press('ArrowRight', at(0, 400)), at(100, 500));
  assert.deepEqual(press(']', at(500, 900)), at(600, 1000));
  assert.deepEqual(press(']', at(600, 1000)), at(600, 1000));
  assert.deepEqual(press('[', at(50, 450)), at(0, 400));
  assert.deepEqual(press('ArrowLeft', ALL), ALL);
  assert.deepEqual([press('Home', at(500, 600)), press('End', at(0, 100))], [at(0, 100), at(900, 1000)]);
});

test('a microsecond is the closest look, and a trace without duration has one', () => {
  assert.deepEqual(press('+', at(10, 11)), at(10, 11));
  const none = viewByKey('0', at(0, 1), { durationUs: 0 });
  assert.deepEqual(none, at(0, 1));
});
