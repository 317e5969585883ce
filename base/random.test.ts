import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uuid, type Random } from '#base/random.ts';
import { systemRandom } from '#base/real/random.ts';
import { seededRandom } from '#base/sim/random.ts';

function draw(random: Random): unknown[] {
  return Array.from({ length: 50 }, () => [random.float(), random.below(1000), [...random.bytes(4)]]);
}

test('the same seed gives the same history, another seed another one', () => {
  assert.deepEqual(draw(seededRandom(42)), draw(seededRandom(42)));
  assert.notDeepEqual(draw(seededRandom(42)), draw(seededRandom(43)));
  assert.notDeepEqual(draw(seededRandom(1)), draw(seededRandom(2 ** 32 + 1)), 'the upper half counts too');
});

for (const [name, random] of [
  ['seeded', seededRandom(7)],
  ['system', systemRandom],
] as const) {
  test(`${name}: values stay in range and cover it`, () => {
    const seen = new Set<number>();
    for (let round = 0; round < 2000; round += 1) {
      const float = random.float();
      assert.ok(float >= 0 && float < 1);
      const below = random.below(10);
      assert.ok(Number.isInteger(below) && below >= 0 && below < 10);
      seen.add(below);
    }
    assert.equal(seen.size, 10);
    assert.equal(random.below(1), 0);
    assert.equal(random.bytes(33).length, 33);
  });
}

test('seeded: roughly uniform', () => {
  const random = seededRandom(11);
  const counts = Array.from({ length: 8 }, () => 0);
  const draws = 16_000;
  for (let round = 0; round < draws; round += 1) {
    const bucket = random.below(8);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  for (const count of counts) assert.ok(Math.abs(count - draws / 8) < 250, counts.join(' '));
});

test('a uuid has version 4 and the RFC variant', () => {
  const random = seededRandom(3);
  for (let round = 0; round < 100; round += 1) {
    assert.match(uuid(random), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});
