import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SERIES_SLOTS, seriesSlot, seriesStyles } from '#dashboards/console/core/series-color.ts';

const DEMO = ['gateway', 'quotes', 'shipments', 'dispatch', 'tracking', 'billing', 'carriers', 'broker'];
const CALLS: readonly (readonly [from: string, to: string])[] = [
  ['gateway', 'quotes'],
  ['gateway', 'shipments'],
  ['gateway', 'tracking'],
  ['shipments', 'quotes'],
  ['shipments', 'dispatch'],
  ['shipments', 'broker'],
  ['dispatch', 'carriers'],
  ['carriers', 'tracking'],
  ['tracking', 'broker'],
  ['tracking', 'shipments'],
  ['billing', 'shipments'],
];

test('services of the demo that call one another differ by their names alone, and use every colour', () => {
  for (const [from, to] of CALLS) assert.notEqual(seriesSlot(from), seriesSlot(to), `${from} ${to}`);
  assert.equal(new Set(DEMO.map(seriesSlot)).size, SERIES_SLOTS);
});

test('up to six services have six colours; beyond it no two look alike', () => {
  const names = Array.from({ length: 40 }, (_, index) => `service-${index}`);
  for (let from = 0; from + SERIES_SLOTS <= names.length; from += 1) {
    const six = seriesStyles(names.slice(from, from + SERIES_SLOTS));
    assert.equal(new Set([...six.values()].map(({ slot }) => slot)).size, SERIES_SLOTS);
    assert.ok([...six.values()].every(({ dash }) => dash === 0));
  }
  for (const count of [DEMO.length, 18]) {
    const looks = [...seriesStyles(names.slice(0, count)).values()];
    assert.equal(new Set(looks.map(({ slot, dash }) => `${slot}/${dash}`)).size, count);
    assert.ok(looks.every(({ slot, dash }) => slot >= 1 && slot <= SERIES_SLOTS && dash < 3));
  }
});

test('the same services look the same in any order, and who is alone keeps its own colour', () => {
  const styles = seriesStyles(DEMO);
  const reversed = seriesStyles(DEMO.toReversed());
  for (const name of DEMO) assert.deepEqual(styles.get(name), reversed.get(name));
  for (const name of DEMO)
    assert.deepEqual(seriesStyles([name, name]).get(name), { slot: seriesSlot(name), dash: 0 });
});
