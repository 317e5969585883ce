import assert from 'node:assert/strict';
import { test } from 'node:test';
import { criticalPath } from '#dashboards/console/core/trace/critical-path.ts';
import { operationRows, sortedOperations } from '#dashboards/console/core/trace/operations.ts';
import {
  minimapLines,
  parseView,
  placeIn,
  ticksOf,
  viewText,
} from '#dashboards/console/core/trace/minimap.ts';
import {
  ancestorIds,
  idsToClose,
  matchingRows,
  nextMatch,
  positionOf,
  visibleRows,
} from '#dashboards/console/core/trace/rows.ts';
import { buildTree } from '#dashboards/console/core/trace/tree.ts';
import { traceOf } from '#test/support/console-traces.ts';

const tree = buildTree(
  traceOf([
    { id: 'root', service: 'gateway', operation: 'POST /quotes', takes: 10_000 },
    { id: 'a', parent: 'root', service: 'quotes', operation: 'price', at: 1000, takes: 6000 },
    {
      id: 'a1',
      parent: 'a',
      service: 'quotes',
      operation: 'read',
      at: 2000,
      takes: 2000,
      tags: { zone: 'North' },
    },
    { id: 'b', parent: 'root', service: 'quotes', operation: 'read', at: 2000, takes: 100, failed: true },
  ]),
);
const path = criticalPath(tree);

test('what is closed hides what is below it', () => {
  assert.deepEqual(visibleRows(tree, new Set(), undefined), [0, 1, 2, 3]);
  assert.deepEqual(visibleRows(tree, new Set(['a']), undefined), [0, 1, 3]);
  assert.deepEqual(visibleRows(tree, new Set(['b', 'none']), undefined), [0, 1, 2, 3]);
  assert.deepEqual(visibleRows(tree, new Set(['root']), undefined), [0]);
});

test('the critical path alone leaves out what nobody waited for', () => {
  assert.deepEqual(visibleRows(tree, new Set(), path), [0, 1, 2]);
});

test('a hidden row is found where its closed ancestor stands', () => {
  const rows = visibleRows(tree, new Set(['a']), undefined);
  assert.deepEqual(
    [0, 1, 2, 3].map((row) => positionOf(rows, row)),
    [0, 1, 1, 2],
  );
  assert.equal(positionOf([], 3), -1);
  assert.deepEqual([...ancestorIds(tree, 2)], ['a', 'root']);
  assert.deepEqual(idsToClose(tree, 1), ['a']);
});

test('a search finds names and attributes, all words of it', () => {
  const find = (text: string, service = '', operation = ''): readonly number[] =>
    matchingRows(tree, { text, service, operation });
  assert.deepEqual(find('READ'), [2, 3]);
  assert.deepEqual(find('quotes zone=north'), [2]);
  assert.deepEqual(find('', 'quotes', 'read'), [2, 3]);
  assert.deepEqual(find('a1'), [2]);
  assert.deepEqual(find(' '), []);
  assert.deepEqual([nextMatch([2, 3], 2, 1), nextMatch([2, 3], 3, 1), nextMatch([2, 3], 2, -1)], [3, 2, 3]);
  assert.equal(nextMatch([], 0, 1), undefined);
});

test('operations add up their spans, in the order asked for', () => {
  const rows = operationRows(tree, path);
  const read = rows.find(({ operation }) => operation === 'read');
  assert.deepEqual(
    {
      count: read?.count,
      failed: read?.failed,
      totalUs: read?.totalUs,
      selfUs: read?.selfUs,
      pathUs: read?.pathUs,
    },
    { count: 2, failed: 1, totalUs: 2100, selfUs: 2100, pathUs: 2000 },
  );
  const names = (order: string): readonly string[] =>
    sortedOperations(rows, order).map(({ operation }) => operation);
  assert.deepEqual(names('self'), ['POST /quotes', 'price', 'read']);
  assert.equal(names('count')[0], 'read');
  assert.deepEqual(names('nonsense'), names('self'));
  assert.equal(
    rows.reduce((sum, { pathUs }) => sum + pathUs, 0),
    10_000,
  );
});

test('the strip has a line a span, and few for many', () => {
  assert.deepEqual(
    minimapLines(tree).map(({ from, to, failed }) => [from, to, failed]),
    [
      [0, 1, false],
      [0.1, 0.7, false],
      [0.2, 0.4, false],
      [0.2, 0.21, true],
    ],
  );
  const many = buildTree(traceOf(Array.from({ length: 1000 }, (_, id) => ({ id: String(id), at: id }))));
  assert.equal(minimapLines(many).length <= 160, true);
});

test('a view is a part of the trace, and all of it when it cannot be read', () => {
  assert.deepEqual(parseView('100-200', 1000), { startUs: 100, endUs: 200 });
  for (const text of ['', '200-100', 'x', '2000-3000', '5-5'])
    assert.deepEqual(parseView(text, 1000), { startUs: 0, endUs: 1000 }, text);
  assert.equal(viewText({ startUs: 10.4, endUs: 90.2 }, 1000), '10-91');
  assert.equal(viewText({ startUs: -5, endUs: 2000 }, 1000), '');
  assert.deepEqual(parseView('', 0), { startUs: 0, endUs: 1 });
});

test('a bar is cut at the edges of the view', () => {
  const view = { startUs: 100, endUs: 200 };
  assert.deepEqual(placeIn(view, 150, 175), { left: 50, width: 25 });
  assert.deepEqual(placeIn(view, 0, 1000), { left: 0, width: 100 });
  assert.equal(placeIn(view, 300, 400), undefined);
  assert.deepEqual(ticksOf({ startUs: 0, endUs: 1000 }, 4), [0, 500, 1000]);
  assert.ok(ticksOf({ startUs: 0, endUs: 1 }, 4).length <= 12);
});
