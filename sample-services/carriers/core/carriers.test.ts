import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { answerTo, CARRIERS, carrierOf } from '#sample-services/carriers/core/fleet.ts';
import {
  positionAt,
  sequenceOf,
  stageOf,
  stagesOf,
  type Journey,
} from '#sample-services/carriers/core/trip.ts';
import { CITY_NAMES } from '#sample-services/lib/core/geography.ts';

const [CARRIER] = CARRIERS;
assert.ok(CARRIER !== undefined);
const WORLD = { seed: 7, timeFactor: 3600 };

function journey(shipmentId: string): Journey {
  return { shipmentId, origin: 'Gdansk', destination: 'Barcelona', acceptedMs: 1_000_000, offerNumber: 0 };
}

test('a carrier answers the same shipment the same way, and about as often as it says', () => {
  for (const carrier of CARRIERS) {
    const [equipment] = carrier.equipment;
    assert.ok(equipment !== undefined);
    const decisions = Array.from({ length: 2000 }, (_, index) => {
      const tender = { shipmentId: `S${index}`, equipment, respondWithinMs: 300 };
      const answer = answerTo(tender, carrier, 1);
      assert.deepEqual(answerTo(tender, carrier, 1), answer);
      assert.ok(answer.afterMs <= 300);
      return answer.decision;
    });
    const share = decisions.filter((decision) => decision === 'accept').length / decisions.length;
    assert.ok(Math.abs(share - carrier.acceptShare) < 0.04, `${carrier.code}: ${share}`);
  }
});

test('nobody takes what it has no truck for, or answers after the offer has lapsed', () => {
  const carrier = carrierOf('NRDK');
  assert.ok(carrier !== undefined);
  for (let index = 0; index < 200; index += 1) {
    const tender = { shipmentId: `S${index}`, equipment: 'flatbed', respondWithinMs: 300 } as const;
    assert.notEqual(answerTo(tender, carrier, 1).decision, 'accept');
    assert.equal(answerTo({ ...tender, respondWithinMs: 1 }, carrier, 1).decision, 'none');
  }
});

test('stages are in order, from dispatched to delivered, and over in a minute', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.constantFrom(...CITY_NAMES),
      fc.constantFrom(...CITY_NAMES),
      (id, from, to) => {
        const stages = stagesOf({ ...journey(id), origin: from, destination: to }, CARRIER, WORLD);
        assert.deepEqual([stages[0]?.milestone, stages.at(-1)?.milestone], ['dispatched', 'delivered']);
        const times = stages.map(({ atMs }) => atMs);
        assert.deepEqual(
          times,
          times.toSorted((a, b) => a - b),
        );
        assert.ok((times.at(-1) ?? 0) - 1_000_000 < 60_000);
      },
    ),
    { numRuns: 200 },
  );
});

test('some trips are delayed and depart again', () => {
  const trips = Array.from({ length: 500 }, (_, index) => stagesOf(journey(`S${index}`), CARRIER, WORLD));
  const delayed = trips.filter((stages) => stages.some(({ milestone }) => milestone === 'delayed'));
  assert.ok(delayed.length > 10 && delayed.length < 100, `${delayed.length}`);
  assert.ok(delayed.every((stages) => stages.length === 6));
});

test('there is a position from pick-up to delivery, and it moves from city to city', () => {
  const stages = stagesOf(journey('S'), CARRIER, WORLD);
  const at = (index: number): number => stages.at(index)?.atMs ?? 0;
  assert.equal(positionAt(journey('S'), stages, at(1) - 1), undefined);
  assert.deepEqual(positionAt(journey('S'), stages, at(1)), { lat: 54.35, lon: 18.65 });
  assert.deepEqual(positionAt(journey('S'), stages, at(-1)), { lat: 41.39, lon: 2.17 });
  assert.equal(positionAt(journey('S'), stages, at(-1) + 1), undefined);
});

test('reports about a later offer are newer than all about an earlier one', () => {
  assert.ok(sequenceOf(1, 0) > sequenceOf(0, 99));
  assert.deepEqual(stageOf(sequenceOf(3, 4)), { offerNumber: 3, stage: 4 });
});
