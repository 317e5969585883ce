/** Traces of an SLO on two sides: those with a bad event of it, and those without. */
import type { ComparableTrace } from '#dashboards/console/core/differences.ts';

interface Tag {
  readonly key: string;
  readonly value: unknown;
}

/** As far as it is needed of what Jaeger's API answers. */
export interface SideTrace extends ComparableTrace {
  readonly traceID: string;
  readonly spans: readonly {
    readonly spanID: string;
    readonly processID: string;
    readonly operationName: string;
    /** Microseconds since the Unix epoch. */
    readonly startTime: number;
    /** Microseconds. */
    readonly duration: number;
    readonly references: readonly { readonly refType: string; readonly spanID: string }[];
    readonly tags: readonly Tag[];
  }[];
}

export type SideSpan = SideTrace['spans'][number];

/** What makes an event bad. */
export interface BadWhen {
  readonly service: string;
  /** Milliseconds; undefined where failing is what counts. */
  readonly longerThanMs: number | undefined;
}

export interface Sides {
  readonly bad: readonly SideTrace[];
  readonly good: readonly SideTrace[];
}

/** Sorts traces by whether the service answered badly in them; one that came twice counts once. */
export function sidesOf(traces: readonly SideTrace[], when: BadWhen): Sides {
  const bad: SideTrace[] = [];
  const good: SideTrace[] = [];
  const seen = new Set<string>();
  for (const trace of traces) {
    if (seen.has(trace.traceID)) continue;
    seen.add(trace.traceID);
    (entriesOf(trace, when.service).some((span) => isBad(span, when)) ? bad : good).push(trace);
  }
  return { bad, good };
}

/** Work that came in to the service: what an SLO counts. */
function entriesOf({ spans, processes }: SideTrace, service: string): readonly SideSpan[] {
  return spans.filter(({ processID, tags }) => {
    const kind = tagOf(tags, 'span.kind');
    return processes[processID]?.serviceName === service && (kind === 'server' || kind === 'consumer');
  });
}

function isBad(span: SideSpan, { longerThanMs }: BadWhen): boolean {
  return longerThanMs === undefined ? hasFailed(span) : span.duration > longerThanMs * 1000;
}

export function hasFailed({ tags }: SideSpan): boolean {
  return String(tagOf(tags, 'error')) === 'true' || tagOf(tags, 'otel.status_code') === 'ERROR';
}

function tagOf(tags: readonly Tag[], key: string): unknown {
  return tags.find((tag) => tag.key === key)?.value;
}

/** A row of the list of examples. */
export interface Example {
  readonly traceId: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly root: string;
  /** Where to look: the deepest failing span, or the one that took longest by itself. */
  readonly spanId: string;
  readonly spanService: string;
  readonly spanName: string;
}

/** Newest first. */
export function examplesOf(traces: readonly SideTrace[], slow: boolean, most: number): readonly Example[] {
  return traces
    .flatMap((trace) => exampleOf(trace, slow) ?? [])
    .toSorted((a, b) => b.startMs - a.startMs)
    .slice(0, most);
}

function exampleOf(trace: SideTrace, slow: boolean): Example | undefined {
  const byId = new Map(trace.spans.map((span) => [span.spanID, span]));
  const root = trace.spans.find((span) => !byId.has(parentOf(span) ?? '')) ?? trace.spans[0];
  const cause = slow ? slowestOf(trace.spans) : deepestFailure(trace.spans, byId);
  if (root === undefined || cause === undefined) return undefined;
  const serviceOf = (span: SideSpan): string => trace.processes[span.processID]?.serviceName ?? '';
  return {
    traceId: trace.traceID,
    startMs: root.startTime / 1000,
    durationMs: root.duration / 1000,
    root: `${serviceOf(root)} ${root.operationName}`,
    spanId: cause.spanID,
    spanService: serviceOf(cause),
    spanName: cause.operationName,
  };
}

function parentOf({ references }: SideSpan): string | undefined {
  return references.find(({ refType }) => refType === 'CHILD_OF')?.spanID;
}

/** The failing span with the most callers above it; the earlier of two. */
function deepestFailure(
  spans: readonly SideSpan[],
  byId: ReadonlyMap<string, SideSpan>,
): SideSpan | undefined {
  const failed = spans
    .filter(hasFailed)
    .map((span) => ({ span, depth: depthOf(span, byId) }))
    .toSorted((a, b) => b.depth - a.depth || a.span.startTime - b.span.startTime);
  return failed[0]?.span ?? spans[0];
}

function depthOf(span: SideSpan, byId: ReadonlyMap<string, SideSpan>): number {
  const seen = new Set<string>();
  let at: SideSpan | undefined = span;
  // Parents may form a ring in what strangers send.
  while (at !== undefined && !seen.has(at.spanID)) {
    seen.add(at.spanID);
    at = byId.get(parentOf(at) ?? '');
  }
  return seen.size;
}

/** By its own time: what its children took is theirs. */
function slowestOf(spans: readonly SideSpan[]): SideSpan | undefined {
  const children = new Map<string, number>();
  for (const span of spans) {
    const parent = parentOf(span);
    if (parent !== undefined) children.set(parent, (children.get(parent) ?? 0) + span.duration);
  }
  const own = (span: SideSpan): number => span.duration - (children.get(span.spanID) ?? 0);
  return spans.toSorted((a, b) => own(b) - own(a))[0];
}
