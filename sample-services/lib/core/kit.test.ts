import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Deadline, TIMEOUT_MS_DEFAULT, TIMEOUT_MS_MAX } from '#sample-services/lib/core/deadline.ts';
import { readLoad, readMilestoneEvent, readShipmentEvent } from '#sample-services/lib/core/freight.ts';
import { CITY_NAMES, distanceKm, positionBetween, positionOf } from '#sample-services/lib/core/geography.ts';
import { Input } from '#sample-services/lib/core/input.ts';
import { Lru } from '#sample-services/lib/core/lru.ts';
import { isRepeatable, isUnreachable, PeerFailure } from '#sample-services/lib/core/peer-failure.ts';
import { Problem } from '#sample-services/lib/core/problem.ts';
import { between, chance } from '#sample-services/lib/core/random.ts';
import { RetryBudget } from '#sample-services/lib/core/retry-budget.ts';
import { TokenBucket } from '#sample-services/lib/core/token-bucket.ts';

test('chance is repeatable, and spread evenly', () => {
  assert.equal(chance(1, 'a'), chance(1, 'a'));
  assert.notEqual(chance(1, 'a'), chance(2, 'a'));
  assert.notEqual(chance('ab', 'c'), chance('a', 'bc'));
  const drawn = Array.from({ length: 4000 }, (_, index) => chance('x', index));
  const share = drawn.filter((value) => value < 0.1).length / drawn.length;
  assert.ok(Math.abs(share - 0.1) < 0.02, `${share}`);
  assert.ok(drawn.every((value) => value >= 0 && value < 1));
  assert.ok(between(5, 6, 'y') >= 5 && between(5, 6, 'y') < 6);
});

test('input names every wrong field at once', () => {
  const input = new Input({ origin: 'Atlantis', destination: 'Berlin', weight_kg: 1.5 });
  readLoad(input);
  assert.throws(
    () => input.check(),
    (error) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.status, 400);
      assert.deepEqual(
        error.errors.map(({ field }) => field),
        ['origin', 'weight_kg', 'equipment'],
      );
      return true;
    },
  );
});

test('a load goes somewhere else', () => {
  const input = new Input({ origin: 'Berlin', destination: 'Berlin', weight_kg: 1, equipment: 'reefer' });
  readLoad(input);
  assert.throws(() => input.check(), /destination must be another city/);
});

test('whatever a body is, reading it ends in a problem or a value', () => {
  fc.assert(
    fc.property(fc.anything(), (body) => {
      for (const read of [readMilestoneEvent, readShipmentEvent]) {
        try {
          read(body);
        } catch (error) {
          assert.ok(error instanceof Problem && error.status === 400);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('a deadline shrinks, and sends on less than it has', () => {
  let nowMs = 1000;
  const deadline = Deadline.ofHeader('500', () => nowMs);
  assert.equal(deadline.remainingMs, 500);
  nowMs += 100;
  assert.equal(deadline.remainingMs, 400);
  assert.ok(deadline.timeoutMs() < 400);
  assert.equal(deadline.timeoutMs(50), 50);
  nowMs += 1000;
  assert.deepEqual([deadline.remainingMs, deadline.timeoutMs()], [0, 0]);
});

for (const [header, expected] of [
  [undefined, TIMEOUT_MS_DEFAULT],
  ['soon', TIMEOUT_MS_DEFAULT],
  ['-5', TIMEOUT_MS_DEFAULT],
  ['999999', TIMEOUT_MS_MAX],
  ['0', 0],
] as const) {
  test(`a deadline of ${header ?? 'no header'}`, () => {
    assert.equal(Deadline.ofHeader(header, () => 0).remainingMs, expected);
  });
}

test('a token bucket lets a burst through, then its rate', () => {
  const bucket = new TokenBucket({ perSecond: 10, capacity: 3 }, 0);
  assert.deepEqual([bucket.take(0), bucket.take(0), bucket.take(0)], [0, 0, 0]);
  assert.ok(Math.abs(bucket.take(0) - 0.1) < 1e-9);
  assert.equal(bucket.take(100), 0);
  assert.ok(bucket.take(100) > 0);
  assert.ok(!bucket.isFull(100) && bucket.isFull(1000));
  // A clock that jumps back takes nothing away and gives nothing.
  assert.ok(bucket.take(0) > 0);
});

test('of a hundred failing calls about a tenth is repeated', () => {
  const budget = new RetryBudget();
  let retries = 0;
  for (let call = 0; call < 1000; call += 1) {
    budget.deposit();
    if (budget.withdraw()) retries += 1;
  }
  assert.ok(retries >= 100 && retries <= 112, `${retries}`);
});

test('the cache forgets the least used and the old', () => {
  const lru = new Lru<number>({ entriesMax: 2, ageMsMax: 100 });
  lru.set('a', 1, 0);
  lru.set('b', 2, 0);
  assert.equal(lru.get('a', 1), 1);
  lru.set('c', 3, 1);
  assert.deepEqual([lru.get('a', 2), lru.get('b', 2), lru.get('c', 2)], [1, undefined, 3]);
  assert.equal(lru.get('a', 100), undefined);
  assert.equal(lru.size, 1);
});

test('distances are those of a map', () => {
  assert.equal(distanceKm('Berlin', 'Berlin'), 0);
  assert.equal(distanceKm('Berlin', 'Paris'), distanceKm('Paris', 'Berlin'));
  // 878 km as the crow flies.
  assert.ok(Math.abs(distanceKm('Berlin', 'Paris') - 878 * 1.25) < 15);
  for (const city of CITY_NAMES) assert.deepEqual(positionBetween(city, 'Lyon', -1), positionOf(city));
  assert.deepEqual(positionBetween('Berlin', 'Lyon', 2), positionOf('Lyon'));
});

const failures: readonly (readonly [PeerFailure, number, boolean, boolean])[] = [
  [new PeerFailure('p', 'refused'), 502, true, true],
  [new PeerFailure('p', 'broken'), 502, true, true],
  [new PeerFailure('p', 'timeout'), 504, true, false],
  [new PeerFailure('p', 'no-time-left'), 504, false, false],
  [new PeerFailure('p', 'circuit-open'), 503, false, false],
  [new PeerFailure('p', 'garbled'), 502, false, false],
  [new PeerFailure('p', 'status', { status: 503 }), 503, false, true],
  [new PeerFailure('p', 'status', { status: 504 }), 504, false, false],
  [new PeerFailure('p', 'status', { status: 500 }), 502, false, false],
];
for (const [failure, status, unreachable, repeatable] of failures) {
  test(`${failure.message}: answered with ${status}`, () => {
    assert.equal(failure.toProblem().status, status);
    assert.equal(isUnreachable(failure), unreachable);
    assert.equal(isRepeatable(failure), repeatable);
  });
}

test('what fetch rejects with is told apart', () => {
  const refused = new TypeError('fetch failed', {
    cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }),
  });
  const timeout = new DOMException('late', 'TimeoutError');
  assert.equal(PeerFailure.of('p', refused).kind, 'refused');
  assert.equal(PeerFailure.of('p', new TypeError('terminated')).kind, 'broken');
  assert.equal(PeerFailure.of('p', timeout).kind, 'timeout');
});
