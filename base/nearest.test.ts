import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestName } from '#base/nearest.ts';

const NAMES = ['receivers', 'journal', 'storage', 'alerting', 'server', 'url'];

const CASES: readonly (readonly [string, string | undefined])[] = [
  ['journal', 'journal'],
  ['jornal', 'journal'],
  ['jounral', 'journal'],
  ['Storage', 'storage'],
  ['recievers', 'receivers'],
  ['ulr', 'url'],
  ['xyz', undefined],
  ['dashboards', undefined],
  ['', undefined],
];

for (const [word, nearest] of CASES) {
  test(`${JSON.stringify(word)} means ${nearest ?? 'nothing here'}`, () => {
    assert.equal(nearestName(word, NAMES), nearest);
  });
}

test('the first of two equally near names wins', () => {
  assert.equal(nearestName('cat', ['bat', 'hat']), 'bat');
});
