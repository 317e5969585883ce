import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterReport } from '#sample-services/tracking/core/trip.ts';

test('positions are expected from pick-up to delivery', () => {
  const phases: string[] = [];
  let trip = afterReport(undefined, 0, 'dispatched');
  phases.push(trip.phase);
  (['picked-up', 'departed', 'delayed', 'departed', 'delivered'] as const).forEach((milestone, index) => {
    trip = afterReport(trip, index + 1, milestone);
    phases.push(trip.phase);
  });
  assert.deepEqual(phases, ['waiting', 'moving', 'moving', 'moving', 'moving', 'over']);
});

test('a late report changes nothing, a later offer begins anew', () => {
  const over = afterReport(undefined, 4, 'delivered');
  assert.equal(afterReport(over, 3, 'departed'), over);
  assert.equal(afterReport(over, 4, 'delivered'), over);
  const withdrawn = afterReport(undefined, 1, 'withdrawn');
  assert.deepEqual(afterReport(withdrawn, 100, 'dispatched'), { sequence: 100, phase: 'waiting' });
});
