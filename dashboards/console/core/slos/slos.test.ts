import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgetLine, eventLines } from '#dashboards/console/core/slos/history.ts';
import {
  budgetWords,
  burnRows,
  byWorry,
  exhaustionWords,
  FACTOR_AT,
  sloSentence,
  type JudgedSlo,
} from '#dashboards/console/core/slos/slo-words.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const PAIR = {
  severity: 'page',
  longWindowMs: 60 * MINUTE,
  shortWindowMs: 5 * MINUTE,
  factor: 14.4,
  longBurn: 20,
  shortBurn: 22,
  badInLongWindow: 9,
  holds: true,
} as const;

function slo(
  changes: Partial<JudgedSlo>,
  left: number | null = 0.72,
  exhaustedInMs: number | null = null,
): JudgedSlo {
  return {
    id: 'a/b',
    service: 'a',
    objective: 0.999,
    indicator: 'availability',
    thresholdMs: null,
    periodMs: 30 * DAY,
    state: 'ok',
    stateSinceMs: 0,
    windows: [{ ...PAIR, longBurn: 0, shortBurn: 0, holds: false }],
    budget: { good: 90, total: 100, allowedBad: 10, remainingRatio: left, exhaustedInMs },
    ...changes,
  };
}

test('what pages comes first, then what is blind, then the least budget', () => {
  const ticket = { ...PAIR, severity: 'ticket' } as const;
  const slos = [
    slo({ id: 'idle', state: 'idle' }),
    slo({ id: 'fine' }, 0.9),
    slo({ id: 'short' }, 0.1),
    slo({ id: 'spent' }, -0.1),
    slo({ id: 'slow', state: 'burning', windows: [ticket] }),
    slo({ id: 'blind', state: 'blind' }),
    slo({ id: 'fire', state: 'burning', windows: [PAIR] }, 0.99),
  ];
  const wanted = ['fire', 'blind', 'slow', 'spent', 'short', 'fine', 'idle'];
  assert.deepEqual(
    byWorry(slos).map(({ id }) => id),
    wanted,
  );
  assert.deepEqual(
    byWorry(slos.toReversed()).map(({ id }) => id),
    wanted,
  );
});

test('budgets in words', () => {
  assert.equal(budgetWords(slo({})), '31 min 6 s left of 43 min 12 s (72 %)');
  assert.equal(budgetWords(slo({}, -0.5)), 'overspent by 21 min 36 s of 43 min 12 s (50 %)');
  assert.equal(budgetWords(slo({}, null)), 'untouched: no event yet');
  assert.equal(exhaustionWords(slo({}, 0.5, 130 * MINUTE)), 'gone in 2 h 10 min at this rate');
  assert.equal(exhaustionWords(slo({}, 0.5)), undefined);
  assert.equal(exhaustionWords(slo({}, 0.5, 31 * DAY)), undefined);
  assert.equal(exhaustionWords(slo({}, 0, 5)), 'the budget is spent');
});

test('the sentence of each state', () => {
  const burning = slo({ state: 'burning', windows: [PAIR] }, 0.9, 32 * 60 * MINUTE);
  assert.equal(
    sloSentence(burning, 3 * MINUTE),
    'Burning 22× for 3 min; at this rate the 30-day budget is gone in 1 d 8 h.',
  );
  const long = { ...PAIR, longWindowMs: 360 * MINUTE, shortWindowMs: 30 * MINUTE, shortBurn: 87 };
  const over = slo({ state: 'burning', windows: [{ ...PAIR, shortBurn: 0, holds: false }, long] });
  assert.equal(
    sloSentence(over, MINUTE),
    'Recovering: 0× over the last 5m; it stays open while the last 30m burn 87×.',
  );
  assert.match(sloSentence(slo({ state: 'blind' }), MINUTE), /^No telemetry of a for 1 min/);
  assert.match(sloSentence(slo({ state: 'idle' }), MINUTE), /^No events for 1 min/);
  assert.match(sloSentence(slo({}, null), 0), /^No event has been counted/);
  assert.equal(sloSentence(slo({}, 1), 0), 'Within its objective, 100 % of the budget left.');
  assert.match(sloSentence(slo({}, -1), 0), /budget is spent/);
});

test('factors stand in one line, and bars cross it when the pair burns', () => {
  const [hourly] = burnRows([PAIR]);
  assert.equal(hourly?.name, '1h / 5m');
  assert.ok((hourly?.longRatio ?? 0) > FACTOR_AT);
  assert.equal(burnRows([{ ...PAIR, shortBurn: 1e9 }])[0]?.shortRatio, 1);
  assert.match(burnRows([{ ...PAIR, shortBurn: 1, holds: false }])[0]?.says ?? '', /recovered/);
});

const HISTORY = {
  startMs: 0,
  stepMs: 10,
  good: [0, 10, 5, 10],
  total: [0, 10, 10, 12],
  measured: [0, 1, 1, 0.5],
};

test('the budget line ends at the present and begins where something was measured', () => {
  const line = budgetLine(HISTORY, { allowedBad: 10, remainingRatio: 0.3 }, 40);
  assert.deepEqual(line.timesMs, [10, 20, 30, 40]);
  assert.deepEqual(
    line.left.map((ratio) => ratio?.toFixed(2)),
    ['1.00', '1.00', '0.50', '0.30'],
  );
  assert.deepEqual(line.overspent, [null, null, null, null]);
  assert.deepEqual(budgetLine(HISTORY, { allowedBad: 0, remainingRatio: null }, 40).timesMs, []);
});

test('where the budget is spent the line meets zero on both sides', () => {
  const { timesMs, left, overspent } = budgetLine(HISTORY, { allowedBad: 10, remainingRatio: -0.1 }, 40);
  assert.deepEqual(
    timesMs,
    [10, 20, 30, 35, 40].map((ms) => (ms === 35 ? timesMs[3] : ms)),
  );
  assert.equal(left[3], 0);
  assert.equal(overspent[3], 0);
  assert.equal(left[4], null);
});

test('unmeasured steps are gaps', () => {
  const holes = { ...HISTORY, measured: [0, 1, 0, 1] };
  assert.deepEqual(eventLines(holes, 40), { timesMs: [10, 20, 30], good: [10, null, 10], bad: [0, null, 2] });
  assert.deepEqual(eventLines(undefined, 40).timesMs, []);
});
