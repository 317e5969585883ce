import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parentOf } from '#dashboards/console/core/trace/answer.ts';
import {
  criticalPath,
  type CriticalPath,
  type Segment,
} from '#dashboards/console/core/trace/critical-path.ts';
import { visibleRows } from '#dashboards/console/core/trace/rows.ts';
import { buildTree, childrenOf, type TraceTree } from '#dashboards/console/core/trace/tree.ts';
import { traceOf, type SpanWords } from '#test/support/console-traces.ts';

const treeOf = (words: readonly SpanWords[]): TraceTree => buildTree(traceOf(words));
const shape = ({ nodes }: TraceTree): readonly string[] =>
  nodes.map(({ depth, id }) => `${'  '.repeat(depth)}${id}`);

test('parents stand before their children, siblings by start', () => {
  const tree = treeOf([
    { id: 'late', parent: 'root', at: 50 },
    { id: 'root', takes: 100 },
    { id: 'grand', parent: 'early', at: 15 },
    { id: 'early', parent: 'root', at: 10 },
  ]);
  assert.deepEqual(shape(tree), ['root', '  early', '    grand', '  late']);
  assert.deepEqual(
    tree.nodes.map(({ end, childCount }) => [end, childCount]),
    [
      [4, 2],
      [3, 1],
      [3, 0],
      [4, 0],
    ],
  );
});

test('own time is what no child covers, overlaps counted once', () => {
  const [root] = treeOf([
    { id: 'root', takes: 100 },
    { id: 'a', parent: 'root', at: 10, takes: 30 },
    { id: 'b', parent: 'root', at: 20, takes: 30 },
    { id: 'inside', parent: 'root', at: 25, takes: 5 },
    { id: 'before', parent: 'root', at: -20, takes: 25 },
    { id: 'beyond', parent: 'root', at: 90, takes: 500 },
  ]).nodes.filter(({ id }) => id === 'root');
  assert.equal(root?.selfUs, 100 - 5 - 40 - 10);
});

test('a span whose parent is missing is a root of its own, and not the root of the trace', () => {
  const tree = treeOf([
    { id: 'orphan', parent: 'nobody', at: 0 },
    { id: 'below', parent: 'orphan', at: 1 },
    { id: 'root', at: 2 },
  ]);
  assert.deepEqual(shape(tree), ['orphan', '  below', 'root']);
  assert.equal(tree.nodes[0]?.root, 'parent-missing');
  assert.equal(tree.nodes[tree.root]?.id, 'root');
});

test('a circle is cut above its earliest span, and what hangs on it stays', () => {
  const tree = treeOf([
    { id: 'a', parent: 'c', at: 3 },
    { id: 'b', parent: 'a', at: 1 },
    { id: 'c', parent: 'b', at: 2 },
    { id: 'tail', parent: 'c', at: 0 },
    { id: 'self', parent: 'self', at: 9 },
  ]);
  assert.deepEqual(shape(tree), ['b', '  c', '    tail', '    a', 'self']);
  assert.deepEqual(
    tree.nodes.filter(({ root }) => root === 'circle').map(({ id }) => id),
    ['b', 'self'],
  );
});

test('the same span sent twice is one, two spans with one id are two', () => {
  const tree = treeOf([{ id: 'a' }, { id: 'a' }, { id: 'a', at: 5 }]);
  assert.equal(tree.nodes.length, 2);
  assert.equal(tree.doubles, 1);
});

test('a child that starts before its parent in another process tells how far the clocks differ', () => {
  const tree = treeOf([
    { id: 'call', service: 'gateway', at: 10, takes: 100 },
    { id: 'served', parent: 'call', service: 'quotes', at: 4, takes: 50 },
    { id: 'inner', parent: 'served', service: 'quotes', at: 2, takes: 1 },
  ]);
  assert.deepEqual(
    tree.nodes.map(({ id, skewUs, startUs }) => [id, skewUs, startUs]),
    [
      ['call', 0, 8],
      ['served', 6, 2],
      ['inner', 0, 0],
    ],
  );
});

test('a trace without spans is an empty tree', () => {
  const tree = treeOf([]);
  assert.deepEqual([tree.nodes.length, tree.root, tree.startUs, tree.durationUs], [0, -1, 0, 0]);
});

const anySpans = fc.array(
  fc.record({
    id: fc.integer({ min: 0, max: 40 }).map(String),
    parent: fc.integer({ min: 0, max: 45 }).map(String),
    at: fc.integer({ min: -50, max: 200 }),
    takes: fc.integer({ min: 0, max: 100 }),
    kind: fc.constantFrom('client', 'server', 'internal'),
    service: fc.constantFrom('gateway', 'quotes', 'dispatch'),
  }),
  { maxLength: 60 },
);

test('whatever comes: each span has one row, below its parent, and times add up', () => {
  fc.assert(
    fc.property(anySpans, (words) => {
      const tree = treeOf(words);
      assert.equal(tree.nodes.length + tree.doubles, words.length);
      for (const node of tree.nodes) {
        const parent = tree.nodes[node.parent];
        assert.equal(parent === undefined, node.root !== undefined);
        if (parent !== undefined) {
          assert.equal(parentOf(node.span), parent.id);
          assert.ok(parent.index < node.index && node.end <= parent.end);
          assert.equal(node.depth, parent.depth + 1);
        }
        assert.equal([...childrenOf(tree.nodes, node)].length, node.childCount);
        assert.ok(node.selfUs >= 0 && node.selfUs <= node.durationUs);
      }
      assert.deepEqual(
        visibleRows(tree, new Set(), undefined),
        tree.nodes.map(({ index }) => index),
      );
    }),
    { numRuns: 150 },
  );
});

test('whatever comes: the critical path takes exactly as long as the root, in disjoint parts of its spans', () => {
  fc.assert(
    fc.property(anySpans, (words) => {
      const tree = treeOf(words);
      const root = tree.nodes[tree.root] ?? { startUs: 0, durationUs: 0 };
      const path = criticalPath(tree);
      const all = [...path.segments.values()].flat().toSorted((a, b) => a.startUs - b.startUs);
      let atUs = root.startUs;
      for (const { startUs, endUs } of all) {
        assert.equal(startUs, atUs);
        assert.ok(endUs > startUs);
        atUs = endUs;
      }
      assert.equal(atUs - root.startUs, root.durationUs);
      for (const [row, segments] of path.segments) withinItsSpan(tree, path, row, segments);
    }),
    { numRuns: 150 },
  );
});

function withinItsSpan(tree: TraceTree, path: CriticalPath, row: number, segments: readonly Segment[]): void {
  const node = tree.nodes[row];
  assert.ok(node !== undefined && path.onPath.has(row));
  assert.ok(node.parent === -1 || path.onPath.has(node.parent));
  for (const { startUs, endUs } of segments)
    assert.ok(startUs >= node.startUs && endUs <= node.startUs + node.durationUs);
}

test('a chain as deep as it has spans is built without recursion', () => {
  const count = 20_000;
  const words = Array.from({ length: count }, (_, index) => ({
    id: String(index),
    ...(index === 0 ? {} : { parent: String(index - 1) }),
    at: index,
    takes: 2 * (count - index),
  }));
  const tree = treeOf(words);
  assert.equal(tree.nodes.at(-1)?.depth, count - 1);
  assert.equal(criticalPath(tree).onPath.size, count);
});
