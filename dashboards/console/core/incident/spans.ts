/**
 * Which span of a failing trace to look at first: the one in the suspected
 * service, or the call to it when the service itself recorded nothing.
 */

interface Tag {
  readonly key: string;
  readonly value: unknown;
}

export interface TraceSpan {
  readonly spanID: string;
  readonly operationName: string;
  /** Microseconds since the Unix epoch. */
  readonly startTime: number;
  /** Microseconds. */
  readonly duration: number;
  readonly processID: string;
  readonly references: readonly { readonly refType: string; readonly spanID: string }[];
  readonly tags: readonly Tag[];
}

/** A trace as Jaeger's API answers. */
export interface Trace {
  readonly traceID: string;
  readonly spans: readonly TraceSpan[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
}

export interface TraceAnswer {
  readonly data: readonly Trace[] | null;
}

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

/** Undefined for a trace without spans. */
export function summaryOf(trace: Trace, suspect: string | undefined): TraceSummary | undefined {
  const root = rootOf(trace);
  if (root === undefined) return undefined;
  const startUs = trace.spans.reduce((least, { startTime }) => Math.min(least, startTime), Infinity);
  const endUs = trace.spans.reduce(
    (most, { startTime, duration }) => Math.max(most, startTime + duration),
    -Infinity,
  );
  return {
    traceId: trace.traceID,
    rootService: serviceOf(trace, root),
    rootOperation: root.operationName,
    startMs: startUs / 1000,
    durationMs: (endUs - startUs) / 1000,
    spans: trace.spans.length,
    errors: trace.spans.filter(hasFailed).length,
    services: [...new Set(trace.spans.map((span) => serviceOf(trace, span)))].toSorted(),
    culprit: culpritOf(trace, suspect),
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

export function hasFailed({ tags }: TraceSpan): boolean {
  return tags.some(
    ({ key, value }) =>
      (key === 'error' && (value === true || value === 'true')) ||
      (key === 'otel.status_code' && value === 'ERROR'),
  );
}

function serviceOf({ processes }: Trace, { processID }: TraceSpan): string {
  return (Object.hasOwn(processes, processID) ? processes[processID]?.serviceName : undefined) ?? '';
}

/** A span with no parent in the trace: the earliest of several. */
function rootOf({ spans }: Trace): TraceSpan | undefined {
  const known = new Set(spans.map(({ spanID }) => spanID));
  const roots = spans.filter((span) => !known.has(parentOf(span)));
  return (roots.length === 0 ? spans : roots).toSorted((a, b) => a.startTime - b.startTime)[0];
}

function parentOf({ references }: TraceSpan): string {
  return references.find(({ refType }) => refType === 'CHILD_OF')?.spanID ?? references[0]?.spanID ?? '';
}

function culpritOf(trace: Trace, suspect: string | undefined): CulpritSpan | undefined {
  const failed = trace.spans.filter(hasFailed);
  if (failed.length > 0) {
    const inSuspect = failed.filter((span) => serviceOf(trace, span) === suspect);
    const calls = failed.filter((span) => suspect !== undefined && peerOf(span) === suspect);
    const [kind, spans]: readonly [Culprit, readonly TraceSpan[]] =
      inSuspect.length > 0
        ? ['failed-in', inSuspect]
        : calls.length > 0
          ? ['failed-call', calls]
          : ['failed', failed];
    return described(trace, deepestOf(trace, spans), kind);
  }
  return slowestOf(trace, suspect);
}

function slowestOf(trace: Trace, suspect: string | undefined): CulpritSpan | undefined {
  const own = ownDurations(trace);
  const longest = (spans: readonly TraceSpan[]): TraceSpan | undefined =>
    spans.toSorted((a, b) => (own.get(b.spanID) ?? 0) - (own.get(a.spanID) ?? 0))[0];
  const inSuspect = longest(trace.spans.filter((span) => serviceOf(trace, span) === suspect));
  if (inSuspect !== undefined) return described(trace, inSuspect, 'slow-in');
  const call = longest(trace.spans.filter((span) => suspect !== undefined && peerOf(span) === suspect));
  if (call !== undefined) return described(trace, call, 'slow-call');
  return described(trace, longest(trace.spans), 'slow');
}

/** Microseconds a span took beside its children; calls at the same time count each. */
function ownDurations({ spans }: Trace): ReadonlyMap<string, number> {
  const own = new Map(spans.map(({ spanID, duration }) => [spanID, duration]));
  for (const span of spans) {
    const parent = parentOf(span);
    const rest = own.get(parent);
    if (rest !== undefined) own.set(parent, Math.max(0, rest - span.duration));
  }
  return own;
}

/** Farther up than any real trace is deep; ends a walk in a circle. */
const DEPTH_MAX = 1000;

/** The first cause is below all who only pass it on; the earliest of equals. */
function deepestOf({ spans: all }: Trace, spans: readonly TraceSpan[]): TraceSpan | undefined {
  const byId = new Map(all.map((span) => [span.spanID, span]));
  const depthOf = (span: TraceSpan): number => {
    let depth = 0;
    for (let up = byId.get(parentOf(span)); up !== undefined && depth < DEPTH_MAX; depth += 1)
      up = byId.get(parentOf(up));
    return depth;
  };
  return spans
    .map((span) => ({ span, depth: depthOf(span) }))
    .toSorted((a, b) => b.depth - a.depth || a.span.startTime - b.span.startTime)[0]?.span;
}

function described(trace: Trace, span: TraceSpan | undefined, kind: Culprit): CulpritSpan | undefined {
  if (span === undefined) return undefined;
  const { spanID, operationName, duration } = span;
  const service = serviceOf(trace, span);
  return {
    spanId: spanID,
    service,
    operation: operationName,
    durationMs: duration / 1000,
    kind,
    says: saysOf(span),
  };
}

function peerOf(span: TraceSpan): string {
  return tagText(span, 'service.peer.name') || tagText(span, 'peer.service');
}

function saysOf(span: TraceSpan): string {
  const status = tagText(span, 'http.response.status_code') || tagText(span, 'http.status_code');
  const told = tagText(span, 'otel.status_description') || tagText(span, 'error.type');
  const http = status === '' ? '' : `HTTP ${status}`;
  return [http, told === status ? '' : told].filter((part) => part !== '').join(', ');
}

function tagText({ tags }: TraceSpan, name: string): string {
  const value = tags.find(({ key }) => key === name)?.value;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** A trace to compare a failing one with: nothing failed in it, and it took as long as they usually do. */
export function healthyOf(traces: readonly TraceSummary[]): TraceSummary | undefined {
  const healthy = traces.filter(({ errors }) => errors === 0).toSorted((a, b) => a.durationMs - b.durationMs);
  return healthy[Math.floor(healthy.length / 2)];
}
