import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addressWith,
  filtersOf,
  filterText,
  logsPath,
  toNanos,
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

test('addresses change by parameters; times become nanoseconds', () => {
  assert.equal(
    addressWith('/ui/logs', new URLSearchParams('a=1&b=2'), { a: undefined, c: '3' }),
    '/ui/logs?b=2&c=3',
  );
  assert.equal(toNanos(1_800_000_000_123.9), '1800000000123000000');
});
