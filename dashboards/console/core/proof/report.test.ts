import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figuresOf, timelineOf, type Row, type Score } from '#dashboards/console/core/proof/report.ts';

const NOTHING = { hits: 0, of: 0, value: null, lower95: null };
const SCORE: Score = {
  recall: { hits: 4, of: 5, value: 0.8, lower95: 0.376 },
  precision: { hits: 5, of: 5, value: 1, lower95: 0.5655 },
  blameTop1: NOTHING,
  quiet: NOTHING,
  secondsFromPolicy: null,
  secondsFromFirstHurt: null,
  efficiency: null,
  resolvedAfterSeconds: null,
  duplicates: 0,
};

test('figures say what their number of cases allows', () => {
  const [recall, precision, blame] = figuresOf(SCORE);
  assert.deepEqual(
    [recall?.value, recall?.bound, recall?.isFull],
    ['4 of 5', 'at least 37.6 % with 95 % confidence', false],
  );
  assert.equal(precision?.isFull, true);
  assert.deepEqual([blame?.value, blame?.bound], ['–', 'nothing to count']);
});

function rowOf(fault: string | null, lastsMs: number, marks: Partial<Row> = {}): Row {
  return {
    phase: {
      id: fault ?? 'quiet',
      kind: 'fault',
      title: 't',
      fault,
      target: 'a',
      startedMs: 1000,
      endedMs: 1000 + lastsMs,
    },
    outcome: 'detected',
    firstHurtMs: null,
    policyMs: null,
    page: null,
    secondsFromPolicy: null,
    secondsFromFirstHurt: null,
    blamedRight: null,
    resolvedAfterSeconds: null,
    duplicates: 0,
    falsePages: [],
    ...marks,
  };
}

test('faults stand on one axis from their own start on', () => {
  const page = {
    receivedMs: 6000,
    resolvedMs: 41_000,
    alertname: '',
    sloId: '',
    service: '',
    blamed: null,
    reason: '',
  };
  const timeline = timelineOf({
    rows: [rowOf(null, 99_000), rowOf('cut', 10_000, { firstHurtMs: 900, page })],
  });
  assert.equal(timeline?.rows.length, 1);
  assert.deepEqual(timeline?.ticksMs, [0, 5000, 10_000, 15_000, 20_000, 25_000, 30_000, 35_000, 40_000]);
  const [row] = timeline?.rows ?? [];
  assert.deepEqual(
    row?.marks.map(({ kind }) => kind),
    ['hurt', 'page', 'resolved'],
  );
  assert.equal(row?.marks[0]?.at, 0);
  assert.ok((row?.marks[2]?.at ?? 2) <= 1);
});

test('without a fault there is no timeline', () => {
  assert.equal(timelineOf({ rows: [rowOf(null, 10)] }), undefined);
});
