import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SERIES_SLOTS, seriesSlot, seriesStyles } from '#dashboards/console/core/series-color.ts';

test('a service has the same colour on every page', () => {
  const names = ['gateway', 'quotes', 'shipments', 'dispatch', 'tracking', 'billing', 'carriers', 'broker'];
  const styles = seriesStyles(names);
  const reversed = seriesStyles(names.toReversed());
  for (const name of names) {
    assert.equal(styles.get(name)?.slot, seriesSlot(name));
    assert.deepEqual(styles.get(name), reversed.get(name));
  }
  const looks = new Set([...styles.values()].map(({ slot, dash }) => `${slot}/${dash}`));
  assert.equal(looks.size, names.length, 'no two of a page look alike');
  assert.ok([...styles.values()].every(({ slot }) => slot >= 1 && slot <= SERIES_SLOTS));
});
