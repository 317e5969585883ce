/**
 * Spans of a trace as the rows of a tree. Takes what comes: spans without their
 * parent, circles, doubles, clocks that differ. No step recurses, because a trace
 * may be as deep as it has spans.
 */
import {
  hasFailed,
  parentOf,
  serviceOf,
  tagText,
  type Span,
  type Trace,
} from '#dashboards/console/core/trace/answer.ts';

/** Why a span stands at the left edge. */
export type RootReason = 'no-parent' | 'parent-missing' | 'circle';

export interface SpanNode {
  /** Its row when everything is open. */
  readonly index: number;
  readonly id: string;
  /** Row of the parent; −1 for a root. */
  readonly parent: number;
  readonly depth: number;
  /** The row after its last descendant: children start at `index + 1`, each next one at the `end` of the one before. */
  readonly end: number;
  readonly childCount: number;
  readonly service: string;
  readonly operation: string;
  /** `client`, `server` …; '' when not said. */
  readonly kind: string;
  /** Microseconds since the start of the trace. */
  readonly startUs: number;
  readonly durationUs: number;
  /** Of the duration, what no child covers. */
  readonly selfUs: number;
  readonly failed: boolean;
  /** Undefined for a span below another. */
  readonly root: RootReason | undefined;
  /** So much it starts before its parent in another process: their clocks differ by at least this. */
  readonly skewUs: number;
  readonly span: Span;
}

export interface ServiceCount {
  readonly name: string;
  readonly spans: number;
  readonly failed: number;
}

export interface TraceTree {
  readonly traceId: string;
  readonly nodes: readonly SpanNode[];
  /** Row of the span that began it: the earliest whose parent nobody misses. −1 for no spans. */
  readonly root: number;
  /** Microseconds since the Unix epoch. */
  readonly startUs: number;
  readonly durationUs: number;
  readonly failed: number;
  /** In the order in which they appear. */
  readonly services: readonly ServiceCount[];
  /** Spans that came more than once; each stands here once. */
  readonly doubles: number;
  readonly warnings: readonly string[];
}

type Draft = { -readonly [K in keyof SpanNode]: SpanNode[K] };

const NONE = -1;

export function buildTree(trace: Trace): TraceTree {
  const { spans, byId } = withoutDoubles(inOrder(trace.spans));
  const startUs = spans[0]?.startTime ?? 0;
  const order = preorder(linked(spans, byId));
  const nodes = drafts(trace, spans, order, startUs);
  measure(nodes);
  let endUs = startUs;
  let failed = 0;
  for (const span of spans) endUs = Math.max(endUs, span.startTime + span.duration);
  for (const node of nodes) if (node.failed) failed += 1;
  return {
    traceId: trace.traceID,
    nodes,
    root: rootOf(nodes),
    startUs,
    durationUs: endUs - startUs,
    failed,
    services: countServices(nodes),
    doubles: trace.spans.length - spans.length,
    warnings: trace.warnings ?? [],
  };
}

/** By start; of equals those that took less first: clocks of a millisecond make neighbours equal. */
function inOrder(spans: readonly Span[]): readonly Span[] {
  const compare = (a: Span, b: Span): number => a.startTime - b.startTime || a.duration - b.duration;
  const isInOrder = spans.every((span, index) => {
    const before = spans[index - 1];
    return before === undefined || compare(before, span) <= 0;
  });
  return isInOrder ? spans : spans.toSorted(compare);
}

interface Distinct {
  readonly spans: readonly Span[];
  /** Position of the first span with an id. */
  readonly byId: ReadonlyMap<string, number>;
}

/** The same span sent twice is one; two spans with one id stay two. */
function withoutDoubles(all: readonly Span[]): Distinct {
  const byId = new Map<string, number>();
  const spans: Span[] = [];
  for (const span of all) {
    const known = byId.get(span.spanID);
    if (known === undefined) byId.set(span.spanID, spans.length);
    else if (isSame(span, spans[known])) continue;
    spans.push(span);
  }
  return { spans, byId };
}

function isSame(span: Span, other: Span | undefined): boolean {
  return (
    other !== undefined &&
    other.startTime === span.startTime &&
    other.duration === span.duration &&
    other.processID === span.processID &&
    other.operationName === span.operationName
  );
}

/** Positions of spans, chained: a parent knows its first child, a child its next sibling. */
interface Links {
  readonly parent: Int32Array;
  readonly firstChild: Int32Array;
  readonly next: Int32Array;
  readonly reasons: (RootReason | undefined)[];
}

function linked(spans: readonly Span[], byId: ReadonlyMap<string, number>): Links {
  const parent = new Int32Array(spans.length).fill(NONE);
  const reasons: (RootReason | undefined)[] = [];
  for (const [position, span] of spans.entries()) {
    const id = parentOf(span);
    const found = id === undefined ? undefined : byId.get(id);
    parent[position] = found ?? NONE;
    reasons.push(found !== undefined ? undefined : id === undefined ? 'no-parent' : 'parent-missing');
  }
  openCircles(parent, reasons);
  const firstChild = new Int32Array(spans.length).fill(NONE);
  const next = new Int32Array(spans.length).fill(NONE);
  // From the last to the first, so that each chain comes out by start.
  for (let position = spans.length - 1; position >= 0; position -= 1) {
    const up = parent[position] ?? NONE;
    if (up === NONE) continue;
    next[position] = firstChild[up] ?? NONE;
    firstChild[up] = position;
  }
  return { parent, firstChild, next, reasons };
}

/** Cuts each circle of parents above its earliest span. */
function openCircles(parent: Int32Array, reasons: (RootReason | undefined)[]): void {
  /** 0: not seen, otherwise the walk that came by. */
  const seen = new Int32Array(parent.length);
  for (let start = 0; start < parent.length; start += 1) {
    let at = start;
    while (at !== NONE && seen[at] === 0) {
      seen[at] = start + 1;
      at = parent[at] ?? NONE;
    }
    if (at === NONE || seen[at] !== start + 1) continue;
    let earliest = at;
    for (let one = parent[at] ?? NONE; one !== at; one = parent[one] ?? NONE)
      earliest = Math.min(earliest, one);
    parent[earliest] = NONE;
    reasons[earliest] = 'circle';
  }
}

interface Order {
  readonly positions: Int32Array;
  readonly rowOf: Int32Array;
  readonly links: Links;
}

/** Parents before children, siblings by start. */
function preorder(links: Links): Order {
  const { parent, firstChild, next } = links;
  const positions = new Int32Array(parent.length);
  const rowOf = new Int32Array(parent.length);
  let row = 0;
  for (let root = 0; root < parent.length; root += 1) {
    if (parent[root] !== NONE) continue;
    let at = root;
    while (at !== NONE) {
      positions[row] = at;
      rowOf[at] = row;
      row += 1;
      const child = firstChild[at] ?? NONE;
      at = child === NONE ? after(at, root, parent, next) : child;
    }
  }
  return { positions, rowOf, links };
}

/** The next sibling, or that of the nearest ancestor that has one. */
function after(from: number, root: number, parent: Int32Array, next: Int32Array): number {
  for (let at = from; at !== root && at !== NONE; at = parent[at] ?? NONE) {
    const sibling = next[at] ?? NONE;
    if (sibling !== NONE) return sibling;
  }
  return NONE;
}

function drafts(trace: Trace, spans: readonly Span[], order: Order, originUs: number): Draft[] {
  const { positions, rowOf, links } = order;
  const nodes: Draft[] = [];
  for (const position of positions) {
    const span = spans[position];
    if (span === undefined) continue;
    const up = links.parent[position] ?? NONE;
    const parent = up === NONE ? NONE : (rowOf[up] ?? NONE);
    // Asking an array for −1 makes all of its reads slow.
    const above = parent === NONE ? undefined : nodes[parent];
    const startUs = span.startTime - originUs;
    nodes.push({
      index: nodes.length,
      id: span.spanID,
      parent,
      depth: above === undefined ? 0 : above.depth + 1,
      end: nodes.length + 1,
      childCount: 0,
      service: serviceOf(trace, span),
      operation: span.operationName,
      kind: tagText(span.tags, 'span.kind'),
      startUs,
      durationUs: span.duration,
      selfUs: span.duration,
      failed: hasFailed(span),
      root: links.reasons[position],
      skewUs:
        above === undefined || above.span.processID === span.processID
          ? 0
          : Math.max(0, above.startUs - startUs),
      span,
    });
  }
  return nodes;
}

/** Ends of subtrees, counts of children, and time of their own. */
function measure(nodes: Draft[]): void {
  for (let row = nodes.length - 1; row >= 0; row -= 1) {
    const node = nodes[row];
    if (node === undefined || node.parent === NONE) continue;
    const above = nodes[node.parent];
    if (above === undefined) continue;
    above.end = Math.max(above.end, node.end);
    above.childCount += 1;
  }
  for (const node of nodes) if (node.childCount > 0) node.selfUs = ownTime(nodes, node);
}

/** Children come by start: one pass joins those that overlap. */
function ownTime(nodes: readonly SpanNode[], node: SpanNode): number {
  const endUs = node.startUs + node.durationUs;
  let coveredUntil = node.startUs;
  let covered = 0;
  // Not by the generator: this runs for every span of the trace.
  for (let row = node.index + 1; row < node.end;) {
    const child = nodes[row];
    if (child === undefined) break;
    row = child.end;
    const from = Math.max(child.startUs, coveredUntil);
    const to = Math.min(child.startUs + child.durationUs, endUs);
    if (to <= from) continue;
    covered += to - from;
    coveredUntil = to;
  }
  return node.durationUs - covered;
}

/** By start. */
export function* childrenOf(nodes: readonly SpanNode[], node: SpanNode): Generator<SpanNode> {
  for (let row = node.index + 1; row < node.end;) {
    const child = nodes[row];
    if (child === undefined) return;
    yield child;
    row = child.end;
  }
}

function rootOf(nodes: readonly SpanNode[]): number {
  const roots = nodes.filter(({ root }) => root !== undefined);
  return (roots.find(({ root }) => root === 'no-parent') ?? roots[0])?.index ?? NONE;
}

function countServices(nodes: readonly SpanNode[]): readonly ServiceCount[] {
  const counts = new Map<string, { spans: number; failed: number }>();
  for (const { service, failed } of nodes) {
    const count = counts.get(service) ?? { spans: 0, failed: 0 };
    count.spans += 1;
    if (failed) count.failed += 1;
    counts.set(service, count);
  }
  return [...counts].map(([name, count]) => ({ name, ...count }));
}
