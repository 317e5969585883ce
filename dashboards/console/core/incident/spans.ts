/**
 * Which span of a failing trace to look at first: the one in the suspected
 * service, or the call to it when the service itself recorded nothing.
 */
import { hasFailed, peerOf, type Trace } from '#dashboards/console/core/trace/answer.ts';
import { firstCause, saysOf } from '#dashboards/console/core/trace/cause.ts';
import { buildTree, type SpanNode, type TraceTree } from '#dashboards/console/core/trace/tree.ts';

/**
 * From the surest sign to the weakest:
 * - `failed-in`: a span of the suspect failed;
 * - `failed-call`: a call to the suspect failed, the suspect recorded nothing of it;
 * - `failed`: something else failed;
 * - `slow-in`, `slow-call`, `slow`: nothing failed, this took the longest by itself.
 */
export type Culprit = 'failed-in' | 'failed-call' | 'failed' | 'slow-in' | 'slow-call' | 'slow';

const RANKS: readonly Culprit[] = ['failed-in', 'failed-call', 'slow-in', 'slow-call', 'failed', 'slow'];

export interface CulpritSpan {
  readonly spanId: string;
  readonly service: string;
  readonly operation: string;
  readonly durationMs: number;
  readonly kind: Culprit;
  /** The service it called; '' when it called none that is known. */
  readonly peer: string;
  /** What it says of its failure; '' when it says nothing. */
  readonly says: string;
}

export interface TraceSummary {
  readonly traceId: string;
  readonly rootService: string;
  readonly rootOperation: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly spans: number;
  readonly errors: number;
  readonly services: readonly string[];
  readonly culprit: CulpritSpan | undefined;
}

/** What is looked for: what failed, or where nothing did what took time; or what took time in any case. */
export type SoughtBy = 'failure' | 'time';

/** Undefined for a trace without spans. */
export function summaryOf(
  trace: Trace,
  suspect: string | undefined,
  by: SoughtBy = 'failure',
): TraceSummary | undefined {
  const tree = buildTree(trace);
  const root = tree.nodes[tree.root];
  if (root === undefined) return undefined;
  return {
    traceId: trace.traceID,
    rootService: root.service,
    rootOperation: root.operation,
    startMs: tree.startUs / 1000,
    durationMs: tree.durationUs / 1000,
    spans: trace.spans.length,
    errors: trace.spans.filter(hasFailed).length,
    services: tree.services.map(({ name }) => name).toSorted(),
    culprit: culpritOf(tree, suspect, by),
  };
}

/** The trace whose culprit is the surest, the newest of several; undefined when no trace has one. */
export function bestOf(traces: readonly TraceSummary[]): TraceSummary | undefined {
  return traces
    .filter(({ culprit }) => culprit !== undefined)
    .toSorted((a, b) => rankOf(a) - rankOf(b) || b.startMs - a.startMs)[0];
}

function rankOf({ culprit }: TraceSummary): number {
  return culprit === undefined ? RANKS.length : RANKS.indexOf(culprit.kind);
}

type Finder = (among: (node: SpanNode) => boolean) => SpanNode | undefined;

/** Where something failed its first cause, otherwise what took longest by itself. */
function culpritOf(tree: TraceTree, suspect: string | undefined, by: SoughtBy): CulpritSpan | undefined {
  const { nodes } = tree;
  const failed = by === 'failure' && tree.failed > 0;
  const find: Finder = failed
    ? (among) => nodes[firstCause(tree, among) ?? -1]
    : (among) => nodes.filter(among).toSorted((a, b) => b.selfUs - a.selfUs)[0];
  const kinds = failed ? FAILED : SLOW;
  const inSuspect = find(({ service }) => service === suspect);
  if (inSuspect !== undefined) return described(inSuspect, kinds.inSuspect);
  const call = find(({ span }) => suspect !== undefined && peerOf(span) === suspect);
  if (call !== undefined) return described(call, kinds.call);
  return described(
    find(() => true),
    kinds.other,
  );
}

const FAILED = { inSuspect: 'failed-in', call: 'failed-call', other: 'failed' } as const;
const SLOW = { inSuspect: 'slow-in', call: 'slow-call', other: 'slow' } as const;

function described(node: SpanNode | undefined, kind: Culprit): CulpritSpan | undefined {
  if (node === undefined) return undefined;
  const { id, service, operation, durationUs, span } = node;
  return {
    spanId: id,
    service,
    operation,
    durationMs: durationUs / 1000,
    kind,
    peer: peerOf(span),
    says: saysOf(span),
  };
}

/** A trace to compare a failing one with: nothing failed in it, and it took as long as they usually do. */
export function healthyOf(traces: readonly TraceSummary[]): TraceSummary | undefined {
  const healthy = traces.filter(({ errors }) => errors === 0).toSorted((a, b) => a.durationMs - b.durationMs);
  return healthy[Math.floor(healthy.length / 2)];
}
