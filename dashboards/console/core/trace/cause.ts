/**
 * Which failed span of a trace is the first cause, and in words why a span is
 * the failing one. A failure travels up from callee to caller, so the cause is
 * the deepest of a chain of failed spans.
 */
import { formatNumber, formatShare } from '#dashboards/console/core/numbers.ts';
import { peerOf, tagText, type Span, type Tag } from '#dashboards/console/core/trace/answer.ts';
import type { CriticalPath } from '#dashboards/console/core/trace/critical-path.ts';
import { operationRows } from '#dashboards/console/core/trace/operations.ts';
import { childrenOf, type SpanNode, type TraceTree } from '#dashboards/console/core/trace/tree.ts';

/**
 * Row of the first cause; undefined when nothing failed. Failures that reached
 * the least depth count before those that somebody above got over; of a chain
 * the deepest, of equals the earliest.
 *
 * @param among which spans may be it; a chain is the same whoever is looked for
 */
export function firstCause(
  { nodes }: Pick<TraceTree, 'nodes'>,
  among: (node: SpanNode) => boolean = () => true,
): number | undefined {
  /** Row of the topmost failed span that each failed span led to. */
  const tops = new Map<number, number>();
  let best: Candidate | undefined;
  for (const node of nodes) {
    if (!node.failed) continue;
    const top = tops.get(node.parent) ?? node.index;
    tops.set(node.index, top);
    if (!among(node)) continue;
    const candidate = { topDepth: nodes[top]?.depth ?? 0, node };
    if (best === undefined || isBetter(candidate, best)) best = candidate;
  }
  return best?.node.index;
}

interface Candidate {
  readonly topDepth: number;
  readonly node: SpanNode;
}

function isBetter(a: Candidate, b: Candidate): boolean {
  return a.topDepth === b.topDepth ? comesBefore(a.node, b.node) : a.topDepth < b.topDepth;
}

function comesBefore(a: SpanNode, b: SpanNode): boolean {
  return a.depth === b.depth ? a.startUs < b.startUs : a.depth > b.depth;
}

/** The next failed row after `from`, around the end; undefined when nothing failed. */
export function nextFailed(
  { nodes }: Pick<TraceTree, 'nodes'>,
  from: number,
  step: 1 | -1 = 1,
): number | undefined {
  for (let distance = 1; distance <= nodes.length; distance += 1) {
    const row = (((from + step * distance) % nodes.length) + nodes.length) % nodes.length;
    if (nodes[row]?.failed === true) return row;
  }
  return undefined;
}

export interface FailureReason {
  /** What it says of itself: status, exception, message. Text of telemetry. */
  readonly says: string;
  /** What its place in the trace tells. */
  readonly place: string;
  /** Row of the failed span below, if the cause is farther down. */
  readonly below: number | undefined;
}

/** Undefined for a span that did not fail. */
export function whyFailed({ nodes }: Pick<TraceTree, 'nodes'>, node: SpanNode): FailureReason | undefined {
  if (!node.failed) return undefined;
  const below = deepestBelow(nodes, node);
  const says = saysOf(node.span);
  if (below !== undefined) {
    const cause = nodes[below];
    const where = cause?.service === node.service ? 'in the same service' : `in ${cause?.service ?? ''}`;
    return { says, below, place: `It passes on a failure from below it, ${where}.` };
  }
  return { says, below: undefined, place: placeOf(nodes, node) };
}

function placeOf(nodes: readonly SpanNode[], node: SpanNode): string {
  const peer = peerOf(node.span);
  if (node.kind === 'client' && node.childCount === 0 && peer !== '')
    return `${peer} recorded nothing of this call: it was not reached, or its telemetry has not come.`;
  const above = nodes[node.parent];
  if (node.childCount > 0) return 'Nothing below it failed: this is where the failure began.';
  if (above?.failed === true) return 'Nothing is below it: this is where the failure began.';
  return above === undefined
    ? 'It is the only failed span of its chain.'
    : 'Its caller got over it and did not fail.';
}

/** Only through failed spans: what somebody in between got over is not the cause. */
function deepestBelow(nodes: readonly SpanNode[], node: SpanNode): number | undefined {
  let deepest: SpanNode | undefined;
  const stack = [node];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    for (const child of childrenOf(nodes, at)) {
      if (!child.failed) continue;
      stack.push(child);
      if (deepest === undefined || comesBefore(child, deepest)) deepest = child;
    }
  }
  return deepest?.index;
}

/** Status, exception and message of a failed span, as far as it tells them. */
export function saysOf({ tags, logs }: Span): string {
  const status = tagText(tags, 'http.response.status_code') || tagText(tags, 'http.status_code');
  const grpc = tagText(tags, 'rpc.grpc.status_code');
  const exception = logs.findLast(({ fields }) => tagText(fields, 'exception.message') !== '');
  const told = [
    status === '' ? '' : `HTTP ${status}`,
    grpc === '' || grpc === '0' ? '' : `gRPC status ${grpc}`,
    exceptionText(exception?.fields ?? []),
    tagText(tags, 'otel.status_description'),
    tagText(tags, 'error.type'),
  ].filter((part) => part !== '');
  return told
    .filter((part, index) => !told.slice(0, index).some((other) => other.includes(part)))
    .join(' · ');
}

function exceptionText(fields: readonly Tag[]): string {
  const type = tagText(fields, 'exception.type');
  const message = tagText(fields, 'exception.message');
  if (message === '') return type;
  return type === '' || type === 'Error' ? message : `${type}: ${message}`;
}

/** The state of a trace in one sentence, for the head of its page: what failed first, or what took longest. */
export function traceSentence(tree: TraceTree, cause: number | undefined, path: CriticalPath): string {
  if (tree.nodes.length === 0) return 'The trace has no spans.';
  const spans =
    tree.nodes.length === 1
      ? 'The span'
      : `${formatNumber(tree.failed)} of ${formatNumber(tree.nodes.length)} spans`;
  const node = cause === undefined ? undefined : tree.nodes[cause];
  if (node === undefined) return `No span failed${longestText(tree, path)}.`;
  const says = saysOf(node.span);
  return `${spans} failed; first cause: ${node.service} ${node.operation}${says === '' ? '' : `, ${says}`}.`;
}

/** Shares below this are not what a trace was slow by. */
const SHARE_MIN = 0.1;

function longestText({ nodes, root }: TraceTree, path: CriticalPath): string {
  const [longest] = operationRows({ nodes }, path).toSorted((a, b) => b.pathUs - a.pathUs);
  const share = (longest?.pathUs ?? 0) / Math.max(1, nodes[root]?.durationUs ?? 0);
  if (longest === undefined || nodes.length === 1 || share < SHARE_MIN) return '';
  return `; ${formatShare(Math.round(share * 100) / 100)} of the wait was ${longest.service} ${longest.operation}`;
}
