import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heartbeat, SloWorld, sloOf, spansRecord, START_MS } from '#test/support/slo-world.ts';

/** Seconds until the first page: the ideal of the burn-rate maths, then at most two ticks more. */
const DETECTION: readonly [objective: number, errorRatio: number, idealS: number][] = [
  [0.9999, 1, 5.184],
  [0.9995, 1, 25.92],
  [0.999, 1, 51.84],
  [0.999, 0.5, 103.68],
  [0.999, 0.1, 518.4],
  [0.99, 1, 518.4],
  [0.995, 1, 259.2],
];

for (const [objective, errorRatio, idealS] of DETECTION) {
  test(`${objective * 100} %, ${errorRatio * 100} % errors: pages after ${idealS} s`, () => {
    const world = new SloWorld(sloOf({ objective }));
    world.run(120, 50);
    const sinceMs = world.nowMs;
    world.run(Math.ceil(idealS) + 5, 50, errorRatio);
    const seconds = world.firedAfter('page', sinceMs);
    assert.ok(seconds !== undefined, 'it pages');
    assert.ok(seconds >= idealS - 1 && seconds <= idealS + 2, `paged after ${seconds} s, ideal ${idealS} s`);
  });
}
