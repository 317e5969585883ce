import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseQuery } from '#promql/syntax/parser.ts';
import type { Matcher } from '#signals/matchers.ts';
import { pathName, selectorOf } from '#storage/prometheus/core/selector.ts';

const hostile = ['"', '\\', '\n', '`', "'", '{}', '🚢', '\u0000', '\u2028', '" or up or {a="', '#', ''];

test('values of any characters stay values', () => {
  for (const value of hostile) {
    const matchers: Matcher[] = [
      { name: '__name__', operator: '=', value: 'm' },
      { name: 'a', operator: '!=', value },
    ];
    const { expression } = parseQuery(selectorOf(matchers));
    assert.equal(expression.kind, 'selector');
    assert.deepEqual(expression.matchers, matchers, JSON.stringify(value));
  }
});

test('a selector that would select too much gets a matcher more', () => {
  assert.equal(selectorOf([]), '{__name__!=""}');
  assert.equal(selectorOf([{ name: 'a', operator: '=', value: '' }]), '{a="",__name__!=""}');
  assert.equal(selectorOf([{ name: 'a', operator: '=', value: 'b' }]), '{a="b"}');
  assert.equal(selectorOf([{ name: 'a.b', operator: '=', value: 'c' }]), '{"a.b"="c"}');
});

test('names in a path are escaped when they are none of the classic ones', () => {
  for (const [name, path] of [
    ['job', 'job'],
    ['http_route', 'http_route'],
    ['a.b', 'U__a_2e_b'],
    ['http.route_2', 'U__http_2e_route__2'],
    ['ü', 'U___fc_'],
    ['🚢', 'U___1f6a2_'],
    ['9', 'U__9'],
  ] as const) {
    assert.equal(pathName(name), path);
  }
});
