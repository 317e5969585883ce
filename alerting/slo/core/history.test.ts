import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#base/sim/random.ts';
import { historyOf, type HistoryRange, type Steps } from '#alerting/slo/core/history.ts';
import { Source } from '#alerting/slo/core/sources.ts';
import { SloTracker } from '#alerting/slo/core/tracker.ts';
import { SloWorld, sloOf, START_MS } from '#test/support/slo-world.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Event {
  readonly timeMs: number;
  readonly bad: boolean;
}

/** What is kept of 30 and of 90 days: the finest buckets for how far back. */
const RESOLUTIONS = [
  { reachMs: 15 * MINUTE, bucketMs: SECOND },
  { reachMs: 6 * HOUR, bucketMs: 15 * SECOND },
  { reachMs: 3 * DAY, bucketMs: 2 * MINUTE },
];

function bucketMsFor(agoMs: number, periodMs: number): number {
  const fine = RESOLUTIONS.find(({ reachMs }) => agoMs <= reachMs)?.bucketMs;
  return fine ?? Math.ceil(periodMs / 2880 / MINUTE) * MINUTE;
}

/** Events up to `nowMs`, denser the nearer, as sums over every scale need them. */
function eventsUntil(nowMs: number, seed: number): Event[] {
  const random = seededRandom(seed);
  return Array.from({ length: 1000 }, () => {
    const scaleMs = [MINUTE, 15 * MINUTE, 6 * HOUR, 3 * DAY, 95 * DAY][random.below(5)] ?? MINUTE;
    return { timeMs: nowMs - random.below(scaleMs), bad: random.below(4) === 0 };
  }).toSorted((left, right) => left.timeMs - right.timeMs);
}

function trackerOf(periodMs: number, events: readonly Event[]): SloTracker {
  const tracker = new SloTracker(sloOf({ periodMs }), new Source('quotes'), START_MS);
  for (const { timeMs, bad } of events) tracker.count(timeMs, bad);
  tracker.flush();
  return tracker;
}

/** By looking at every event: no ring, no prefix sums. */
function assertCounted(
  steps: Steps,
  events: readonly Event[],
  range: HistoryRange & { readonly bucketMs: number },
  note: string,
): void {
  const { startMs, stepMs, good, total } = steps;
  const { bucketMs } = range;
  assert.ok(total.length <= range.stepsMax, `${note}: ${total.length} steps`);
  assert.equal(stepMs % bucketMs, 0, `${note}: whole buckets`);
  if (range.stepsMax > 1) assert.equal(startMs % stepMs, 0, `${note}: on the grid`);
  const inside = events.filter(({ timeMs }) => {
    const bucket = Math.floor(timeMs / bucketMs) * bucketMs;
    return bucket >= range.startMs && bucket < range.endMs;
  });
  const stepOf = ({ timeMs }: Event): number => Math.floor((timeMs - startMs) / stepMs);
  const found = Map.groupBy(inside, stepOf);
  for (const [step, count] of total.entries()) {
    const here = found.get(step) ?? [];
    const goodHere = here.filter(({ bad }) => !bad).length;
    if (count !== here.length || good[step] !== goodHere) {
      assert.fail(
        `${note}, step ${step}: ${good[step]} of ${count}, there are ${goodHere} of ${here.length}`,
      );
    }
  }
  const all = total.reduce((sum, count) => sum + count, 0);
  assert.equal(all, inside.length, `${note}: nothing is left out or counted twice`);
}

test('every step of any part equals a count of the raw events', () => {
  for (let seed = 1; seed <= 6; seed += 1) {
    const random = seededRandom(1000 + seed);
    const periodMs = [30 * DAY, 90 * DAY][seed % 2] ?? DAY;
    const nowMs = START_MS + random.below(DAY);
    const events = eventsUntil(nowMs, seed);
    const tracker = trackerOf(periodMs, events);
    for (let round = 0; round < 12; round += 1) {
      const scaleMs = [MINUTE, HOUR, 2 * DAY, periodMs][random.below(4)] ?? DAY;
      const startMs = nowMs - Math.min(periodMs, 1 + random.below(scaleMs));
      const endMs = random.below(2) === 0 ? nowMs + 1 : startMs + 1 + random.below(nowMs - startMs);
      const stepsMax = [1, 2, 7, 300, 1000][random.below(5)] ?? 1;
      const bucketMs = bucketMsFor(nowMs - startMs, periodMs);
      const range = { startMs, endMs, stepsMax };
      const note = `seed ${seed}, round ${round}: ${JSON.stringify(range)}`;
      assertCounted(historyOf(tracker, range, nowMs), events, { ...range, bucketMs }, note);
    }
  }
});

test('negative control: one event too many is found', () => {
  const events = eventsUntil(START_MS, 1);
  const range = { startMs: START_MS - DAY, endMs: START_MS + 1, stepsMax: 300 };
  const steps = historyOf(
    trackerOf(30 * DAY, [...events, { timeMs: START_MS - HOUR, bad: false }]),
    range,
    START_MS,
  );
  assert.throws(() => assertCounted(steps, events, { ...range, bucketMs: 2 * MINUTE }, 'control'));
});

test('steps are as fine as what is kept, and no more than asked for', () => {
  const tracker = trackerOf(30 * DAY, eventsUntil(START_MS, 1));
  const shape = (agoMs: number, stepsMax: number): [stepMs: number, count: number] => {
    const range = { startMs: START_MS - agoMs, endMs: START_MS, stepsMax };
    const { stepMs, total } = historyOf(tracker, range, START_MS);
    return [stepMs, total.length];
  };
  assert.deepEqual(shape(15 * MINUTE, 1000), [SECOND, 901], 'and the bucket that has just begun');
  assert.deepEqual(shape(15 * MINUTE, 900), [2 * SECOND, 451]);
  assert.deepEqual(shape(HOUR, 1000), [15 * SECOND, 241]);
  assert.deepEqual(shape(DAY, 1000), [2 * MINUTE, 721]);
  assert.deepEqual(shape(30 * DAY, 300), [150 * MINUTE, 289]);
  assert.deepEqual(shape(30 * DAY, 1), [2881 * 15 * MINUTE, 1]);
  assert.deepEqual(shape(400 * DAY, 1000), [45 * MINUTE, 961], 'what is not kept is left out');
});

test('steps stay where they are while time goes on', () => {
  const events = eventsUntil(START_MS, 3);
  const tracker = trackerOf(30 * DAY, events);
  const stepsAt = (nowMs: number): Map<number, number> => {
    const range = { startMs: nowMs - 30 * DAY, endMs: nowMs, stepsMax: 300 };
    const { startMs, stepMs, total } = historyOf(tracker, range, nowMs);
    return new Map(total.map((count, step) => [startMs + step * stepMs, count]));
  };
  const before = stepsAt(START_MS);
  const after = stepsAt(START_MS + 20 * MINUTE);
  const shared = [...before].slice(1).filter(([startMs]) => after.has(startMs));
  assert.ok(shared.length >= 287, `${shared.length} steps are the same`);
  for (const [startMs, count] of shared) assert.equal(after.get(startMs), count);
});

test('nothing was asked for that there is: no steps', () => {
  const tracker = trackerOf(30 * DAY, eventsUntil(START_MS, 1));
  for (const [startMs, endMs] of [
    [START_MS + DAY, START_MS + 2 * DAY],
    [START_MS - 400 * DAY, START_MS - 300 * DAY],
  ] as const) {
    const { good, total, measured } = historyOf(tracker, { startMs, endMs, stepsMax: 300 }, START_MS);
    assert.deepEqual([good, total, measured], [[], [], []]);
  }
});

const WHOLE = { startMs: undefined, endMs: undefined, stepsMax: 300 };

test('the whole period adds up to the budget', () => {
  const world = new SloWorld(sloOf({ periodMs: 7 * DAY }));
  world.run(120, 5, 0.05);
  const history = world.engine.history('quotes/availability', WHOLE, world.nowMs);
  const [status] = world.engine.status(world.nowMs);
  const sum = (counts: readonly number[] = []): number => counts.reduce((all, count) => all + count, 0);
  assert.equal(sum(history?.total), status?.budget.total);
  assert.equal(sum(history?.good), status?.budget.good);
  assert.equal(sum(history?.total), 600, 'with what is a second ahead');
  assert.equal(world.engine.history('quotes/none', WHOLE, world.nowMs), undefined);
});

test('what was not measured says so: before the first event, in silence, and the rest of the last step', () => {
  const world = new SloWorld(sloOf());
  world.run(300, 2).run(300, 0).run(300, 2);
  const range = { startMs: START_MS - 300_000, endMs: undefined, stepsMax: 25 };
  const found = world.engine.history('quotes/availability', range, world.nowMs);
  assert.equal(found?.stepMs, 60_000);
  const shares = found.measured.map((share) => Math.round(share * 100) / 100);
  assert.deepEqual(shares.slice(0, 5), [0, 0, 0, 0, 0], 'before the first event');
  assert.deepEqual(shares.slice(5, 10), [1, 1, 1, 1, 1]);
  assert.deepEqual(shares.slice(10, 15), [0, 0, 0, 0, 0], 'silence');
  assert.deepEqual(shares.slice(15), [0.98, 1, 1, 1, 1, 0], 'the last step has just begun');
});

test('after the wall clock was set back, times are those it shows now', () => {
  const world = new SloWorld(sloOf());
  world.run(60, 5);
  world.nowMs -= HOUR;
  world.run(60, 5);
  const range = { startMs: world.nowMs - 60_000, endMs: undefined, stepsMax: 300 };
  const found = world.engine.history('quotes/availability', range, world.nowMs);
  assert.equal(found?.startMs, world.nowMs - 60_000);
  assert.ok((found.total.at(-2) ?? 0) > 0, 'the newest stands at the end');
});

test('ninety days in a thousand steps cost less than 20 ms, with as many gaps as are remembered', () => {
  const source = new Source('quotes');
  for (let minute = 0; minute < 64 * 20; minute += 1) {
    // Ten beats of ten seconds, and ten minutes of nothing.
    if (minute % 20 >= 10) continue;
    for (let beat = 0; beat < 6; beat += 1)
      source.seen(START_MS + minute * MINUTE + beat * 10_000, 'otlp-metrics', 1);
  }
  const nowMs = START_MS + 64 * 20 * MINUTE;
  const tracker = new SloTracker(sloOf({ periodMs: 90 * DAY }), source, nowMs);
  for (let hour = 0; hour < 90 * 24; hour += 1) tracker.add(nowMs - hour * HOUR, 1, 100);
  const range = { startMs: nowMs - 90 * DAY, endMs: nowMs, stepsMax: 1000 };
  const tookMs = Array.from({ length: 5 }, () => {
    const startedMs = performance.now();
    historyOf(tracker, range, nowMs);
    return performance.now() - startedMs;
  });
  assert.ok(Math.min(...tookMs) < 20, `${tookMs.join()} ms`);
});
