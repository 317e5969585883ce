/** The failing traces of an incident: those frozen in its evidence, or found around its start. */
import { useMemo } from 'react';
import { failingTracesPath, healthyTracesPath } from '#dashboards/console/core/incident/questions.ts';
import {
  bestOf,
  healthyOf,
  summaryOf,
  type TraceAnswer,
  type TraceSummary,
} from '#dashboards/console/core/incident/spans.ts';
import type { ApiError } from '#dashboards/console/web/data/client.ts';
import type { Incident } from '#dashboards/console/web/data/own-api.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';

export interface FailingTraces {
  readonly path: string;
  /** How many the evidence froze; 0 when they were looked for afterwards. */
  readonly frozen: number;
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
const NOTHING = { path: undefined, frozen: 0 };

export function useFailingTraces(incident: Incident | undefined): FailingTraces {
  const asked = incident === undefined ? NOTHING : failingTracesPath(incident);
  const suspect = incident?.evidence.suspects[0]?.service;
  const everyMs = incident?.state === 'firing' ? AGAIN_MS : undefined;
  const answer = useJson<TraceAnswer>(asked.path, { everyMs });
  const traces = useMemo(() => summariesOf(answer.data, suspect), [answer.data, suspect]);
  const best = bestOf(traces);
  // Traces that are gone by now are told by their number, not as an error.
  const gone = answer.error?.status === 404;
  return {
    path: asked.path ?? '',
    frozen: asked.frozen,
    traces,
    best,
    healthy: useHealthy(incident, best, suspect),
    answered: answer.data !== undefined || gone,
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
  const { data } = useJson<TraceAnswer>(path);
  return useMemo(() => healthyOf(summariesOf(data, suspect)), [data, suspect]);
}

function summariesOf(answer: TraceAnswer | undefined, suspect: string | undefined): readonly TraceSummary[] {
  return (answer?.data ?? [])
    .flatMap((trace) => summaryOf(trace, suspect) ?? [])
    .toSorted((a, b) => b.startMs - a.startMs);
}
