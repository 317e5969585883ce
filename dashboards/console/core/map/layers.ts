/**
 * Columns and order of a directed graph: depth by longest path with cycles cut,
 * long edges routed through every column they pass, order within a column by
 * barycentre. The same graph is always drawn the same, in whatever order it came.
 */

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** Cut first when it closes a cycle: what runs back by messages is no call depth. */
  readonly weak: boolean;
}

/** A node, or a place that a long edge passes through. */
export interface Slot {
  readonly key: string;
  /** Undefined where an edge only passes. */
  readonly node: string | undefined;
}

export interface LayeredEdge {
  readonly from: string;
  readonly to: string;
  /** Against the direction of the columns, or from a node to itself. */
  readonly back: boolean;
  /** Keys of the slots passed between its ends, one a column. */
  readonly through: readonly string[];
}

export interface Layers {
  readonly columns: readonly (readonly Slot[])[];
  readonly edges: readonly LayeredEdge[];
}

/** Sweeps in both directions; more change nothing on graphs that fit on a screen. */
const SWEEPS = 8;

export function layersOf(names: readonly string[], edges: readonly GraphEdge[]): Layers {
  const nodes = [...new Set([...names, ...edges.flatMap(({ from, to }) => [from, to])])].toSorted();
  const unique = uniqueEdges(edges);
  const forward = acyclic(nodes, unique);
  const depth = depths(nodes, forward);
  const columns: Slot[][] = [];
  for (const node of nodes) place(columns, depth.get(node) ?? 0, { key: node, node });
  const layered = unique.map(({ from, to }): LayeredEdge => {
    const start = depth.get(from) ?? 0;
    const end = depth.get(to) ?? 0;
    const keys: string[] = [];
    for (let column = Math.min(start, end) + 1; column < Math.max(start, end); column += 1) {
      const key = `${from}\u0000${to}\u0000${column}`;
      keys.push(key);
      place(columns, column, { key, node: undefined });
    }
    const back = end <= start;
    return { from, to, back, through: back ? keys.toReversed() : keys };
  });
  return { columns: ordered(columns, layered), edges: layered };
}

function place(columns: Slot[][], column: number, slot: Slot): void {
  while (columns.length <= column) columns.push([]);
  columns[column]?.push(slot);
}

/** Two edges between the same nodes are drawn as one; it is weak only when all are. */
function uniqueEdges(edges: readonly GraphEdge[]): readonly GraphEdge[] {
  const found = new Map<string, GraphEdge>();
  for (const edge of edges) {
    const key = `${edge.from}\u0000${edge.to}`;
    const before = found.get(key);
    found.set(key, before === undefined ? edge : { ...edge, weak: edge.weak && before.weak });
  }
  return [...found.keys()].toSorted().flatMap((key) => found.get(key) ?? []);
}

/** Edges without those that close a cycle: strong ones are taken first. */
function acyclic(
  nodes: readonly string[],
  edges: readonly GraphEdge[],
): ReadonlyMap<string, readonly string[]> {
  const strong = edges.filter(({ weak }) => !weak);
  const out = new Map<string, string[]>(nodes.map((node) => [node, []]));
  const entry = entries(nodes, strong);
  const chosen = [
    ...strong.toSorted((a, b) => rank(entry, a) - rank(entry, b)),
    ...edges.filter(({ weak }) => weak),
  ];
  for (const { from, to } of chosen) {
    if (from !== to && !reaches(out, to, from)) out.get(from)?.push(to);
  }
  return out;
}

function rank(order: ReadonlyMap<string, number>, { from }: GraphEdge): number {
  return order.get(from) ?? 0;
}

/** Distance from where calls come in: an edge nearer to it is kept when a cycle has to be cut. */
function entries(nodes: readonly string[], edges: readonly GraphEdge[]): ReadonlyMap<string, number> {
  const called = new Set(edges.filter(({ from, to }) => from !== to).map(({ to }) => to));
  const distance = new Map<string, number>();
  const roots = nodes.filter((node) => !called.has(node));
  const waiting = roots.length > 0 ? roots : nodes.slice(0, 1);
  for (const root of waiting) distance.set(root, 0);
  for (const node of waiting) {
    for (const { from, to } of edges) {
      if (from !== node || distance.has(to)) continue;
      distance.set(to, (distance.get(node) ?? 0) + 1);
      waiting.push(to);
    }
  }
  return distance;
}

function reaches(out: ReadonlyMap<string, readonly string[]>, start: string, goal: string): boolean {
  const seen = new Set([start]);
  const waiting = [start];
  for (const node of waiting) {
    if (node === goal) return true;
    for (const next of out.get(node) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      waiting.push(next);
    }
  }
  return false;
}

/** Longest path from a node that nobody calls, by taking nodes whose callers are all placed. */
function depths(
  nodes: readonly string[],
  out: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, number> {
  const callers = new Map<string, number>();
  for (const targets of out.values()) for (const to of targets) callers.set(to, (callers.get(to) ?? 0) + 1);
  const depth = new Map<string, number>(nodes.map((node) => [node, 0]));
  const waiting = nodes.filter((node) => !callers.has(node));
  for (const node of waiting) {
    for (const to of out.get(node) ?? []) {
      depth.set(to, Math.max(depth.get(to) ?? 0, (depth.get(node) ?? 0) + 1));
      const left = (callers.get(to) ?? 1) - 1;
      callers.set(to, left);
      if (left === 0) waiting.push(to);
    }
  }
  return depth;
}

function ordered(columns: readonly Slot[][], edges: readonly LayeredEdge[]): readonly (readonly Slot[])[] {
  const neighbours = { before: new Map<string, string[]>(), after: new Map<string, string[]>() };
  for (const { from, to, back, through } of edges) {
    const along = [from, ...through, to];
    const chain = back ? along.toReversed() : along;
    chain.forEach((key, index) => {
      const next = chain[index + 1];
      if (next === undefined) return;
      push(neighbours.after, key, next);
      push(neighbours.before, next, key);
    });
  }
  let result = columns.map((column) => column.toSorted((a, b) => (a.key < b.key ? -1 : 1)));
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const down = sweep % 2 === 0;
    result = sweepOnce(result, down ? neighbours.before : neighbours.after, down);
  }
  return result;
}

function sweepOnce(
  columns: readonly Slot[][],
  near: ReadonlyMap<string, readonly string[]>,
  down: boolean,
): Slot[][] {
  const result = columns.map((column) => [...column]);
  const indexes = columns.map((_, index) => index);
  for (const index of down ? indexes.slice(1) : indexes.toReversed().slice(1)) {
    const fixed = result[down ? index - 1 : index + 1] ?? [];
    const at = new Map(fixed.map(({ key }, row) => [key, (row + 0.5) / fixed.length]));
    const column = result[index] ?? [];
    const weights = new Map(
      column.map(({ key }, row) => [key, barycentre(near.get(key) ?? [], at) ?? (row + 0.5) / column.length]),
    );
    result[index] = column.toSorted(
      (a, b) => (weights.get(a.key) ?? 0) - (weights.get(b.key) ?? 0) || (a.key < b.key ? -1 : 1),
    );
  }
  return result;
}

function barycentre(keys: readonly string[], at: ReadonlyMap<string, number>): number | undefined {
  const places = keys.flatMap((key) => at.get(key) ?? []);
  if (places.length === 0) return undefined;
  return places.reduce((sum, place) => sum + place, 0) / places.length;
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
