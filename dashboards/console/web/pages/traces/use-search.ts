/**
 * Traces of a search, followed while the page is live. After the first answer
 * only the last seconds are asked for, often; now and then all of it again, for
 * what came late.
 */
import { useEffect, useMemo, useState } from 'react';
import { retryDelayMs } from '#dashboards/console/core/backoff.ts';
import { isLive, resolveRange } from '#dashboards/console/core/time-range.ts';
import type { TracesAnswer } from '#dashboards/console/core/trace/answer.ts';
import { searchPath, type TraceSearch } from '#dashboards/console/core/trace/search.ts';
import { mergeSummaries, summaryOf, type TraceSummary } from '#dashboards/console/core/trace/summary.ts';
import { getJson, type ApiError } from '#dashboards/console/web/data/client.ts';
import { useTimeRange } from '#dashboards/console/web/data/location.ts';

export interface FoundTraces {
  /** Newest first; undefined until the first answer. */
  readonly traces: readonly TraceSummary[] | undefined;
  readonly error: ApiError | undefined;
  readonly loading: boolean;
  readonly staleSinceMs: number | undefined;
}

/** A new trace is on screen within a second of its request. */
const EVERY_MS = 600;
/** Of the time that passes, at most a third is spent on asking. */
const REST_FACTOR = 2;
/** Spans of a trace come one after the other: it is asked for again for so long. */
const RECENT_MS = 8000;
const ALL_MS = 30_000;
/** Clocks of services may be ahead of this one. */
const AHEAD_MS = 60_000;

const NOTHING: FoundTraces = { traces: undefined, error: undefined, loading: true, staleSinceMs: undefined };

export function useTraceSearch(search: TraceSearch, service: string | undefined): FoundTraces {
  const [range] = useTimeRange();
  const key = JSON.stringify([search, service, range]);
  const asked = useMemo(() => ({ search, service, range }), [key]);
  const [state, setState] = useState<FoundTraces & { readonly key: string }>({ key, ...NOTHING });
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    let allAtMs = -Infinity;
    let answeredMs: number | undefined;
    const live = isLive(asked.range);
    const ask = async (): Promise<void> => {
      const beganMs = Date.now();
      const isAll = beganMs - allAtMs >= ALL_MS;
      const path = pathOf(asked, beganMs, isAll ? Infinity : RECENT_MS);
      if (path === undefined) return setState({ key, ...NOTHING, loading: false });
      try {
        const { data } = await getJson<TracesAnswer>(path, abort.signal);
        const fresh = (data ?? []).flatMap((trace) => summaryOf(trace) ?? []);
        const { startMs } = resolveRange(asked.range, beganMs);
        setState((before) => {
          const known = before.key === key && !isAll ? (before.traces ?? []) : kept(before, key, fresh);
          const traces = mergeSummaries(known, fresh, { startMs, max: asked.search.limit });
          return { key, traces, error: undefined, loading: false, staleSinceMs: undefined };
        });
        failures = 0;
        answeredMs = Date.now();
        if (isAll) allAtMs = beganMs;
      } catch (error) {
        if (abort.signal.aborted) return;
        failures += 1;
        setState((before) => ({
          ...(before.key === key ? before : { key, ...NOTHING }),
          error: error as ApiError,
          loading: false,
          staleSinceMs: answeredMs,
        }));
      }
      const tookMs = Date.now() - beganMs;
      const pauseMs = failures > 0 ? retryDelayMs(failures, Math.random()) : EVERY_MS;
      if (live || failures > 0) timer = setTimeout(again, Math.max(pauseMs, REST_FACTOR * tookMs));
    };
    const again = (): void => {
      if (document.hidden) timer = setTimeout(again, EVERY_MS);
      else void ask();
    };
    setState((before) => (before.key === key ? before : { key, ...NOTHING }));
    void ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [key, asked]);
  return state.key === key ? state : NOTHING;
}

/** Traces that are found again stay the same objects: their rows are not drawn anew. */
function kept(
  before: FoundTraces & { readonly key: string },
  key: string,
  fresh: readonly TraceSummary[],
): readonly TraceSummary[] {
  const ids = new Set(fresh.map(({ id }) => id));
  return before.key === key ? (before.traces ?? []).filter(({ id }) => ids.has(id)) : [];
}

function pathOf({ search, service, range }: Asked, nowMs: number, recentMs: number): string | undefined {
  const { startMs, endMs } = resolveRange(range, nowMs);
  const live = isLive(range);
  return searchPath(search, service, {
    startMs: Math.max(startMs, nowMs - recentMs),
    endMs: live ? endMs + AHEAD_MS : endMs,
  });
}

interface Asked {
  readonly search: TraceSearch;
  readonly service: string | undefined;
  readonly range: { readonly from: string; readonly to: string };
}
