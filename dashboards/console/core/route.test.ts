import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRoute, pathOf, queryOf, withQuery, type Route } from '#dashboards/console/core/route.ts';

const ROUTES: readonly Route[] = [
  { page: 'now' },
  { page: 'slos' },
  { page: 'slo', id: 'gateway/availability' },
  { page: 'slo', id: 'a b/ü?#/x' },
  { page: 'incidents' },
  { page: 'incident', id: 'x1' },
  { page: 'traces' },
  { page: 'trace', id: '4bf92f3577b34da6a3ce929d0e0e4736' },
  { page: 'compare', left: 'aa', right: 'bb' },
  { page: 'logs' },
  { page: 'metrics' },
  { page: 'pipeline' },
  { page: 'proof' },
  { page: 'proof-report', id: '2026-11-21T10-00-00.000Z' },
  { page: 'receiver' },
];

test('every page has an address, and every address its page', () => {
  for (const route of ROUTES) assert.deepEqual(parseRoute(pathOf(route)), route);
});

test('what is no page is unknown, whatever it is', () => {
  for (const path of ['/ui/nothing', '/ui/slos/one', '/ui/%E0%A4%A', '/elsewhere', '/ui/traces/a/b', ''])
    assert.equal(parseRoute(path).page, 'unknown', path);
  assert.equal(parseRoute('/').page, 'now');
  assert.equal(parseRoute('/ui/').page, 'now');
  assert.equal(parseRoute('/ui/slos/').page, 'slos');
});

test('equal states have equal addresses', () => {
  assert.equal(withQuery('/ui/logs', { text: '', service: undefined }), '/ui/logs');
  assert.equal(withQuery('/ui/logs', { text: 'a&b' }), '/ui/logs?text=a%26b');
  assert.equal(withQuery('/ui/logs', { row: ['1', '', '2'], none: [] }), '/ui/logs?row=1&row=2');
  const query = new URLSearchParams('row=1&text=a&row=2');
  assert.deepEqual(queryOf(query), { row: ['1', '2'], text: ['a'] });
});
