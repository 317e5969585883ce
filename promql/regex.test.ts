import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCoded } from '#base/errors.ts';
import { compileRegex, compileReplacer, REGEX_LENGTH_MAX } from '#promql/regex.ts';

const VALUES = ['', 'a', 'b', 'ab', 'xa', 'ax', 'xax', 'a\nb', 'aa', 'a|b', 'GET /a', 'é', '\n'];

/** Each beside the same written so that no fast path takes it. */
const PATTERNS = [
  'a',
  'a|b',
  '(a|b|)',
  '',
  '.*',
  '.+',
  'a.*',
  'a.+',
  '.*a',
  '.+a',
  '.*a.*',
  '.+a.+',
  '.*a.+',
  '.+a.*',
  'GET /a',
];

test('fast paths agree with the library', () => {
  for (const pattern of PATTERNS) {
    const fast = compileRegex(pattern);
    const full = compileRegex(`(?:${pattern})`);
    for (const value of VALUES)
      assert.equal(fast(value), full(value), `${pattern} on ${JSON.stringify(value)}`);
  }
});

test('patterns are anchored, and a dot matches a newline', () => {
  assert.equal(compileRegex('b')('abc'), false);
  assert.equal(compileRegex('a.b')('a\nb'), true);
  assert.equal(compileRegex('a|ab')('ab'), true);
  assert.equal(compileRegex('(?i)AB')('ab'), true);
});

test('a pattern that would backtrack forever does not', () => {
  assert.equal(compileRegex('(a+)+b')('a'.repeat(10_000)), false);
});

test('what RE2 does not know is an error', () => {
  for (const pattern of ['(', 'a{1001}', '(?=a)', '\\1', 'x'.repeat(REGEX_LENGTH_MAX + 1)]) {
    assert.throws(
      () => compileRegex(pattern),
      (error) => isCoded(error, 'PLIM_PROMQL'),
    );
  }
});

test('replacements follow the rules of Go', () => {
  const expand = (template: string): string | undefined =>
    compileReplacer('(?P<first>[a-z]+)-(\\d+)(!)?', template)('web-12');
  assert.equal(expand('$1/$2'), 'web/12');
  assert.equal(expand('${first}${2}x'), 'web12x');
  assert.equal(expand('$first'), 'web');
  assert.equal(expand('$1x'), '');
  assert.equal(expand('$$1'), '$1');
  assert.equal(expand('$3$9$'), '$');
  assert.equal(compileReplacer('a', 'b')('ab'), undefined);
});
