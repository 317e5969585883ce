import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOGS_STREAM, TRACES_STREAM, type DataStream } from '#signals/elasticsearch/documents.ts';
import type { Attribute } from '#signals/model.ts';
import { Router, type Route, type Routing } from '#storage/elasticsearch/core/routing.ts';

const BY_ATTRIBUTES = { logsIndex: undefined, tracesIndex: undefined };

function named(dataset?: string, namespace?: string): Attribute[] {
  const texts = { 'data_stream.dataset': dataset, 'data_stream.namespace': namespace };
  return Object.entries(texts).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: { kind: 'string', value } } as const],
  );
}

function routeOf(routing: Routing, byDefault: DataStream, lists: readonly Attribute[][]): Route {
  const router = new Router(routing, byDefault);
  const [item = [], scope = [], resource = []] = lists;
  return router.route(router.saidBy(item), router.saidBy(scope), router.saidBy(resource));
}

function target(...lists: readonly Attribute[][]): string {
  return routeOf(BY_ATTRIBUTES, LOGS_STREAM, lists).target;
}

test('without attributes everything goes to the stream of its signal', () => {
  assert.equal(target([], [], []), 'logs-generic.otel-default');
  assert.equal(routeOf(BY_ATTRIBUTES, TRACES_STREAM, [[]]).target, 'traces-generic.otel-default');
});

test('the item says more than its scope, the scope more than its resource', () => {
  assert.equal(target(named('shop'), named('lib', 'eu'), named('host', 'us')), 'logs-shop.otel-eu');
  assert.equal(target([], [], named(undefined, 'us')), 'logs-generic.otel-us');
  assert.equal(target(named(''), [], []), 'logs-generic.otel-default');
});

test('what names of indices may not have is replaced, and a long part is cut', () => {
  assert.equal(target(named('A-b/c*"d', 'Prod EU-1')), 'logs-a_b_c__d.otel-prod_eu-1');
  const { stream } = routeOf(BY_ATTRIBUTES, LOGS_STREAM, [named('ü'.repeat(200))]);
  assert.equal(new TextEncoder().encode(stream.dataset).length, 99);
  assert.match(stream.dataset, /^ü{47}\.otel$/);
});

test('a configured index takes everything', () => {
  const fixed = { logsIndex: 'logs-a.otel-b', tracesIndex: undefined };
  assert.deepEqual(routeOf(fixed, LOGS_STREAM, [named('shop')]), {
    target: 'logs-a.otel-b',
    stream: { type: 'logs', dataset: 'a.otel', namespace: 'b' },
  });
  assert.equal(routeOf({ ...fixed, logsIndex: 'mine' }, LOGS_STREAM, []).target, 'mine');
});
