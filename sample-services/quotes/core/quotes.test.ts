import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EQUIPMENT, WEIGHT_KG_MAX, type Load } from '#sample-services/lib/core/freight.ts';
import { CITY_NAMES } from '#sample-services/lib/core/geography.ts';
import { Problem } from '#sample-services/lib/core/problem.ts';
import { idOf, quoteOf } from '#sample-services/quotes/core/quote.ts';
import { laneRate, price } from '#sample-services/quotes/core/rating.ts';
import { base64Url, hmacSeal } from '#sample-services/quotes/seal.ts';

const seal = hmacSeal('secret');
const reader = { seal, code: base64Url, nowMs: 1000 };

const loads: fc.Arbitrary<Load> = fc
  .record({
    origin: fc.constantFrom(...CITY_NAMES),
    destination: fc.constantFrom(...CITY_NAMES),
    weight_kg: fc.integer({ min: 1, max: WEIGHT_KG_MAX }),
    equipment: fc.constantFrom(...EQUIPMENT),
  })
  .filter(({ origin, destination }) => origin !== destination);

test('a price is whole cents, its parts add up, and heavier is never cheaper', () => {
  fc.assert(
    fc.property(loads, (load) => {
      const lane = laneRate(load);
      const { lineHaulCents, fuelCents, totalCents } = price(lane, load.weight_kg);
      assert.equal(lineHaulCents + fuelCents, totalCents);
      assert.ok([lineHaulCents, fuelCents, totalCents].every(Number.isSafeInteger));
      assert.ok(price(lane, load.weight_kg + 100).totalCents >= totalCents);
    }),
    { numRuns: 200 },
  );
});

test('a price worked out by hand', () => {
  const lane = { distanceKm: 1000, lineHaulCents: 122_500 };
  // 10 t × 1000 km × 3.2 cents = 32,000; 154,500 × 21.5 % = 33,217.5.
  assert.deepEqual(price(lane, 10_000), {
    distanceKm: 1000,
    lineHaulCents: 154_500,
    fuelCents: 33_218,
    totalCents: 187_718,
  });
});

test('a quote is read back from its id', () => {
  fc.assert(
    fc.property(loads, fc.integer({ min: 1, max: 1e9 }), (load, cents) => {
      const quote = { ...load, price_cents: cents, expires_ms: 2000 };
      assert.deepEqual(quoteOf(idOf(quote, seal, base64Url), reader), quote);
    }),
    { numRuns: 100 },
  );
});

test('an id that was changed, made up or sealed by others is none', () => {
  const load: Load = { origin: 'Lyon', destination: 'Genoa', weight_kg: 5, equipment: 'reefer' };
  const id = idOf({ ...load, price_cents: 50_000, expires_ms: 2000 }, seal, base64Url);
  const cheap = idOf({ ...load, price_cents: 1, expires_ms: 2000 }, seal, base64Url);
  const mixed = `${cheap.split('.')[0] ?? ''}.${id.split('.')[1] ?? ''}`;
  const foreign = idOf({ ...load, price_cents: 1, expires_ms: 2000 }, hmacSeal('other'), base64Url);
  for (const wrong of [mixed, foreign, `${id}x`, id.slice(4), '', 'QTE-', 'QTE-.', 'x.y.z']) {
    assert.throws(
      () => quoteOf(wrong, reader),
      (error) => error instanceof Problem && error.status === 404,
      wrong,
    );
  }
});

test('an old quote has expired', () => {
  const quote = {
    origin: 'Lyon',
    destination: 'Genoa',
    weight_kg: 5,
    equipment: 'reefer',
    price_cents: 9,
    expires_ms: 1000,
  } as const;
  assert.throws(
    () => quoteOf(idOf(quote, seal, base64Url), reader),
    (error) => error instanceof Problem && error.status === 410,
  );
});
