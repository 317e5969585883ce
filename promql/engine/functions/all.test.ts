import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FUNCTIONS } from '#promql/engine/functions/all.ts';
import { SIGNATURES } from '#promql/syntax/signatures.ts';

/** The names between back-quotes in the list under `heading`. */
function namesUnder(heading: string): string[] {
  const page = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const section = page.split(`### ${heading}\n`)[1]?.split(/^#/m)[0] ?? '';
  return [...section.matchAll(/`([a-z0-9_]+)`/g)].map(([, name = '']) => name).toSorted();
}

test('every function that can be evaluated has a signature', () => {
  assert.deepEqual(
    Object.keys(FUNCTIONS).filter((name) => !Object.hasOwn(SIGNATURES, name)),
    [],
  );
});

test('the page lists what can be evaluated, and what cannot yet', () => {
  assert.deepEqual(namesUnder('Functions'), Object.keys(FUNCTIONS).toSorted());
  const rest = Object.keys(SIGNATURES).filter((name) => !Object.hasOwn(FUNCTIONS, name));
  assert.deepEqual(namesUnder('Functions not supported yet'), rest.toSorted());
});
