import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import type { Attribute, AttributeValue } from '#signals/model.ts';
import { attributesToText } from '#storage/embedded/documents/core/attribute-text.ts';
import {
  COUNTED_KEYS_MAX,
  DISTINCT_VALUES_MAX,
  FACET_KEYS_MAX,
  FacetCounter,
  VALUE_CHARS_MAX,
} from '#storage/embedded/documents/core/log-facets.ts';

type Values = Readonly<Record<string, string | bigint | AttributeValue>>;

function text(values: Values): string {
  return attributesToText(
    Object.entries(values).map(([key, value]): Attribute => {
      if (typeof value === 'string') return { key, value: { kind: 'string', value } };
      return { key, value: typeof value === 'bigint' ? { kind: 'int', value } : value };
    }),
  );
}

function facetsOf(records: readonly (readonly [own: Values, resource?: Values])[], valuesMax = 10) {
  const counter = new FacetCounter();
  for (const [own, resource = {}] of records)
    counter.add({ service: 'a', severityNumber: 9, attributes: text(own), resource: text(resource) });
  const { facets } = counter.result(valuesMax);
  return Object.fromEntries(
    facets
      .filter(({ key }) => key.startsWith('attr.'))
      .map(({ key, values, otherCount }) => [
        key.slice(5),
        [...values.map(({ value, count }) => `${value}:${count}`), otherCount],
      ]),
  );
}

test('nothing counted has no facets', () => {
  deepEqual(new FacetCounter().result(10), { scanned: 0, facets: [] });
});

test('services and severities are counted, all of them', () => {
  const counter = new FacetCounter();
  for (const [service, severityNumber] of [
    ['a', 9],
    ['b', 17],
    ['a', 18],
    ['', 0],
  ] as const)
    counter.add({ service, severityNumber, attributes: '{}', resource: '{}' });
  const { scanned, facets } = counter.result(2);
  equal(scanned, 4);
  deepEqual(facets, [
    {
      key: 'service',
      values: [
        { value: 'a', count: 2 },
        { value: '', count: 1 },
      ],
      otherCount: 1,
    },
    {
      key: 'severity',
      values: [
        { value: 'error', count: 2 },
        { value: 'info', count: 1 },
      ],
      otherCount: 1,
    },
  ]);
});

test('values are counted as a search compares them; what it cannot find is another one', () => {
  const long = 'x'.repeat(VALUE_CHARS_MAX + 1);
  const list: AttributeValue = { kind: 'array', value: [] };
  deepEqual(facetsOf([[{ a: 7n }], [{ a: '7' }], [{ a: long }], [{ a: list }], [{ b: 'x' }]]), {
    a: ['7:2', 2],
    b: ['x:1', 0],
  });
});

test('its own attribute hides one of the resource; a resource alone tells only where it differs', () => {
  const resource = { zone: 'z', same: 's', 'service.name': 'a' };
  deepEqual(
    facetsOf([
      [{ zone: 'own' }, resource],
      [{}, resource],
      [{}, { same: 's', host: 'h1' }],
    ]),
    {
      zone: ['own:1', 'z:1', 0],
    },
  );
  deepEqual(
    facetsOf([
      [{}, { host: 'h1' }],
      [{}, { host: 'h2' }],
    ]),
    { host: ['h1:1', 'h2:1', 0] },
  );
});

test('the frequent come first, own ones before those of resources, and no more than fit', () => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index + 10}`, 'v']));
  const found = Object.keys(
    facetsOf([
      [{ z: '1' }, { host: '1' }],
      [many, { host: '2' }],
      [{ z: '2' }, { host: '3' }],
    ]),
  );
  equal(found.length, FACET_KEYS_MAX);
  deepEqual(found.slice(0, 3), ['z', 'k10', 'k11']);
});

test('ids are no facet, and memory is bounded', () => {
  const ids = Array.from({ length: DISTINCT_VALUES_MAX + 1 }, (_, index): [Values] => [{ id: `${index}` }]);
  deepEqual(facetsOf(ids), {});
  equal(Object.keys(facetsOf(ids.slice(1))).length, 1);
  const keys = Array.from({ length: COUNTED_KEYS_MAX + 5 }, (_, index): [Values] => [{ [`k${index}`]: 'v' }]);
  // The one that came too late is not counted although it is the most frequent.
  const last: Values = { [`k${COUNTED_KEYS_MAX + 4}`]: 'v' };
  equal(Object.hasOwn(facetsOf([...keys, [last], [last]]), `k${COUNTED_KEYS_MAX + 4}`), false);
});
