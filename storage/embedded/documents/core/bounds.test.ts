/** The small parts that bound something: filter, catalogue, slots, leases. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCoded } from '#base/errors.ts';
import { seededRandom } from '#base/sim/random.ts';
import {
  Catalog,
  OPERATIONS_MAX,
  OPERATIONS_PER_SERVICE_MAX,
} from '#storage/embedded/documents/core/catalog.ts';
import { Leases } from '#storage/embedded/documents/core/leases.ts';
import { Slots } from '#storage/embedded/documents/core/slots.ts';
import { buildBloom, mayContain } from '#storage/embedded/documents/core/trace-bloom.ts';

test('a filter never denies what it holds, and seldom affirms what it does not', () => {
  for (const [what, key] of [
    ['random', (random: () => number) => (BigInt(random()) << 32n) | BigInt(random())],
    ['counted', (_random: () => number, number: number) => BigInt(number)],
    ['alike in the low half', (_random: () => number, number: number) => BigInt(number) << 40n],
  ] as const) {
    const random = seededRandom(3);
    const all = Array.from({ length: 4000 }, (_, number) => key(() => random.below(2 ** 32), number));
    const held = new Set(all.slice(0, 2000));
    const bloom = buildBloom(held);
    for (const one of held) assert.ok(mayContain(bloom, one), `${what} ${one}`);
    const wrong = all.slice(2000).filter((one) => mayContain(bloom, one)).length;
    assert.ok(wrong < 100, `${what}: ${wrong} of 2000 affirmed wrongly`);
  }
  assert.equal(mayContain(buildBloom(new Set()), 5n), false);
});

test('the catalogue lists by name, forgets by age and stops at its limit', () => {
  const see = (name: string, lastSeenMs = 10): void =>
    catalog.see({ service: 's', name, kind: 'server', lastSeenMs });
  const catalog = new Catalog();
  see('old', 1);
  for (let number = 0; number < OPERATIONS_PER_SERVICE_MAX + 5; number += 1) see(`op${number}`);
  assert.equal(catalog.operations('s').length, OPERATIONS_PER_SERVICE_MAX);
  assert.equal(catalog.left, 6);
  see('op1', 20);
  catalog.expire(5);
  assert.equal(
    catalog.operations('s').some(({ name }) => name === 'old'),
    false,
  );
  catalog.expire(15);
  assert.deepEqual(catalog.operations('s'), [{ name: 'op1', kind: 'server' }]);
  catalog.expire(30);
  assert.deepEqual(catalog.services(), []);
  for (let number = 0; number < OPERATIONS_MAX + 5; number += 1) {
    catalog.see({ service: `s${number}`, name: 'op', kind: 'server', lastSeenMs: 40 });
  }
  assert.equal(catalog.services().length, OPERATIONS_MAX);
});

test('slots run so many at once, let so many wait, refuse the rest', async () => {
  const slots = new Slots(1, 2);
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const abort = new AbortController();
  const first = slots.run(undefined, async () => (order.push('first'), gate.promise));
  const second = slots.run(abort.signal, async () => void order.push('second'));
  const third = slots.run(undefined, async () => void order.push('third'));
  await assert.rejects(
    slots.run(undefined, async () => {}),
    (error) => isCoded(error, 'PLIM_OVERLOADED'),
  );
  abort.abort(new Error('left'));
  await assert.rejects(second, /left/);
  gate.resolve();
  await Promise.all([first, third]);
  await assert.rejects(
    slots.run(undefined, () => Promise.reject(new Error('failed'))),
    /failed/,
  );
  await slots.run(undefined, async () => void order.push('fourth'));
  assert.deepEqual(order, ['first', 'third', 'fourth']);
});

test('a lease keeps what was there when it was taken, a later one does not', () => {
  const leases = new Leases();
  const released: string[] = [];
  leases.doom(() => released.push('unused'));
  const early = leases.take();
  leases.doom(() => released.push('used early'));
  const late = leases.take();
  leases.doom(() => released.push('used late'));
  assert.deepEqual(released, ['unused']);
  early();
  assert.deepEqual(released, ['unused', 'used early']);
  late();
  assert.deepEqual(released, ['unused', 'used early', 'used late']);
});
