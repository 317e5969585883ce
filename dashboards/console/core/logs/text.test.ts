import assert from 'node:assert/strict';
import { test } from 'node:test';
import { excerpt, readable } from '#dashboards/console/core/logs/text.ts';

test('colours of a terminal are taken out', () => {
  assert.equal(readable('\u001B[31;1mERROR\u001B[0m no carrier'), 'ERROR no carrier');
  assert.equal(readable('\u001B]8;;https://x.test\u0007link\u001B]8;;\u0007'), 'link');
  assert.equal(readable('\u001B(Bplain\u001B7'), 'plain');
});

test('an escape sequence that does not end takes nothing else along', () => {
  assert.equal(readable('a\u001B[31'), 'a␛[31');
  assert.equal(readable('a\u001B'), 'a␛');
});

test('what is unseen becomes seen; lines and tabs stay', () => {
  assert.equal(readable('a\u0000b\r\n\tc\u007F'), 'a␀b\n\tc␡');
  assert.equal(readable('admin\u202Eexe.txt'), 'admin[U+202E]exe.txt');
  assert.equal(readable('👩‍💻 Zürich'), '👩‍💻 Zürich');
});

test('an excerpt says what it leaves out', () => {
  assert.deepEqual(excerpt('abcdef', 4), { text: 'abcd', leftOut: 2 });
  assert.deepEqual(excerpt('abc', 4), { text: 'abc', leftOut: 0 });
});
