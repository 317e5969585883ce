/** Lucene's regular expressions by what they match, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRegex } from '#promql/regex.ts';
import { luceneRegexp } from '#server/elasticsearch/core/lucene-regexp.ts';

const MATCHES: readonly (readonly [regexp: string, yes: string, no: string])[] = [
  ['ann', 'ann', 'anna'],
  ['^ann$', '^ann$', 'ann'],
  ['a|(bc)+', 'bcbc', 'ab'],
  ['a+?', '', 'b'],
  ['a**', 'aaa', 'b'],
  ['a.b', 'a\nb', 'ab'],
  ['x{2,3}', 'xxx', 'x'],
  ['x{2,}', 'xxxx', 'x'],
  ['[]a]+', ']a', 'b'],
  ['[^a-c\\-]', 'd', '-'],
  ['[\\d_]+', '4_2', 'x'],
  ['\\S+\\s\\w', '%% a', '%%a'],
  ['a\\.b\\~', 'a.b~', 'axb~'],
  ['()', '', 'a'],
  ['', '', 'a'],
  ['🚚{2}', '🚚🚚', '🚚'],
  ['a]b}c-', 'a]b}c-', 'a'],
];

test('expressions match whole values', () => {
  for (const [written, yes, no] of MATCHES) {
    const matches = compileRegex(luceneRegexp(written));
    assert.ok(matches(yes), `${written} matches ${yes}`);
    assert.ok(!matches(no), `${written} does not match ${no}`);
  }
});

test('what is not understood, not supported or too large is refused', () => {
  const refused = [
    '~a',
    'a&b',
    '<1-9>',
    'a@',
    '#',
    '"a"',
    'a|',
    '*a',
    '(a',
    'a)',
    '[a',
    'a\\',
    '\\a',
    '[\\D]',
  ];
  const wrong = ['a{', 'a{,2}', 'a{2,1}', '[a-]', '[z-a]', 'x'.repeat(1001), '((a{100}){100}){100}'];
  for (const written of [...refused, ...wrong, `${'('.repeat(60)}a${')'.repeat(60)}`]) {
    assert.throws(() => luceneRegexp(written), /regular expression/, written);
  }
});
