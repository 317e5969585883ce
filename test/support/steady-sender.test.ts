import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { firstHoldsMs, type Policy, type ServiceEvent } from '#test/support/steady-sender.ts';

const POLICY: Policy = {
  objective: 0.999,
  longWindowMs: 60_000,
  shortWindowMs: 5000,
  factor: 14.4,
  badEventsMin: 5,
};

/** 50 a second, bad from `badFromMs` on. */
function steady(forMs: number, badFromMs: number): ServiceEvent[] {
  return Array.from({ length: forMs / 20 }, (_, index) => ({
    atMs: 1_000_000 + index * 20,
    bad: index * 20 >= badFromMs,
  }));
}

test('a total outage on a filled window: factor times budget times window', () => {
  // 1.44 % of 60 s at 50 a second are 43.2 events: the 44th.
  equal(firstHoldsMs(steady(100_000, 80_000), POLICY), 1_000_000 + 80_000 + 43 * 20);
});

test('an unfilled window is no earlier', () => {
  const holdsMs = firstHoldsMs(steady(30_000, 10_000), POLICY);
  equal(Math.round(((holdsMs ?? 0) - 1_010_000) / 100) * 100, 900);
});

test('no failure, no page; too few failures, no page', () => {
  equal(firstHoldsMs(steady(10_000, 99_000), POLICY), undefined);
  equal(firstHoldsMs(steady(10_000, 9_920), { ...POLICY, factor: 0.1 }), undefined);
});
