/** The small parts of a search: patterns, phrases, values, the first documents. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareTexts, compareWithBound, Wanted } from '#storage/embedded/documents/core/search/values.ts';
import { literalOf, patternTest, wordTest } from '#storage/embedded/documents/core/search/patterns.ts';
import { hasPhrase, placesOf } from '#storage/embedded/documents/core/search/words.ts';
import {
  candidateOrder,
  FirstDocuments,
  type Candidate,
} from '#storage/embedded/documents/core/search/order.ts';
import { AggregationBudget, BUCKETS_MAX } from '#storage/embedded/documents/core/search/aggregate/budget.ts';
import { quantile } from '#storage/embedded/documents/core/search/aggregate/metrics.ts';
import { roundingOf } from '#storage/embedded/documents/core/search/aggregate/rounding.ts';

test('a regular expression matches whole values, and promises no literal', () => {
  const pattern = { regexp: 'ab.+' };
  assert.deepEqual(
    ['abc', 'ab', 'xabc', 'ABC'].map((value) => patternTest(pattern, false)(value)),
    [true, false, false, false],
  );
  assert.ok(wordTest(pattern)('ab\n'));
  assert.equal(literalOf(pattern), '');
});

test('a pattern matches as a regular expression of the same meaning', () => {
  const piece = fc.oneof(
    fc.constantFrom('*', '?') as fc.Arbitrary<'*' | '?'>,
    fc.constantFrom('a', 'b', '🙂').map((text) => ({ text })),
  );
  const text = fc.array(fc.constantFrom('a', 'b', '🙂', '\n'), { maxLength: 8 }).map((all) => all.join(''));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), text, (pattern, subject) => {
      const source = pattern.map((part) => (part === '*' ? '.*' : part === '?' ? '.' : part.text)).join('');
      assert.equal(patternTest(pattern, false)(subject), new RegExp(`^${source}$`, 'su').test(subject));
    }),
  );
});

test('texts compare as their UTF-8 does', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      assert.equal(Math.sign(compareTexts(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test('phrases: in order, moved, with a last word that goes on', () => {
  const places = placesOf(['no', 'carrier', 'found', 'no', 'truck']);
  const has = (text: string, slop = 0, lastIsPrefix = false): boolean =>
    hasPhrase(places, { words: text.split(' '), slop, lastIsPrefix });
  assert.ok(has('no carrier'));
  assert.ok(!has('carrier no'));
  assert.ok(has('carrier no', 1));
  assert.ok(has('carrier no', 2));
  assert.ok(!has('no no', 1));
  assert.ok(has('no no', 2));
  assert.ok(has('no tru', 0, true));
  assert.ok(!has('no x', 0, true));
});

test('values equal what was asked for in any spelling of theirs', () => {
  const wanted = new Wanted(['200', 'true', '9007199254740993', 'Ann'], false);
  for (const value of ['200', 200, true, 9_007_199_254_740_993n, 'Ann'])
    assert.ok(wanted.has(value), String(value));
  for (const value of [201, false, 9_007_199_254_740_992, 'ann', 1])
    assert.ok(!wanted.has(value), String(value));
  assert.equal(compareWithBound(5, '10'), -1);
  assert.ok((compareWithBound('5', 10) ?? 0) > 0);
  assert.equal(compareWithBound(5, 'x'), undefined);
});

test('the first so many of all are kept, in order', () => {
  const sort = [{ field: 'a', descending: true, missing: 'last', mode: 'max' }] as const;
  const order = candidateOrder(sort);
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.integer({ min: 0, max: 5 }))),
      fc.integer({ min: 1, max: 9 }),
      (values, max) => {
        const all = values.map((value, at): Candidate => ({
          sort: [value],
          key: { unixNanos: BigInt(at), stream: 'logs', producer: 'p', sequence: 1n, ordinal: 0 },
        }));
        const first = new FirstDocuments(max, order);
        for (const one of all) first.offer(one);
        assert.deepEqual(first.sorted(), all.toSorted(order).slice(0, max));
      },
    ),
  );
});

test('buckets and values have an end', () => {
  const budget = new AggregationBudget();
  budget.showBuckets(BUCKETS_MAX);
  assert.throws(() => budget.showBuckets(1), /more than 65536 buckets/);
  assert.throws(() => {
    for (;;) budget.takeBucket();
  }, /memory allows/);
});

test('percentiles lie between their neighbours', () => {
  assert.equal(quantile(Float64Array.of(1, 2, 3, 4, 5), 0.95), 4.8);
  assert.equal(quantile(Float64Array.of(7), 0.5), 7);
  assert.equal(quantile(Float64Array.of(), 0.5), null);
});

test('days begin where clocks of their zone say so, also when these were set', () => {
  const rounding = roundingOf({
    kind: 'date_histogram',
    field: '@timestamp',
    interval: { unit: 'day' },
    offsetMs: 0,
    timeZone: 'Europe/Berlin',
    countMin: 0,
    bounds: { extended: undefined, hard: undefined },
    missing: undefined,
    order: [],
    keyed: false,
    format: 'iso',
  });
  const begins = ['2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z', '2026-03-30T22:00:00Z'].map((text) =>
    Date.parse(text),
  );
  assert.equal(rounding.floor(Date.parse('2026-03-29T12:00:00Z')), begins[0]);
  assert.equal(rounding.next(begins[0] ?? 0), begins[1]);
  assert.equal(rounding.next(begins[1] ?? 0), begins[2]);
});
