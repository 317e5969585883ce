import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MILESTONES, type Milestone } from '#sample-services/lib/core/freight.ts';
import {
  afterAcceptance,
  afterRefusal,
  afterReport,
  TENDERING,
  type Progress,
} from '#sample-services/shipments/core/state.ts';

const BOOKED = afterAcceptance(TENDERING);

function through(progress: Progress, milestones: readonly Milestone[]): Progress {
  return milestones.reduce((now, milestone, sequence) => afterReport(now, sequence, milestone), progress);
}

test('the usual life', () => {
  const states: string[] = [];
  let now = BOOKED;
  const usual = ['dispatched', 'picked-up', 'departed', 'delayed', 'departed', 'delivered'] as const;
  usual.forEach((milestone, sequence) => {
    now = afterReport(now, sequence, milestone);
    states.push(now.state);
  });
  assert.deepEqual(states, ['booked', 'picked-up', 'in-transit', 'delayed', 'in-transit', 'delivered']);
});

test('reports may be faster than the acceptance they follow from', () => {
  const early = through(TENDERING, ['dispatched', 'picked-up']);
  assert.equal(early.state, 'tendering');
  assert.equal(afterAcceptance(early).state, 'picked-up');
  assert.equal(afterAcceptance(through(TENDERING, ['dispatched', 'delivered'])).state, 'delivered');
});

test('a cancelled shipment stays cancelled, whoever still drives it', () => {
  const cancelled = afterRefusal(TENDERING);
  assert.equal(cancelled.state, 'cancelled');
  assert.equal(through(cancelled, ['dispatched', 'picked-up', 'delivered']).state, 'cancelled');
  assert.equal(afterAcceptance(cancelled).state, 'cancelled');
  assert.equal(afterRefusal(BOOKED).state, 'booked');
});

test('one carrier gives it back, another has it', () => {
  const withdrawn = through(BOOKED, ['dispatched', 'withdrawn']);
  assert.equal(afterReport(withdrawn, 101, 'picked-up').state, 'picked-up');
});

test('however reports are repeated, lost and mixed up, the newest one decides', () => {
  const road = MILESTONES.filter((milestone) => milestone !== 'delivered');
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20), fc.constantFrom(...road))), (reports) => {
      const bySequence = new Map(reports);
      const mixed = reports.map(([sequence]) => [sequence, bySequence.get(sequence) ?? 'departed'] as const);
      const after = mixed.reduce(
        (now, [sequence, milestone]) => afterReport(now, sequence, milestone),
        BOOKED,
      );
      const newest = mixed.toSorted((a, b) => a[0] - b[0]).at(-1);
      const alone = newest === undefined ? BOOKED : afterReport(BOOKED, newest[0], newest[1]);
      assert.deepEqual(after, alone);
    }),
    { numRuns: 300 },
  );
});

test('what changes nothing gives the same object', () => {
  const delivered = through(BOOKED, ['dispatched', 'delivered']);
  assert.equal(afterReport(delivered, 1, 'delivered'), delivered);
  assert.equal(afterReport(delivered, 9, 'departed'), delivered);
});
