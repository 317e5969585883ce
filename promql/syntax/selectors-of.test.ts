import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseQuery } from '#promql/syntax/parser.ts';
import { selectorsOf } from '#promql/syntax/selectors-of.ts';

const ROWS: readonly { readonly query: string; readonly names: readonly string[] }[] = [
  { query: '1 + 1', names: [] },
  { query: '"text"', names: [] },
  { query: 'up', names: ['up'] },
  { query: '-(a + on (x) b)', names: ['a', 'b'] },
  { query: 'rate(a[5m] offset 1h)', names: ['a'] },
  { query: 'max_over_time(rate(a[5m])[1h:1m])', names: ['a'] },
  { query: 'topk(scalar(k), sum by (x) (a))', names: ['k', 'a'] },
  { query: 'histogram_quantile(0.9, sum by (le) (rate(b[5m]))) > bool c', names: ['b', 'c'] },
];

test('selectors are found wherever they stand', () => {
  for (const { query, names } of ROWS) {
    const found = selectorsOf(parseQuery(query).expression).map(({ name }) => name);
    assert.deepEqual(found, names, query);
  }
});
