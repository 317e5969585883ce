import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences, type ComparableTrace } from '#dashboards/console/core/differences.ts';

function trace(tags: Readonly<Record<string, unknown>>, service = 'quotes'): ComparableTrace {
  const span = {
    processID: 'p1',
    operationName: 'POST /quotes',
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  };
  return { spans: [span, span], processes: { p1: { serviceName: service } } };
}

const many = (count: number, make: (index: number) => ComparableTrace): readonly ComparableTrace[] =>
  Array.from({ length: count }, (_, index) => make(index));

test('what only failing traces have comes first, what all have is not told', () => {
  const failing = many(20, (index) => trace({ region: 'east', id: index, error: true, zone: index % 2 }));
  const healthy = many(20, (index) =>
    trace({ region: index < 2 ? 'east' : 'west', id: 100 + index, zone: index % 2 }),
  );
  const found = differences(failing, healthy);
  assert.deepEqual(
    found.map(({ key, value }) => [key, value]),
    [['region', 'east']],
  );
  const [region] = found;
  assert.deepEqual(
    [region?.service, region?.failing, region?.healthy, region?.failingRatio],
    ['quotes', 20, 2, 1],
  );
});

test('few traces prove nothing', () => {
  assert.deepEqual(differences([trace({ region: 'east' })], [trace({ region: 'west' })]), []);
  assert.deepEqual(differences([], [trace({})]), []);
  assert.deepEqual(differences([trace({})], []), []);
});

test('other services of a trace, operations and values of any kind are compared', () => {
  const broken = trace({ code: { deep: [1] }, text: 'a\u0000b'.repeat(1000) }, 'dispatch');
  const found = differences(
    many(9, () => broken),
    many(9, () => trace({})),
  );
  assert.ok(found.some(({ service, key }) => service === 'dispatch' && key === 'operation'));
  assert.ok(found.some(({ value }) => value === '{"deep":[1]}'));
  assert.ok(found.every(({ value }) => value.length <= 200));
});
