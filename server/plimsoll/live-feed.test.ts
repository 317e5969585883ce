import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '#base/errors.ts';
import { SimulatedClock } from '#base/sim/clock.ts';
import { LiveFeed, POLL_MS, type Update } from '#server/plimsoll/live-feed.ts';

/** A feed of `value`, and what a listener of it heard. */
function rig() {
  const clock = new SimulatedClock();
  const state = { value: 1, reads: 0, error: undefined as Error | undefined };
  const feed = new LiveFeed(() => {
    state.reads += 1;
    return state.error === undefined ? Promise.resolve({ value: state.value }) : Promise.reject(state.error);
  }, clock);
  return { clock, state, feed };
}

function heard(feed: LiveFeed): { readonly updates: string[]; readonly leave: () => void } {
  const updates: string[] = [];
  const text = (update: Update): string => (update.kind === 'state' ? update.json : update.code);
  return { updates, leave: feed.listen((update) => updates.push(text(update))) };
}

test('one poll a second serves all; only what changed is told', async () => {
  const { clock, state, feed } = rig();
  const first = heard(feed);
  await clock.advanceAsync(0);
  const second = heard(feed);
  deepEqual([first.updates, second.updates], [['{"value":1}'], ['{"value":1}']]);
  await clock.advanceAsync(3 * POLL_MS);
  equal(state.reads, 4);
  state.value = 2;
  await clock.advanceAsync(POLL_MS);
  for (const { updates } of [first, second]) deepEqual(updates, ['{"value":1}', '{"value":2}']);
});

test('nobody listens, nobody is asked; who comes then hears nothing old', async () => {
  const { clock, state, feed } = rig();
  const first = heard(feed);
  await clock.advanceAsync(POLL_MS);
  first.leave();
  equal(state.reads, 2);
  state.value = 2;
  await clock.advanceAsync(10 * POLL_MS);
  equal(state.reads, 2);
  const second = heard(feed);
  deepEqual(second.updates, []);
  await clock.advanceAsync(0);
  deepEqual([first.updates, second.updates], [['{"value":1}'], ['{"value":2}']]);
});

test('left in the middle of a poll and taken up again, there is still one poll a second', async () => {
  const { clock, state, feed } = rig();
  heard(feed).leave();
  const second = heard(feed);
  await clock.advanceAsync(0);
  equal(state.reads, 1);
  deepEqual(second.updates, ['{"value":1}']);
  await clock.advanceAsync(2 * POLL_MS);
  equal(state.reads, 3);
});

test('trouble is told once; afterwards the state is told even if it is the old one', async () => {
  const { clock, state, feed } = rig();
  const { updates } = heard(feed);
  await clock.advanceAsync(0);
  state.error = new CodedError('PLIM_STORE_UNAVAILABLE', 'alerting is not running');
  await clock.advanceAsync(3 * POLL_MS);
  state.error = undefined;
  await clock.advanceAsync(POLL_MS);
  deepEqual(updates, ['{"value":1}', 'PLIM_STORE_UNAVAILABLE', '{"value":1}']);
});
