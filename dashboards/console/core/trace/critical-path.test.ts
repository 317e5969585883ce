import assert from 'node:assert/strict';
import { test } from 'node:test';
import { criticalPath } from '#dashboards/console/core/trace/critical-path.ts';
import { buildTree } from '#dashboards/console/core/trace/tree.ts';
import { traceOf, type SpanWords } from '#test/support/console-traces.ts';

/** `id from–to`, by start. */
function pathOf(words: readonly SpanWords[]): readonly string[] {
  const tree = buildTree(traceOf(words));
  return [...criticalPath(tree).segments]
    .flatMap(([row, segments]) => segments.map((segment) => ({ ...segment, id: tree.nodes[row]?.id ?? '' })))
    .toSorted((a, b) => a.startUs - b.startUs)
    .map(({ id, startUs, endUs }) => `${id} ${startUs}–${endUs}`);
}

const root = { id: 'root', takes: 10_000 };

test('calls one after the other are all waited for', () => {
  assert.deepEqual(
    pathOf([
      root,
      { id: 'a', parent: 'root', at: 1000, takes: 3000 },
      { id: 'b', parent: 'root', at: 5000, takes: 4000 },
    ]),
    ['root 0–1000', 'a 1000–4000', 'root 4000–5000', 'b 5000–9000', 'root 9000–10000'],
  );
});

test('of calls at the same time the last to end is waited for', () => {
  assert.deepEqual(
    pathOf([
      root,
      { id: 'quick', parent: 'root', at: 0, takes: 4000 },
      { id: 'slow', parent: 'root', at: 0, takes: 9000 },
    ]),
    ['slow 0–9000', 'root 9000–10000'],
  );
});

test('what goes on after its parent ended was not waited for', () => {
  assert.deepEqual(pathOf([root, { id: 'later', parent: 'root', at: 4000, takes: 90_000 }]), [
    'root 0–10000',
  ]);
});

test('a call that gave up was waited for, although what it called goes on', () => {
  const words: readonly SpanWords[] = [
    root,
    { id: 'call', parent: 'root', kind: 'client', at: 1000, takes: 8000 },
    { id: 'served', parent: 'call', kind: 'server', service: 'dispatch', at: 2000, takes: 30_000 },
  ];
  assert.deepEqual(pathOf(words), ['root 0–1000', 'call 1000–2000', 'served 2000–9000', 'root 9000–10000']);
});

test('clocks a little apart do not break a chain', () => {
  assert.deepEqual(
    pathOf([
      root,
      { id: 'a', parent: 'root', at: 0, takes: 5100 },
      { id: 'b', parent: 'root', at: 5000, takes: 5000 },
    ]),
    ['a 0–5000', 'b 5000–10000'],
  );
});

test('a child that began before its parent takes nothing from before it', () => {
  assert.deepEqual(
    pathOf([
      { ...root, at: 500 },
      { id: 'early', parent: 'root', service: 'quotes', at: 0, takes: 2500 },
    ]),
    ['early 500–2500', 'root 2500–10500'],
  );
});
