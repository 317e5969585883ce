/** Requests as clauses, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clause } from '#storage/document-search.ts';
import { parseQuery } from '#server/elasticsearch/core/queries.ts';

const NOW_MS = Date.UTC(2026, 6, 15, 13, 45, 30, 500);
const parse = (query: unknown): Clause => parseQuery(query, { nowMs: NOW_MS });
const lucene = (query: string, more: object = {}): Clause =>
  parse({ query_string: { query, default_field: 'user', ...more } });

const words = (text: string, field = 'user'): Clause => ({ kind: 'words', field, text, least: 1 });
const bool = (parts: Partial<Extract<Clause, { kind: 'bool' }>>): Clause => ({
  kind: 'bool',
  must: [],
  should: [],
  mustNot: [],
  shouldMin: 0,
  ...parts,
});

const LUCENE: readonly (readonly [text: string, clause: Clause])[] = [
  ['', { kind: 'none' }],
  ['a', words('a')],
  ['a b', words('a b')],
  ['a AND b', bool({ must: [words('a'), words('b')] })],
  ['a OR b', bool({ should: [words('a'), words('b')], shouldMin: 1 })],
  ['a OR b AND c', bool({ should: [words('a')], must: [words('b'), words('c')] })],
  ['a AND NOT b', bool({ must: [words('a')], mustNot: [words('b')] })],
  ['-b', bool({ mustNot: [words('b')] })],
  ['x:a b', bool({ should: [words('a', 'x'), words('b')], shouldMin: 1 })],
  ['x:(a b)', words('a b', 'x')],
  ['a\\ b\\:c', words('a b:c')],
  ['"a b"', { kind: 'phrase', field: 'user', text: 'a b', slop: 0, lastIsPrefix: false }],
  ['"a b"~2^3', { kind: 'phrase', field: 'user', text: 'a b', slop: 2, lastIsPrefix: false }],
  ['ab*', { kind: 'pattern', field: 'user', pattern: [{ text: 'ab' }, '*'], ignoreCase: false }],
  [
    'a?b\\*',
    { kind: 'pattern', field: 'user', pattern: [{ text: 'a' }, '?', { text: 'b*' }], ignoreCase: false },
  ],
  [
    'x:/a.*\\/\\d/',
    { kind: 'pattern', field: 'x', pattern: { regexp: 'a(?:.)*\\x{2f}[0-9]' }, ignoreCase: false },
  ],
  ['x:*', { kind: 'exists', field: 'x' }],
  ['_exists_:x', { kind: 'exists', field: 'x' }],
  ['*:*', { kind: 'all' }],
  ['x:>=10', { kind: 'range', field: 'x', min: { value: '10', inclusive: true }, max: undefined }],
  [
    'x:[1 TO 5}',
    {
      kind: 'range',
      field: 'x',
      min: { value: '1', inclusive: true },
      max: { value: '5', inclusive: false },
    },
  ],
  ['x:{* TO "b c"]', { kind: 'range', field: 'x', min: undefined, max: { value: 'b c', inclusive: true } }],
];

test("Lucene's syntax", () => {
  for (const [text, clause] of LUCENE) assert.deepEqual(lucene(text), clause, text);
  assert.deepEqual(lucene('a b', { default_operator: 'AND' }), { ...words('a b'), least: 'all' });
});

test("what is not of Lucene's syntax, or not offered, is refused", () => {
  for (const text of [
    'a AND',
    '(a',
    'a)',
    '/a',
    'a~',
    'NOT NOT a',
    '"a',
    'x:[1 TO',
    `${'('.repeat(30)}a${')'.repeat(30)}`,
  ]) {
    assert.throws(() => lucene(text), /Failed to parse query/, text);
  }
});

function bounds(range: object): readonly [number | undefined, number | undefined] {
  const clause = parse({ range: { '@timestamp': range } });
  assert.equal(clause.kind, 'range');
  if (clause.kind !== 'range') return [undefined, undefined];
  return [clause.min?.value as number | undefined, clause.max?.value as number | undefined];
}

test('dates are rounded to the side their bound needs', () => {
  const day = Date.UTC(2026, 0, 31);
  const end = day + 86_400_000 - 1;
  assert.deepEqual(bounds({ gte: '2026-01-31', lte: '2026-01-31' }), [day, end]);
  assert.deepEqual(bounds({ gt: '2026-01-31', lt: '2026-01-31' }), [end, day]);
  assert.deepEqual(bounds({ gte: '2026-01-31T10:00||+1d/d' }), [day + 86_400_000, undefined]);
  assert.deepEqual(bounds({ gte: 'now-1h/h', lt: 'now' }), [Date.UTC(2026, 6, 15, 12), NOW_MS]);
  assert.deepEqual(bounds({ gte: '2026-01-31', time_zone: 'Europe/Berlin' }), [day - 3_600_000, undefined]);
  assert.deepEqual(bounds({ gte: 1000, lte: '2000', format: 'epoch_millis' }), [1000, 2000]);
  assert.throws(() => bounds({ gte: '2026-02-30' }), /failed to parse date field/);
  assert.throws(() => bounds({ gte: '1', format: 'dd/MM' }), /\[dd\/MM\] is not supported/);
});

test('should has to hold where nothing else does', () => {
  const term = { term: { a: 1 } };
  const min = (query: object): number => {
    const clause = parse({ bool: query });
    return clause.kind === 'bool' ? clause.shouldMin : -1;
  };
  assert.equal(min({ should: [term, term] }), 1);
  assert.equal(min({ should: [term, term], filter: term }), 0);
  assert.equal(min({ should: [term, term], minimum_should_match: '-1', filter: term }), 1);
  assert.equal(min({ should: [term, term, term], minimum_should_match: '67%' }), 2);
  assert.equal(min({ should: [term], minimum_should_match: 0 }), 1);
  assert.equal(min({ must_not: [term], minimum_should_match: 1 }), 0);
});

test('limits on clauses and depth', () => {
  const many = { bool: { should: Array.from({ length: 1100 }, () => ({ match_all: {} })) } };
  assert.throws(() => parse(many), /more than 1024 clauses/);
  assert.throws(
    () => parse({ terms: { a: Array.from({ length: 10_001 }, () => 1) } }),
    /more than 10000 values/,
  );
});
