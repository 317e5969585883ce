import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExemplarRing, type ArrivedExemplar } from '#storage/embedded/metrics/core/exemplar-ring.ts';

function exemplar(series: string, timeMs: number, value = 1): ArrivedExemplar {
  return { series: { __name__: 'm', series }, labels: { trace_id: `${series}${timeMs}` }, value, timeMs };
}

function kept(ring: ExemplarRing): string[] {
  return Array.from(ring.all(), ({ labels }) => labels['trace_id'] ?? '');
}

test('over the limit of a series its oldest goes, over that of all the oldest of all', () => {
  const ring = new ExemplarRing({ all: 4, perSeries: 2 });
  for (const timeMs of [1, 2, 3]) ring.add(exemplar('a', timeMs));
  assert.deepEqual(kept(ring), ['a2', 'a3']);
  for (const series of ['b', 'c', 'd']) ring.add(exemplar(series, 9));
  assert.deepEqual(kept(ring), ['a3', 'b9', 'c9', 'd9']);
  assert.equal(ring.count, 4);
});

test('the same as the newest of its series is kept once; another value or time is another', () => {
  const ring = new ExemplarRing();
  assert.equal(ring.add(exemplar('a', 1)), true);
  assert.equal(ring.add(exemplar('a', 1)), false);
  assert.equal(ring.add(exemplar('b', 1)), true);
  assert.equal(ring.add(exemplar('a', 1, NaN)), true);
  assert.equal(ring.add(exemplar('a', 1, NaN)), false);
  assert.equal(ring.add(exemplar('a', 2)), true);
  assert.equal(ring.count, 4);
});

test('expiry forgets by time, whatever the order of arrival, and series with nothing left', () => {
  const ring = new ExemplarRing();
  for (const timeMs of [30, 10, 20]) ring.add(exemplar('a', timeMs));
  ring.add(exemplar('b', 5));
  ring.expire(20);
  assert.deepEqual(kept(ring), ['a30', 'a20']);
  const sets = [[{ name: '__name__', operator: '=', value: 'm' }]] as const;
  const found = ring.select({ sets, startMs: 0, endMs: 100 });
  assert.deepEqual(
    found.map(({ labels, exemplars }) => [labels['series'], exemplars.map(({ timeMs }) => timeMs)]),
    [['a', [20, 30]]],
  );
});
