import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep, within } from '#base/clock.ts';
import { SimulatedClock } from '#base/sim/clock.ts';

test('sleep ends when the time has passed, not before', async () => {
  const clock = new SimulatedClock();
  let awake = false;
  const sleeping = sleep(clock, 100).then(() => (awake = true));
  await clock.advanceAsync(99);
  assert.equal(awake, false);
  await clock.advanceAsync(1);
  assert.equal(awake, true);
  await sleeping;
});

test('an aborted sleep rejects with the reason and leaves no timer', async () => {
  const clock = new SimulatedClock();
  const abort = new AbortController();
  const sleeping = sleep(clock, 100, abort.signal);
  abort.abort(new Error('enough'));
  await assert.rejects(sleeping, /enough/);
  assert.equal(clock.nextDueMs(), undefined);
});

test('a sleep whose signal is aborted already never starts', async () => {
  const clock = new SimulatedClock();
  await assert.rejects(sleep(clock, 100, AbortSignal.abort('said so')), /said so/);
  assert.equal(clock.nextDueMs(), undefined);
});

test('within gives the result, or undefined at the limit, and leaves no timer', async () => {
  const clock = new SimulatedClock();
  assert.equal(await within(clock, 100, Promise.resolve(1)), 1);
  await assert.rejects(within(clock, 100, Promise.reject(new Error('no'))), /no/);
  assert.equal(clock.nextDueMs(), undefined);
  const late = within(clock, 100, new Promise(() => {}));
  await clock.advanceAsync(100);
  assert.equal(await late, undefined);
});
