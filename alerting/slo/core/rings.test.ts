import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#base/sim/random.ts';
import { SnapshotError } from '#alerting/slo/core/bytes.ts';
import { EVENT_LATE_MS_MAX } from '#alerting/slo/core/event-time.ts';
import { PERIOD_MS_MAX, Rings } from '#alerting/slo/core/rings.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const PERIOD = 30 * DAY;
const START = 1_700_000_100_000;
const WINDOWS = [5 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY, 3 * DAY, PERIOD];

interface Event {
  readonly timeMs: number;
  readonly bad: number;
}

function recount(events: readonly Event[], sinceMs: number): { bad: number; total: number } {
  const inside = events.filter((event) => event.timeMs >= sinceMs);
  return { bad: inside.reduce((sum, event) => sum + event.bad, 0), total: inside.length };
}

function assertExact(rings: Rings, events: readonly Event[], nowMs: number, note: string): void {
  for (const windowMs of WINDOWS) {
    const bucketMs = rings.bucketMsFor(windowMs);
    const borderMs = Math.floor(nowMs / bucketMs) * bucketMs;
    const got = { bad: rings.bad(windowMs, borderMs), total: rings.total(windowMs, borderMs) };
    assert.deepEqual(got, recount(events, borderMs - windowMs), `${note}, window ${windowMs} ms`);
  }
}

/** Events in order of arrival: steps of very different length, some late, some ahead. */
function history(seed: number): { events: Event[]; nowMs: number } {
  const random = seededRandom(seed);
  const events: Event[] = [];
  let nowMs = START;
  const steps = [10, SECOND, 20 * SECOND, 7 * MINUTE, 5 * HOUR, 2 * DAY];
  for (let index = 0; index < 400; index += 1) {
    nowMs += random.below(steps[random.below(steps.length)] ?? 10);
    const shift = random.below(4) === 0 ? random.below(EVENT_LATE_MS_MAX) : -random.below(MINUTE);
    events.push({ timeMs: nowMs - shift, bad: random.below(3) === 0 ? 1 : 0 });
  }
  return { events, nowMs };
}

test('any window on bucket borders equals a recount of the raw events', () => {
  for (let seed = 1; seed <= 12; seed += 1) {
    const { events, nowMs } = history(seed);
    const rings = new Rings(PERIOD);
    const seen: Event[] = [];
    for (const event of events) {
      rings.add(event.timeMs, event.bad, 1);
      seen.push(event);
      if (seen.length % 80 === 0)
        assertExact(rings, seen, event.timeMs, `seed ${seed}, ${seen.length} events`);
    }
    assertExact(rings, seen, nowMs, `seed ${seed}, at the end`);
    assertExact(rings, seen, nowMs + 3 * HOUR, `seed ${seed}, three quiet hours later`);
  }
});

test('the order of arrival does not matter', () => {
  const { events, nowMs } = history(5);
  const recent = events.filter((event) => event.timeMs > nowMs - 2 * DAY);
  const live = new Rings(PERIOD);
  const sorted = new Rings(PERIOD);
  for (const event of recent) live.add(event.timeMs, event.bad, 1);
  for (const event of recent.toSorted((a, b) => a.timeMs - b.timeMs)) sorted.add(event.timeMs, event.bad, 1);
  for (const windowMs of WINDOWS) {
    assert.equal(live.total(windowMs, nowMs), sorted.total(windowMs, nowMs));
    assert.equal(live.bad(windowMs, nowMs), sorted.bad(windowMs, nowMs));
  }
});

test('a snapshot gives the same sums back, and goes on counting', () => {
  for (let seed = 1; seed <= 6; seed += 1) {
    const { events, nowMs } = history(seed);
    const before = new Rings(PERIOD);
    const half = events.length / 2;
    for (const event of events.slice(0, half)) before.add(event.timeMs, event.bad, 1);
    const after = new Rings(PERIOD);
    after.restore(before.save());
    for (const event of events.slice(half)) after.add(event.timeMs, event.bad, 1);
    assertExact(after, events, nowMs, `seed ${seed}`);
  }
});

test('a snapshot of another period still serves', () => {
  const before = new Rings(PERIOD);
  for (let index = 0; index < 600; index += 1) before.add(START + index * HOUR, index % 10 === 0 ? 1 : 0, 1);
  const after = new Rings(90 * DAY);
  after.restore(before.save());
  const nowMs = START + 600 * HOUR;
  assert.equal(after.total(90 * DAY, nowMs), 600);
  assert.equal(after.bad(90 * DAY, nowMs), 60);
  assert.equal(after.total(HOUR, nowMs), before.total(HOUR, nowMs));
});

test('a damaged snapshot is refused', () => {
  const rings = new Rings(PERIOD);
  rings.add(START, 1, 1);
  const saved = rings.save();
  assert.throws(() => new Rings(PERIOD).restore(saved.subarray(0, saved.length - 3)), SnapshotError);
  assert.throws(() => new Rings(PERIOD).restore(Uint8Array.of(99)), SnapshotError);
});

test('every period fits in 80 KB', () => {
  for (const days of [1, 7, 28, 30, 60, 90]) {
    assert.ok(new Rings(days * DAY).bytes <= 80_000, `${days} d: ${new Rings(days * DAY).bytes} bytes`);
  }
  assert.ok(new Rings(PERIOD_MS_MAX).bytes >= 60_000, 'the measure counts the arrays');
});

test('events are added in bulk as they are one by one', () => {
  const bulk = new Rings(PERIOD);
  const single = new Rings(PERIOD);
  bulk.add(START, 3, 10);
  for (let index = 0; index < 10; index += 1) single.add(START, index < 3 ? 1 : 0, 1);
  assert.equal(bulk.total(MINUTE, START), single.total(MINUTE, START));
  assert.equal(bulk.bad(MINUTE, START), 3);
});
