import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  LEASE_MS_DEFAULT,
  leaseOf,
  parametersOf,
  startable,
  targetsOf,
  willHappen,
  type FaultKind,
} from '#dashboards/console/core/chaos/faults.ts';

const CAN = { kind: 'available' } as const;
const CANNOT = { kind: 'unavailable', reason: 'no libfaketime' } as const;

function kindOf(changes: Partial<FaultKind> = {}): FaultKind {
  return {
    name: 'latency',
    layer: 'stream',
    summary: 'every answer of the target arrives later',
    acts: 'proxy',
    parameters: [
      { name: 'latency', unit: 'ms', default: 1000, expected: '', doc: '' },
      { name: 'share', unit: 'share', default: 1, expected: '', doc: '' },
      { name: 'path', unit: '', default: '', expected: '', doc: '' },
    ],
    availability: CAN,
    targets: [
      { name: 'quotes', availability: CAN },
      { name: 'billing', availability: CANNOT },
    ],
    ...changes,
  };
}

test('what can be done nowhere is told with its reason', () => {
  const nowhere = kindOf({ name: 'clock', targets: [{ name: 'a', availability: CANNOT }] });
  const machine = kindOf({ name: 'disk', availability: CANNOT });
  const { can, cannot } = startable([nowhere, kindOf(), machine]);
  assert.deepEqual(
    can.map(({ name }) => name),
    ['latency'],
  );
  assert.deepEqual(
    cannot.map(({ kind, reason }) => [kind.name, reason]),
    [
      ['clock', 'no libfaketime'],
      ['disk', 'no libfaketime'],
    ],
  );
  assert.deepEqual(targetsOf(kindOf()), ['quotes']);
});

test('only what was changed is sent, numbers as numbers', () => {
  const typed: Readonly<Record<string, string>> = { latency: ' 250 ', share: '1', path: '/a' };
  assert.deepEqual(
    parametersOf(kindOf(), (name) => typed[name] ?? ''),
    { latency: 250, path: '/a' },
  );
  assert.deepEqual(
    parametersOf(kindOf(), (name) => (name === 'latency' ? 'abc' : '')),
    { latency: 'abc' },
  );
});

test('what will happen is a sentence with the target, the settings and the end', () => {
  const sentence = willHappen(kindOf(), 'quotes', { parameters: { share: 0.25 }, forMs: 60_000 });
  assert.match(
    sentence,
    /^For 1 min, every answer of quotes arrives later \(latency 1000 ms, share 25 %, any path\)\./,
  );
  assert.match(sentence, /ends by itself/);
  assert.match(
    willHappen(kindOf({ parameters: [] }), 'pager', { parameters: {}, forMs: 1000 }),
    /delivered afterwards/,
  );
});

test('a lease is always one of those offered', () => {
  assert.equal(leaseOf('300'), 300_000);
  for (const text of ['', '0', '86400', 'x', '-5']) assert.equal(leaseOf(text), LEASE_MS_DEFAULT);
});
