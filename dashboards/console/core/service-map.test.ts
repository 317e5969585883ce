import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layersOf, type GraphEdge } from '#dashboards/console/core/map/layers.ts';
import { serviceMap } from '#dashboards/console/core/service-map.ts';
import { hashName } from '#dashboards/console/core/series-color.ts';

const strong = (from: string, to: string): GraphEdge => ({ from, to, weak: false });
const weak = (from: string, to: string): GraphEdge => ({ from, to, weak: true });

const FREIGHT = [
  strong('gateway', 'quotes'),
  strong('gateway', 'shipments'),
  strong('gateway', 'tracking'),
  strong('shipments', 'quotes'),
  strong('shipments', 'dispatch'),
  strong('shipments', 'broker'),
  strong('dispatch', 'carriers'),
  strong('carriers', 'tracking'),
  strong('tracking', 'broker'),
  strong('billing', 'shipments'),
  weak('tracking', 'shipments'),
  weak('shipments', 'billing'),
];

function columnOf(edges: readonly GraphEdge[], name: string): number {
  return layersOf([], edges).columns.findIndex((column) => column.some(({ node }) => node === name));
}

/** Numbers from 0 to 1, the same for the same seed. */
function random(seed: number): () => number {
  let turn = 0;
  return () => {
    turn += 1;
    return hashName(`${seed}/${turn}/${turn * seed}`) / 2 ** 32;
  };
}

test('depth is the longest path, and messages that run back do not change it', () => {
  const wanted = {
    gateway: 0,
    billing: 0,
    shipments: 1,
    dispatch: 2,
    quotes: 2,
    carriers: 3,
    tracking: 4,
    broker: 5,
  };
  for (const [name, column] of Object.entries(wanted)) assert.equal(columnOf(FREIGHT, name), column, name);
  const backs = layersOf([], FREIGHT).edges.filter(({ back }) => back);
  assert.deepEqual(
    backs.map(({ from, to }) => `${from} ${to}`),
    ['shipments billing', 'tracking shipments'],
  );
});

test('cycles of calls and calls of oneself are cut', () => {
  const edges = [strong('a', 'b'), strong('b', 'c'), strong('c', 'a'), strong('b', 'b')];
  assert.deepEqual(
    ['a', 'b', 'c'].map((name) => columnOf(edges, name)),
    [0, 1, 2],
  );
});

test('the same graph has the same picture in whatever order it comes', () => {
  assert.deepEqual(serviceMap([], FREIGHT, 900), serviceMap(['broker'], FREIGHT.toReversed(), 900));
  assert.deepEqual(serviceMap([], [...FREIGHT, ...FREIGHT], 900), serviceMap([], FREIGHT, 900));
});

test('nothing overlaps, everything is inside, on any graph and width', () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const next = random(seed);
    const count = 1 + Math.floor(next() * 14);
    const names = Array.from({ length: count }, (_, index) => `s${index}`);
    const edges = Array.from({ length: Math.floor(next() * 3 * count) }, () => ({
      from: `s${Math.floor(next() * count)}`,
      to: `s${Math.floor(next() * count)}`,
      weak: next() < 0.3,
    }));
    const map = serviceMap(names, edges, 300 + next() * 1200);
    const { nodeWidth, nodeHeight } = map;
    assert.equal(map.nodes.length, count, `seed ${seed}`);
    for (const [index, a] of map.nodes.entries()) {
      assert.ok(
        a.x >= 0 && a.y >= 0 && a.x + nodeWidth <= map.width && a.y + nodeHeight <= map.height,
        `seed ${seed}`,
      );
      for (const b of map.nodes.slice(index + 1)) {
        const apart = Math.abs(a.x - b.x) >= nodeWidth || Math.abs(a.y - b.y) >= nodeHeight;
        assert.ok(apart, `seed ${seed}: ${a.name} and ${b.name}`);
      }
    }
    for (const { path } of map.edges) assert.match(path, /^M[\d.]/, `seed ${seed}`);
  }
});

test('where it is narrow it runs down', () => {
  const narrow = serviceMap([], FREIGHT, 358);
  assert.equal(narrow.direction, 'down');
  assert.ok(narrow.width <= 360);
  const y = (name: string): number => narrow.nodes.find((node) => node.name === name)?.y ?? -1;
  assert.ok(y('gateway') < y('shipments') && y('shipments') < y('dispatch'));
  // The panel of the map on a page of 1,100 pixels with a scroll bar, of 1,280, and of 1,440.
  for (const [width, isNarrow] of [
    [667, true],
    [800, true],
    [910, false],
  ] as const) {
    const map = serviceMap([], FREIGHT, width);
    assert.deepEqual([map.direction, map.narrow], ['right', isNarrow], `${width}`);
    assert.ok(map.width <= width, `${width}`);
  }
  assert.deepEqual(serviceMap([], [], 800).nodes, []);
});
