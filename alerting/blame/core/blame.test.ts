import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#base/sim/random.ts';
import { CallWorld, suspectsIn, type Fault, type Topology } from '#test/support/call-world.ts';

const FREIGHT: Topology = {
  gateway: ['quotes', 'shipments'],
  quotes: [],
  shipments: ['quotes', 'dispatch'],
  dispatch: ['carriers'],
  carriers: [],
};

function suspects(fault: Fault, slowMs?: number): readonly (readonly [string, number, string])[] {
  const random = seededRandom(7);
  const world = new CallWorld(FREIGHT, random);
  const scenario = { world, entry: 'gateway', fault, perSecond: 4, badMin: 5 };
  const found = suspectsIn(slowMs === undefined ? scenario : { ...scenario, slowMs }, random);
  return (found ?? []).map(({ service, score, reason }) => [service, score, reason]);
}

const FAULTS: readonly [fault: Fault, slowMs: number | undefined, reason: RegExp][] = [
  [
    { kind: 'killed', service: 'dispatch' },
    undefined,
    /^dispatch: 100 % of calls from shipments failed since second 32 \(connection refused\); dispatch itself reported no request since$/,
  ],
  [
    { kind: 'paused', service: 'carriers' },
    undefined,
    /^carriers: 100 % of calls from dispatch failed .*\(timeout\); carriers itself reported no request since$/,
  ],
  [{ kind: 'reset', service: 'shipments' }, undefined, /calls from gateway failed .*\(connection reset\)/],
  [
    { kind: 'http-503', service: 'quotes', ratio: 0.5 },
    undefined,
    /^quotes: \d+ % of calls from (gateway|shipments) failed .*\(HTTP 503\); quotes itself saw none of these failures$/,
  ],
  [
    { kind: 'own-errors', service: 'carriers', ratio: 0.5 },
    undefined,
    /^carriers: \d+ % of its requests failed since second 3\d, with no failing call behind them$/,
  ],
  [
    { kind: 'latency', service: 'dispatch', ms: 1500 },
    1000,
    /^dispatch: calls from shipments took 15\d\d ms since second 3\d, \d+ ms before; dispatch itself took [\d.]+ ms$/,
  ],
  [
    { kind: 'own-slowness', service: 'carriers', ms: 1200 },
    1000,
    /^carriers: took 120\d ms a request without its calls since second 3\d, 4(\.\d)? ms before$/,
  ],
  // All above it time out one after the other, the lowest first.
  [
    { kind: 'latency', service: 'carriers', ms: 9000 },
    undefined,
    /^carriers: .* calls from dispatch failed .*timeout/,
  ],
];
for (const [fault, slowMs, reason] of FAULTS) {
  test(`${fault.kind} at ${fault.service} is told of ${fault.service}`, () => {
    const [first] = suspects(fault, slowMs);
    assert.equal(first?.[0], fault.service);
    assert.ok(first[1] > 0.5 && first[1] <= 1, `score ${first[1]}`);
    assert.match(first[2], reason);
  });
}

test('a fault of the service itself is told of itself', () => {
  const [first, ...rest] = suspects({ kind: 'own-errors', service: 'gateway', ratio: 1 });
  assert.deepEqual([first?.[0], first?.[1], rest], ['gateway', 1, []]);
});
