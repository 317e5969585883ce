/** The three requests behind a query: over the range, at its end, and the exemplars. */
import { useCallback, useEffect, useMemo, useState } from 'react';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { formatCount } from '#dashboards/console/core/numbers.ts';
import type { ExemplarAnswer } from '#dashboards/console/core/metrics/exemplars.ts';
import type { QueryAnswer } from '#dashboards/console/core/metrics/series-set.ts';
import {
  gridEndMs,
  gridOf,
  queryPath,
  queryRangePath,
  type Grid,
} from '#dashboards/console/core/prom-series.ts';
import type { Interval } from '#dashboards/console/core/time-range.ts';
import type { ApiError } from '#dashboards/console/web/data/client.ts';
import { useJson, type Loaded } from '#dashboards/console/web/data/use-json.ts';

/** Series beyond this are not sent: nobody reads them, and each is a line of numbers. */
export const SERIES_MAX = 500;

export interface Answers {
  readonly grid: Grid;
  readonly range: Loaded<QueryAnswer>;
  readonly instant: Loaded<QueryAnswer>;
  readonly exemplars: Loaded<ExemplarAnswer>;
  /** Why there is nothing to show. */
  readonly failed: ApiError | undefined;
  /** The first answer is awaited. */
  readonly loading: boolean;
  readonly rangePath: string | undefined;
  readonly instantPath: string | undefined;
  /** What the answer took. */
  readonly says: string | undefined;
  readonly reload: () => void;
}

export function useAnswers(asked: {
  readonly query: string;
  readonly interval: Interval;
  readonly stepMs: number;
  readonly exemplars: boolean;
}): Answers {
  const { query, interval, stepMs } = asked;
  const { startMs, endMs } = interval;
  const grid = useMemo(() => gridOf(startMs, endMs, stepMs), [startMs, endMs, stepMs]);
  const isAsked = query !== '';
  const rangePath = isAsked ? `${queryRangePath(query, grid)}&stats=1&limit=${SERIES_MAX}` : undefined;
  const instantPath = isAsked ? `${queryPath(query, endMs)}&limit=${SERIES_MAX}` : undefined;
  const exemplarPath =
    isAsked && asked.exemplars
      ? `/api/v1/query_exemplars?${new URLSearchParams({
          query,
          start: String(grid.startMs / 1000),
          end: String(gridEndMs(grid) / 1000),
        }).toString()}`
      : undefined;
  const range = useAsked<QueryAnswer>(rangePath, `range ${query} ${stepMs}`);
  const instant = useAsked<QueryAnswer>(instantPath, `instant ${query}`);
  const exemplars = useAsked<ExemplarAnswer>(exemplarPath, `exemplars ${query}`);
  const { reload: again } = range;
  const { reload: andAgain } = instant;
  const reload = useCallback(() => {
    again();
    andAgain();
  }, [again, andAgain]);
  return {
    grid,
    range,
    instant,
    exemplars,
    // A range of samples has no chart; that is no failure as long as there is a table.
    failed: instant.error ?? (instant.data === undefined ? range.error : undefined),
    loading: isAsked && range.data === undefined && (range.loading || instant.loading),
    rangePath,
    instantPath,
    says: statsOf(range.data),
    reload,
  };
}

/**
 * As time goes on it is asked anew, but only once the answer before is there: a slow one
 * would never come otherwise. What was refused for good is left alone: the same query
 * gets the same 400.
 */
function useAsked<T>(path: string | undefined, key: string): Loaded<T> {
  const [last, setLast] = useState({ key, path });
  const asked = path === undefined || last.key !== key ? path : (last.path ?? path);
  const loaded = useJson<T>(asked, { keepAs: key });
  const { loading, error } = loaded;
  const isRefused = error?.status === 400;
  useEffect(() => {
    setLast((before) => {
      if (before.key !== key) return { key, path };
      const isHeld = before.path !== undefined && (loading || isRefused);
      return isHeld || before.path === path ? before : { key, path };
    });
  }, [loading, isRefused, key, path]);
  return loaded;
}

function statsOf(answer: QueryAnswer | undefined): string | undefined {
  const stats = answer?.data.stats;
  if (answer === undefined || stats === undefined) return undefined;
  const { result, resultType } = answer.data;
  const count = resultType === 'matrix' || resultType === 'vector' ? result.length : 1;
  const series = count >= SERIES_MAX ? `${SERIES_MAX} series or more` : `${count} series`;
  const samples = `${formatCount(stats.samples.totalQueryableSamples)} samples read`;
  return `${series} · ${samples} · ${formatDuration(stats.timings.execTotalTime * 1000)}`;
}
