/**
 * Two traces set against one another. Spans match by their path: services and
 * operations from the root down. What differs is told in time of its own, since
 * a parent's duration repeats what its children took.
 */
import type { SpanNode, TraceTree } from '#dashboards/console/core/trace/tree.ts';

export interface PathSide {
  readonly count: number;
  readonly failed: number;
  /** Of all spans on this path together, microseconds. */
  readonly totalUs: number;
  readonly selfUs: number;
  /** Of the first of them. */
  readonly spanId: string;
}

export interface PathRow {
  readonly key: string;
  readonly service: string;
  readonly operation: string;
  readonly depth: number;
  /** Services and operations above it, from the root. */
  readonly above: readonly string[];
  /** Undefined where the trace has nothing on this path. */
  readonly left: PathSide | undefined;
  readonly right: PathSide | undefined;
  /** Right less left, microseconds. */
  readonly selfDeltaUs: number;
  readonly totalDeltaUs: number;
}

export interface Comparison {
  /** Largest difference first. */
  readonly rows: readonly PathRow[];
  readonly matched: number;
  readonly onlyLeft: number;
  readonly onlyRight: number;
}

interface Path {
  readonly id: number;
  readonly parent: Path | undefined;
  readonly service: string;
  readonly operation: string;
  readonly depth: number;
}

type Side = { -readonly [K in keyof PathSide]: PathSide[K] };

/** Names above a path that are told; those in between are left out. */
const ABOVE_MAX = 4;

export function compareTraces(left: Pick<TraceTree, 'nodes'>, right: Pick<TraceTree, 'nodes'>): Comparison {
  const paths = new Paths();
  const lefts = sidesOf(left.nodes, paths);
  const rights = sidesOf(right.nodes, paths);
  const rows = paths.all.map((path) => rowOf(path, lefts.get(path.id), rights.get(path.id)));
  return {
    rows: rows.toSorted(
      (a, b) =>
        Math.abs(b.selfDeltaUs) - Math.abs(a.selfDeltaUs) ||
        Math.abs(b.totalDeltaUs) - Math.abs(a.totalDeltaUs) ||
        Number(a.key) - Number(b.key),
    ),
    matched: rows.filter((row) => row.left !== undefined && row.right !== undefined).length,
    onlyLeft: rows.filter((row) => row.right === undefined).length,
    onlyRight: rows.filter((row) => row.left === undefined).length,
  };
}

/** Each path once, named by a number: texts of deep paths would grow with the square of the depth. */
class Paths {
  readonly #known = new Map<string, Path>();
  readonly all: Path[] = [];

  below(parent: Path | undefined, { service, operation }: SpanNode): Path {
    const key = `${parent?.id ?? ''}\n${service}\n${operation}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const depth = parent === undefined ? 0 : parent.depth + 1;
    const path = { id: this.all.length, parent, service, operation, depth };
    this.#known.set(key, path);
    this.all.push(path);
    return path;
  }
}

function sidesOf(nodes: readonly SpanNode[], paths: Paths): ReadonlyMap<number, PathSide> {
  const pathOfRow: Path[] = [];
  const sides = new Map<number, Side>();
  // A parent stands before its children: its path is known when theirs is asked for.
  for (const node of nodes) {
    const path = paths.below(pathOfRow[node.parent], node);
    pathOfRow.push(path);
    const side = sides.get(path.id) ?? { count: 0, failed: 0, totalUs: 0, selfUs: 0, spanId: node.id };
    side.count += 1;
    if (node.failed) side.failed += 1;
    side.totalUs += node.durationUs;
    side.selfUs += node.selfUs;
    sides.set(path.id, side);
  }
  return sides;
}

function rowOf(path: Path, left: PathSide | undefined, right: PathSide | undefined): PathRow {
  const above: string[] = [];
  for (let up = path.parent; up !== undefined && above.length < ABOVE_MAX; up = up.parent)
    above.unshift(`${up.service} ${up.operation}`);
  return {
    key: String(path.id),
    service: path.service,
    operation: path.operation,
    depth: path.depth,
    above,
    left,
    right,
    selfDeltaUs: (right?.selfUs ?? 0) - (left?.selfUs ?? 0),
    totalDeltaUs: (right?.totalUs ?? 0) - (left?.totalUs ?? 0),
  };
}

/** Which rows are looked at. */
export const COMPARE_FILTERS = ['all', 'both', 'left', 'right'] as const;
export type CompareFilter = (typeof COMPARE_FILTERS)[number];

export function filteredRows({ rows }: Comparison, filter: CompareFilter): readonly PathRow[] {
  switch (filter) {
    case 'all':
      return rows;
    case 'both':
      return rows.filter(({ left, right }) => left !== undefined && right !== undefined);
    case 'left':
      return rows.filter(({ right }) => right === undefined);
    case 'right':
      return rows.filter(({ left }) => left === undefined);
    default:
      return filter satisfies never;
  }
}
