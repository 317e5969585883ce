import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '#base/sim/clock.ts';

test('timers fire in order of due time, ties in order of their start, each at its own time', () => {
  const clock = new SimulatedClock();
  const fired: string[] = [];
  const note = (name: string) => (): void => void fired.push(`${name}@${clock.monotonicMs()}`);
  clock.startTimer(20, note('late'));
  clock.startTimer(10, note('first'));
  clock.startTimer(10, note('second'));
  clock.startTimer(30, note('beyond'));
  clock.advance(25);
  assert.deepEqual(fired, ['first@10', 'second@10', 'late@20']);
  assert.equal(clock.monotonicMs(), 25);
  assert.equal(clock.nextDueMs(), 30);
});

test('a timer started by a timer fires in the same advance if it is due', () => {
  const clock = new SimulatedClock();
  const at: number[] = [];
  const again = (): void => {
    at.push(clock.monotonicMs());
    if (at.length < 3) clock.startTimer(10, again);
  };
  clock.startTimer(10, again);
  clock.advance(100);
  assert.deepEqual(at, [10, 20, 30]);
});

test('a cancelled timer never fires, and cancelling twice is harmless', () => {
  const clock = new SimulatedClock();
  const timer = clock.startTimer(10, () => assert.fail('it was cancelled'));
  timer.cancel();
  timer.cancel();
  clock.advance(100);
});

test('the wall clock jumps, monotonic time and timers do not notice', () => {
  const clock = new SimulatedClock(1_000_000);
  let fired = false;
  clock.startTimer(50, () => (fired = true));
  clock.jumpWall(-500_000);
  assert.equal(clock.wallMs(), 500_000);
  assert.equal(clock.wallNanos(), 500_000_000_000n);
  clock.advance(49);
  assert.equal(fired, false);
  clock.advance(1);
  assert.equal(fired, true);
  assert.equal(clock.wallMs(), 500_050);
});
