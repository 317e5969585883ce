import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgetOf, burnRate, judgePair, type WindowReading } from '#alerting/slo/core/burn.ts';
import { isoTime } from '#alerting/slo/core/iso-time.ts';

const HOUR = 3_600_000;
const POLICY = { severity: 'page', longWindowMs: HOUR, shortWindowMs: HOUR / 12, factor: 14.4 } as const;
const LIMITS = { budgetRatio: 0.001, badEventsMin: 5 };

function reading(windowMs: number, bad: number, total: number, measuredMs = windowMs): WindowReading {
  return { windowMs, bad, total, measuredMs };
}

test('burn is the error ratio over the budget; without events it is 0', () => {
  assert.equal(burnRate(reading(HOUR, 10, 1000), 0.001), 10);
  assert.equal(burnRate(reading(HOUR, 0, 0), 0.001), 0);
});

test('what was not measured is filled up at the measured rate', () => {
  assert.equal(burnRate(reading(HOUR, 10, 1000, HOUR / 4), 0.001), 2.5);
});

const S = HOUR / 12;
const CASES: readonly [why: string, long: WindowReading, short: WindowReading, verdict: string][] = [
  ['both burn', reading(HOUR, 20, 1000), reading(S, 20, 100), 'holds'],
  ['on the line is not over it', reading(HOUR, 144, 10_000), reading(S, 144, 1000), 'clear'],
  ['the short window has recovered', reading(HOUR, 20, 1000), reading(S, 0, 100), 'clear'],
  ['too few failures to start with', reading(HOUR, 4, 10), reading(S, 4, 10), 'unknown'],
  ['nothing happened at all', reading(HOUR, 0, 0), reading(S, 0, 0), 'unknown'],
  ['no traffic since', reading(HOUR, 20, 1000), reading(S, 0, 0), 'unknown'],
  ['a good start proves no recovery', reading(HOUR, 20, 1000), reading(S, 0, 100, S / 3), 'unknown'],
  [
    'two minutes of history, all bad',
    reading(HOUR, 100, 100, 10_000),
    reading(S, 100, 100, 10_000),
    'unknown',
  ],
];
for (const [why, long, short, verdict] of CASES) {
  test(`a pair ${verdict}: ${why}`, () => {
    assert.equal(judgePair(POLICY, long, short, LIMITS).verdict, verdict);
  });
}

test('the budget is signed, and lasts as long as the present burn lets it', () => {
  const day = 24 * HOUR;
  assert.deepEqual(budgetOf(reading(30 * day, 50, 100_000), 0.001, 2), {
    allowedBad: 100,
    remainingRatio: 0.5,
    exhaustedInMs: 7.5 * day,
  });
  assert.equal(budgetOf(reading(30 * day, 150, 100_000), 0.001, 2).remainingRatio, -0.5);
  assert.equal(budgetOf(reading(30 * day, 150, 100_000), 0.001, 2).exhaustedInMs, 0);
  assert.equal(budgetOf(reading(30 * day, 1, 100_000), 0.001, 0).exhaustedInMs, undefined);
  assert.equal(budgetOf(reading(30 * day, 0, 0), 0.001, 0).remainingRatio, undefined);
});

test('times are written as the runtime writes them', () => {
  for (const text of [
    '1970-01-01T00:00:00.000Z',
    '2000-02-29T23:59:59.999Z',
    '2026-11-21T04:19:05.123Z',
    '2100-03-01T00:00:00.000Z',
  ]) {
    assert.equal(isoTime(Date.parse(text)), text);
  }
});
