import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOnly } from '#test/tidy/code-only.ts';

const CASES: readonly (readonly [string, string])[] = [
  ['a; // b', 'a;     '],
  ['a /* b\nc */ d', 'a     \n     d'],
  [`'// no' // yes`, `'// no'       `],
  [`'it\\'s // in' + 1`, `'it\\'s // in' + 1`],
  ['`x // y` + 1', '`      ` + 1'],
  ['`x ${a + `y ${b} z`} w` // c', '`    a + `    b   `   `     '],
  ['`${{ a: 1 }.a}` // c', '`  { a: 1 }.a `     '],
  ['a / b / c // d', 'a / b / c     '],
  ['x = /[/`]\'"/g; // d', 'x = /[/`]\'"/g;     '],
  ['return /`/.test(a); // d', 'return /`/.test(a);     '],
];

for (const [source, expected] of CASES) {
  test(`of ${JSON.stringify(source)}`, () => assert.equal(codeOnly(source), expected));
}
