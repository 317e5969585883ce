/** Traces that tell the same, as one row: the same request that ended the same way at the same place. */
import type { CulpritSpan, TraceSummary } from '#dashboards/console/core/incident/spans.ts';

export interface AlikeTraces<T> {
  readonly key: string;
  readonly newest: T;
  /** Newest first. */
  readonly others: readonly T[];
  /** Milliseconds. */
  readonly shortestMs: number;
  readonly longestMs: number;
}

interface Timed {
  readonly startMs: number;
  readonly durationMs: number;
}

/** The group with the newest trace first. */
export function alikeBy<T extends Timed>(
  traces: readonly T[],
  keyOf: (trace: T) => string,
): readonly AlikeTraces<T>[] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const trace of traces.toSorted((a, b) => b.startMs - a.startMs)) {
    const group = groups.get(keyOf(trace));
    if (group === undefined) groups.set(keyOf(trace), [trace]);
    else group.push(trace);
  }
  return [...groups].map(([key, [newest, ...others]]) => ({
    key,
    newest,
    others,
    shortestMs: others.reduce((least, { durationMs }) => Math.min(least, durationMs), newest.durationMs),
    longestMs: others.reduce((most, { durationMs }) => Math.max(most, durationMs), newest.durationMs),
  }));
}

/** Failing traces by request, by the span to look at and by what it says. */
export function alikeTraces(traces: readonly TraceSummary[]): readonly AlikeTraces<TraceSummary>[] {
  return alikeBy(traces, ({ rootService, rootOperation, culprit }) =>
    JSON.stringify([rootService, rootOperation, ...placeOf(culprit)]),
  );
}

function placeOf(culprit: CulpritSpan | undefined): readonly string[] {
  if (culprit === undefined) return [];
  const { kind, service, operation, peer, says } = culprit;
  return [kind, service, operation, peer, says.replace(VARYING, '#')];
}

/** Ids, ports and durations differ where the failure does not; the status of HTTP and gRPC is the failure. */
const VARYING = /(?<!HTTP |status )\b(?:\d+(?:\.\d+)?(?: ?m?s)?|[0-9a-f]{8,}(?:-[0-9a-f]{4,})*)\b/g;
