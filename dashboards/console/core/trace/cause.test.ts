import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  firstCause,
  nextFailed,
  saysOf,
  traceSentence,
  whyFailed,
} from '#dashboards/console/core/trace/cause.ts';
import { criticalPath } from '#dashboards/console/core/trace/critical-path.ts';
import { buildTree, type TraceTree } from '#dashboards/console/core/trace/tree.ts';
import { traceOf, type SpanWords } from '#test/support/console-traces.ts';

const treeOf = (words: readonly SpanWords[]): TraceTree => buildTree(traceOf(words));
const causeOf = (tree: TraceTree): string | undefined => tree.nodes[firstCause(tree) ?? -1]?.id;
const at = (tree: TraceTree, id: string): TraceTree['nodes'][number] => {
  const node = tree.nodes.find((one) => one.id === id);
  assert.ok(node !== undefined);
  return node;
};

test('the deepest of a chain of failures is the first cause', () => {
  const tree = treeOf([
    { id: 'root', failed: true },
    { id: 'call', parent: 'root', at: 1, failed: true },
    { id: 'served', parent: 'call', at: 2, failed: true },
    { id: 'healthy', parent: 'served', at: 3 },
  ]);
  assert.equal(causeOf(tree), 'served');
});

test('a failure that somebody got over is not the cause of the one that reached the caller', () => {
  const words: readonly SpanWords[] = [
    { id: 'root', failed: true },
    { id: 'cache', parent: 'root', at: 1 },
    { id: 'miss', parent: 'cache', at: 2, failed: true },
    { id: 'call', parent: 'root', at: 5, failed: true },
  ];
  assert.equal(causeOf(treeOf(words)), 'call');
  const withoutIt = words.map((one) => (one.id === 'miss' ? one : { ...one, failed: false }));
  assert.equal(causeOf(treeOf(withoutIt)), 'miss');
});

test('of tries that all failed the first is the cause', () => {
  const tree = treeOf([
    { id: 'root', failed: true },
    { id: 'second', parent: 'root', at: 50, failed: true },
    { id: 'first', parent: 'root', at: 5, failed: true },
  ]);
  assert.equal(causeOf(tree), 'first');
});

test('a trace in which nothing failed has no cause', () => {
  const tree = treeOf([{ id: 'root' }]);
  assert.equal(firstCause(tree), undefined);
  assert.equal(nextFailed(tree, 0), undefined);
  assert.equal(whyFailed(tree, at(tree, 'root')), undefined);
  assert.equal(traceSentence(tree, undefined, criticalPath(tree)), 'No span failed.');
  const slow = treeOf([
    { id: 'root', takes: 100 },
    { id: 'price', parent: 'root', at: 10, takes: 70 },
  ]);
  assert.equal(
    traceSentence(slow, undefined, criticalPath(slow)),
    'No span failed; 70 % of the wait was quotes price.',
  );
});

test('the next failed row goes around the end, both ways', () => {
  const tree = treeOf([
    { id: 'a', failed: true },
    { id: 'b', at: 1 },
    { id: 'c', at: 2, failed: true },
  ]);
  assert.deepEqual(
    [nextFailed(tree, 0), nextFailed(tree, 2), nextFailed(tree, 0, -1), nextFailed(tree, -1)],
    [2, 0, 2, 0],
  );
});

test('a failing span says what it says, and what its place tells', () => {
  const tree = treeOf([
    { id: 'root', service: 'gateway', failed: true, tags: { 'http.response.status_code': 503 } },
    {
      id: 'call',
      parent: 'root',
      service: 'gateway',
      kind: 'client',
      at: 1,
      failed: true,
      tags: { 'service.peer.name': 'quotes', 'error.type': 'ECONNREFUSED' },
    },
  ]);
  assert.deepEqual(whyFailed(tree, at(tree, 'root')), {
    says: 'HTTP 503',
    below: 1,
    place: 'It passes on a failure from below it, in the same service.',
  });
  assert.deepEqual(whyFailed(tree, at(tree, 'call')), {
    says: 'ECONNREFUSED',
    below: undefined,
    place: 'quotes recorded nothing of this call: it was not reached, or its telemetry has not come.',
  });
  assert.equal(
    traceSentence(tree, firstCause(tree), criticalPath(tree)),
    '2 of 2 spans failed; first cause: gateway call, ECONNREFUSED.',
  );
});

test('what a span says twice is told once', () => {
  const [span] = traceOf([
    {
      id: 'a',
      tags: { 'http.response.status_code': 503, 'error.type': '503', 'otel.status_description': 'timeout' },
    },
  ]).spans;
  assert.ok(span !== undefined);
  const fields = [
    { key: 'event', type: 'string', value: 'exception' },
    { key: 'exception.type', type: 'string', value: 'TimeoutError' },
    { key: 'exception.message', type: 'string', value: 'timeout' },
  ];
  assert.equal(saysOf({ ...span, logs: [{ timestamp: 1, fields }] }), 'HTTP 503 · TimeoutError: timeout');
});
