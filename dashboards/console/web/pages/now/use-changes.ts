/** What changed in the page's range. Asked less often than rates: what is new stays new. */
import { useMemo } from 'react';
import { changesIn, type Change, type PatternAnswer } from '#dashboards/console/core/now/changes.ts';
import {
  operationsSeenQuery,
  SCRAPED_QUERY,
  STARTED_QUERY,
  startedBeforeQuery,
  versionsSeenQuery,
} from '#dashboards/console/core/now/queries.ts';
import { queryPath, type PromVectorAnswer } from '#dashboards/console/core/prom-series.ts';
import { withQuery } from '#dashboards/console/core/route.ts';
import { OWN, type ApiError } from '#dashboards/console/web/data/client.ts';
import { useInterval } from '#dashboards/console/web/data/now.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';

const STEP_MS = 15_000;

export interface Changes {
  readonly changes: readonly Change[];
  readonly loading: boolean;
  readonly error: ApiError | undefined;
  /** Log patterns could not be asked for. */
  readonly patternsError: ApiError | undefined;
}

export function useChanges(): Changes {
  const { startMs, endMs } = useInterval(STEP_MS);
  const rangeMs = endMs - startMs;
  const vector = (query: string): string => queryPath(query, endMs);
  const started = useJson<PromVectorAnswer>(vector(STARTED_QUERY), { keepAs: 'started' });
  const before = useJson<PromVectorAnswer>(vector(startedBeforeQuery(rangeMs)), { keepAs: 'before' });
  const scraped = useJson<PromVectorAnswer>(vector(SCRAPED_QUERY), { keepAs: 'scraped' });
  const operations = useJson<PromVectorAnswer>(vector(operationsSeenQuery(rangeMs)), {
    keepAs: 'operations',
  });
  const versions = useJson<PromVectorAnswer>(vector(versionsSeenQuery(rangeMs)), { keepAs: 'versions' });
  const patterns = useJson<PatternAnswer>(patternsPath(startMs, endMs), { keepAs: 'patterns' });
  const changes = useMemo(
    () =>
      changesIn(
        {
          started: started.data,
          startedBefore: before.data,
          scraped: scraped.data,
          operations: operations.data,
          versions: versions.data,
          patterns: patterns.data,
        },
        { startMs, endMs },
      ),
    [started.data, before.data, scraped.data, operations.data, versions.data, patterns.data, startMs, endMs],
  );
  const loading = [started, before, scraped, operations, versions, patterns].some(isAwaited);
  return {
    // None before all have answered: what is asked last would push away what was there first.
    changes: loading ? [] : changes,
    loading,
    error: started.error ?? operations.error,
    patternsError: patterns.error,
  };
}

/** Errors of the range, beside those of as long before. */
function patternsPath(startMs: number, endMs: number): string {
  const nanos = (ms: number): string => `${Math.round(ms)}000000`;
  return withQuery(`${OWN}/logs/patterns`, {
    severity: 'error',
    start: nanos(startMs),
    end: nanos(endMs),
    baseline_start: nanos(2 * startMs - endMs),
  });
}

function isAwaited({ data, error }: Asked): boolean {
  return data === undefined && error === undefined;
}

interface Asked {
  readonly data: unknown;
  readonly error: ApiError | undefined;
}
