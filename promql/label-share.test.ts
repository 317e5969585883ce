import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shareOf } from '#promql/label-share.ts';

test('shares are those of Prometheus 3.14', () => {
  assert.equal(shareOf({ __name__: 'm', g: 'x', i: '1' }), 0.5458498820759478);
  assert.equal(shareOf({ __name__: 'm', g: 'y', i: '2' }), 0.11232486242990666);
  assert.equal(shareOf({ __name__: 'm', i: '3' }), 0.19147239517467024);
});

test('neither the order of labels nor empty ones count', () => {
  assert.equal(shareOf({ i: '3', none: '', __name__: 'm' }), shareOf({ __name__: 'm', i: '3' }));
  assert.notEqual(shareOf({ a: 'bc' }), shareOf({ ab: 'c' }));
});

test('shares of many label sets are spread evenly', () => {
  const shares = Array.from({ length: 1000 }, (_, index) => shareOf({ instance: `host-${index}` }));
  const low = shares.filter((share) => share < 0.3).length;
  assert.ok(low > 240 && low < 360, `${low} of 1000 are below 0.3`);
  assert.ok(shares.every((share) => share >= 0 && share <= 1));
});

test('values of 255 bytes and more, and of none, have a share', () => {
  const shares = [254, 255, 256, 70_000].map((length) => shareOf({ v: 'x'.repeat(length) }));
  assert.equal(new Set([...shares, shareOf({})]).size, 5);
});
