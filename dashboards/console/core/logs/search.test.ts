import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addressWith,
  exclusionOf,
  filtersOf,
  filterText,
  logsPath,
  toNanos,
  withFilter,
  withoutFilters,
} from '#dashboards/console/core/logs/search.ts';

test('an address names filters as the API does, in one order', () => {
  const query = new URLSearchParams('attr.b=2&service=quotes&attr.a=1&view=lines&text=&trace_id=ab&attr.=x');
  const filters = filtersOf(query);
  assert.deepEqual(
    filters.map(({ name }) => name),
    ['service', 'trace_id', 'attr.a', 'attr.b'],
  );
  assert.equal(
    logsPath('/histogram', filters, { buckets: '60', end: undefined }),
    '/api/plimsoll/v1/logs/histogram?service=quotes&trace_id=ab&attr.a=1&attr.b=2&buckets=60',
  );
});

test('hostile values stay values', () => {
  const filters = filtersOf(new URLSearchParams([['attr.a&b', "x=1&y='<script>"]]));
  const path = logsPath('', filters);
  assert.equal(new URL(path, 'http://x.test').searchParams.get('attr.a&b'), "x=1&y='<script>");
});

test('chips say what a filter does', () => {
  assert.equal(filterText({ name: 'severity', value: 'warn' }), 'warn or worse');
  assert.equal(filterText({ name: 'attr.http.route', value: '/quotes' }), 'http.route = /quotes');
});

test('what is left out stands several times, and beside what is wanted', () => {
  const query = new URLSearchParams(
    'not.service=b&not.service=a&not.attr.k=1&not.span_id=f&not.=x&not.attr.=y&service=c&not.text=',
  );
  const filters = filtersOf(query);
  assert.deepEqual(filters.map(filterText), ['service = c', 'k ≠ 1', 'service ≠ a', 'service ≠ b']);
  assert.equal(
    logsPath('', filters),
    '/api/plimsoll/v1/logs?service=c&not.attr.k=1&not.service=a&not.service=b',
  );
  assert.equal(filterText({ name: 'not.text', value: 'GET' }), 'without "GET"');
  assert.deepEqual(exclusionOf({ name: 'attr.k', value: '1' }), { name: 'not.attr.k', value: '1' });
  assert.equal(exclusionOf({ name: 'trace_id', value: 'ff' }), undefined);
});

test('a filter and its opposite do not stand together; one of several is taken away alone', () => {
  const query = new URLSearchParams('service=a&not.service=b&not.service=c&row=1&row=2');
  const change = (changes: Parameters<typeof addressWith>[2]): string => addressWith('', query, changes);
  const out = change(withFilter(query, { name: 'not.service', value: 'a' }));
  assert.equal(out, '?not.service=b&not.service=c&not.service=a&row=1&row=2');
  const wanted = change(withFilter(query, { name: 'service', value: 'c' }));
  assert.equal(wanted, '?service=c&not.service=b&row=1&row=2');
  const gone = [
    { name: 'not.service', value: 'b' },
    { name: 'service', value: 'a' },
  ] as const;
  assert.equal(change(withoutFilters(query, gone)), '?not.service=c&row=1&row=2');
});

test('addresses change by parameters; times become nanoseconds', () => {
  assert.equal(
    addressWith('/ui/logs', new URLSearchParams('a=1&b=2'), { a: undefined, c: '3' }),
    '/ui/logs?b=2&c=3',
  );
  assert.equal(toNanos(1_800_000_000_123.9), '1800000000123000000');
});
