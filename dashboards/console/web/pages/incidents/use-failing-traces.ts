/** The failing traces of an incident: those frozen in its evidence, or found around its start. */
import { useEffect, useMemo, useState } from 'react';
import {
  failingTraces,
  healthyTracesPath,
  type TraceQuestions,
} from '#dashboards/console/core/incident/questions.ts';
import {
  bestOf,
  healthyOf,
  summaryOf,
  type CulpritSpan,
  type TraceSummary,
} from '#dashboards/console/core/incident/spans.ts';
import type { TracesAnswer } from '#dashboards/console/core/trace/answer.ts';
import type { ApiError } from '#dashboards/console/web/data/client.ts';
import type { Incident } from '#dashboards/console/web/data/own-api.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';

export interface FailingTraces {
  /** The request behind the list. */
  readonly path: string;
  /** How many the evidence froze; 0 when they were looked for afterwards. */
  readonly frozen: number;
  /** Frozen ones that have not been asked for. */
  readonly unasked: number;
  readonly newestId: string | undefined;
  readonly traces: readonly TraceSummary[];
  /** The one to look at first. */
  readonly best: TraceSummary | undefined;
  readonly healthy: TraceSummary | undefined;
  readonly answered: boolean;
  readonly loading: boolean;
  readonly error: ApiError | undefined;
}

/** The last spans of a trace that just failed come a moment after the page. */
const AGAIN_MS = 3000;
const NOTHING: TraceQuestions = {
  first: undefined,
  newestId: undefined,
  rest: undefined,
  asked: 0,
  frozen: 0,
};

/** @param all those too that are not shown at first */
export function useFailingTraces(incident: Incident | undefined, all: boolean): FailingTraces {
  const questions = incident === undefined ? NOTHING : failingTraces(incident, all);
  const suspect = incident?.evidence.suspects[0]?.service;
  const firing = incident?.state === 'firing';
  const newest = useTraces(questions.first, suspect, firing);
  const others = useTraces(questions.rest, suspect, firing);
  const traces = useMemo(() => [...newest.traces, ...others.traces], [newest.traces, others.traces]);
  // A sure sign in the newest is shown at once, and what is being pressed does not change.
  const best = newest.traces.find(({ culprit }) => isSure(culprit)) ?? bestOf(traces);
  return {
    path: questions.rest ?? questions.first ?? '',
    frozen: questions.frozen,
    unasked: Math.max(0, questions.frozen - Math.max(questions.asked, traces.length)),
    newestId: questions.newestId,
    traces,
    best,
    healthy: useHealthy(incident, best, suspect),
    answered: newest.answered && others.answered,
    loading: newest.loading || others.loading,
    error: newest.error ?? others.error,
  };
}

function isSure(culprit: CulpritSpan | undefined): boolean {
  return culprit?.kind === 'failed-in' || culprit?.kind === 'failed-call';
}

function useTraces(path: string | undefined, suspect: string | undefined, firing: boolean) {
  const [wanting, setWanting] = useState(true);
  const answer = useJson<TracesAnswer>(path, {
    everyMs: firing && wanting ? AGAIN_MS : undefined,
    keepAs: path === undefined ? 'none' : 'traces',
  });
  const traces = useMemo(() => summariesOf(answer.data, suspect), [answer.data, suspect]);
  useEffect(() => setWanting(traces.length === 0), [traces.length]);
  // Traces that are gone by now are told by their number, not as an error.
  const gone = answer.error?.status === 404;
  return {
    traces,
    answered: path === undefined || answer.data !== undefined || gone,
    loading: answer.loading && answer.data === undefined,
    error: gone ? undefined : answer.error,
  };
}

/** One like it that went well, from before. */
function useHealthy(
  incident: Incident | undefined,
  best: TraceSummary | undefined,
  suspect: string | undefined,
): TraceSummary | undefined {
  const path = incident === undefined || best === undefined ? undefined : healthyTracesPath(incident, best);
  const { data } = useJson<TracesAnswer>(path);
  return useMemo(() => healthyOf(summariesOf(data, suspect)), [data, suspect]);
}

function summariesOf(answer: TracesAnswer | undefined, suspect: string | undefined): readonly TraceSummary[] {
  return (answer?.data ?? [])
    .flatMap((trace) => summaryOf(trace, suspect) ?? [])
    .toSorted((a, b) => b.startMs - a.startMs);
}
