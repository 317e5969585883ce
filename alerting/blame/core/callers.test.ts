import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#base/sim/random.ts';
import { Blame } from '#alerting/blame/core/blame.ts';
import { CALLERS_MAX } from '#alerting/blame/core/callers.ts';
import { CallWorld, type Fault, type Topology } from '#test/support/call-world.ts';

const START_MS = 1_800_000_000_000;
const SECONDS = 20;

/** Ten seconds of peace, ten of the fault: what is known at the end. */
function blameAfter(topology: Topology, entries: readonly string[], fault: Fault): Blame {
  const random = seededRandom(7);
  const world = new CallWorld(topology, random);
  const blame = new Blame();
  for (let second = 0; second < SECONDS; second += 1) {
    if (second === SECONDS / 2) world.fault = fault;
    for (const entry of entries)
      world.request(entry, START_MS + second * 1000 + random.float() * 900, Infinity);
    const nowMs = START_MS + (second + 1) * 1000;
    for (const { columns } of world.take(nowMs)) blame.observe(columns, { wallMs: nowMs, engineMs: nowMs });
  }
  return blame;
}

const WHEN = { sinceMs: START_MS + (SECONDS / 2) * 1000, nowMs: START_MS + SECONDS * 1000 };

test('callers of a service since its burn began, the most hurt first', () => {
  const topology = { gateway: ['quotes', 'shipments'], shipments: ['quotes', 'quotes'], quotes: [] };
  const fault = { kind: 'http-503', service: 'quotes', ratio: 1 } as const;
  const blame = blameAfter(topology, ['gateway', 'shipments'], fault);
  const found = blame.callers({ service: 'quotes', ...WHEN });
  assert.deepEqual(found.map(({ service }) => service).toSorted(), ['gateway', 'shipments']);
  for (const { service, calls, failed } of found) {
    assert.ok(calls >= 9, `${service}: a call a second`);
    assert.equal(failed, calls, `${service}: every one failed`);
  }
  assert.ok((found[0]?.failed ?? 0) >= (found[1]?.failed ?? 0));
  assert.deepEqual(blame.callers({ service: 'gateway', ...WHEN }), [], 'nobody that sends spans calls it');
});

test('calls that go well are counted too, and a long list is cut', () => {
  const entries = Array.from({ length: CALLERS_MAX + 2 }, (_, index) => `caller-${index}`);
  const topology = { ...Object.fromEntries(entries.map((entry) => [entry, ['quotes']])), quotes: [] };
  const blame = blameAfter(topology, entries, { kind: 'latency', service: 'quotes', ms: 1 });
  const found = blame.callers({ service: 'quotes', ...WHEN });
  assert.equal(found.length, CALLERS_MAX);
  assert.ok(found.every(({ calls, failed }) => calls > 0 && failed === 0));
});
