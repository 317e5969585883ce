/**
 * The critical path: what the caller of the trace waited for at every moment of
 * it. Walked from the end to the start: at each point the last child that had
 * finished by then is what its parent was waiting for (CRISP, Zhang et al., 2022).
 */
import { childrenOf, type SpanNode, type TraceTree } from '#dashboards/console/core/trace/tree.ts';

export interface Segment {
  /** Microseconds since the start of the trace. */
  readonly startUs: number;
  readonly endUs: number;
}

export interface CriticalPath {
  /** By row: the span lies on the path, itself or through what is below it. */
  readonly onPath: ReadonlySet<number>;
  /** By row: when the span itself was what was waited for, last first. */
  readonly segments: ReadonlyMap<number, readonly Segment[]>;
}

/** Clocks are read a little before or after what they time: so small an overlap is still one after the other. */
const OVERLAP_US_MAX = 1000;

interface Visit {
  readonly node: SpanNode;
  /** By end, last first. */
  readonly children: readonly SpanNode[];
  nextChild: number;
  /** The share of the path from here to `untilUs` is still to be given: to the span or to children. */
  readonly fromUs: number;
  untilUs: number;
}

/** Segments together take exactly as long as the root of the trace. */
export function criticalPath({ nodes, root: rootIndex }: Pick<TraceTree, 'nodes' | 'root'>): CriticalPath {
  const onPath = new Set<number>();
  const segments = new Map<number, Segment[]>();
  const give = (row: number, startUs: number, endUs: number): void => {
    if (endUs <= startUs) return;
    const mine = segments.get(row);
    if (mine === undefined) segments.set(row, [{ startUs, endUs }]);
    else mine.push({ startUs, endUs });
  };
  const root = nodes[rootIndex];
  const stack: Visit[] = [];
  const enter = (node: SpanNode, fromUs: number, untilUs: number): void => {
    onPath.add(node.index);
    stack.push({ node, children: byEnd(nodes, node), nextChild: 0, fromUs, untilUs });
  };
  if (root !== undefined) enter(root, root.startUs, endOf(root));
  for (let at = stack.at(-1); at !== undefined; at = stack.at(-1)) {
    const child = nextWaitedFor(at);
    if (child === undefined) {
      give(at.node.index, at.fromUs, at.untilUs);
      stack.pop();
      continue;
    }
    const fromUs = Math.max(child.startUs, at.fromUs);
    const untilUs = Math.min(endOf(child), at.untilUs);
    give(at.node.index, untilUs, at.untilUs);
    at.untilUs = fromUs;
    enter(child, fromUs, untilUs);
  }
  return { onPath, segments };
}

function byEnd(nodes: readonly SpanNode[], node: SpanNode): readonly SpanNode[] {
  return [...childrenOf(nodes, node)].toSorted((a, b) => endOf(b) - endOf(a) || b.startUs - a.startUs);
}

/** What goes on longer than its parent looked at it was not waited for. */
function nextWaitedFor(at: Visit): SpanNode | undefined {
  while (at.nextChild < at.children.length) {
    const child = at.children[at.nextChild];
    at.nextChild += 1;
    if (child === undefined) continue;
    const sharedUs = Math.min(endOf(child), at.untilUs) - Math.max(child.startUs, at.fromUs);
    if (sharedUs <= 0) continue;
    const overlapUs = endOf(child) - at.untilUs;
    if (overlapUs <= Math.min(OVERLAP_US_MAX, child.durationUs / 2)) return child;
    // A call lasts as long as what it calls, or gave up on it: either way it waited.
    if (at.node.kind === 'client' && child.kind === 'server') return child;
  }
  return undefined;
}

function endOf({ startUs, durationUs }: SpanNode): number {
  return startUs + durationUs;
}
