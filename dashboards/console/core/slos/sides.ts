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

function hasFailed({ tags }: SideSpan): boolean {
  return String(tagOf(tags, 'error')) === 'true' || tagOf(tags, 'otel.status_code') === 'ERROR';
}

function tagOf(tags: readonly Tag[], key: string): unknown {
  return tags.find((tag) => tag.key === key)?.value;
}
