/** What the page Now shows, asked of Prometheus' API; each answer moves on with the page's range. */
import { useMemo } from 'react';
import {
  callRateQuery,
  callsInRangeQuery,
  errorsQuery,
  failedCallRateQuery,
  p95Query,
  rateQuery,
  rateWindowMs,
} from '#dashboards/console/core/now/queries.ts';
import {
  callsBetween,
  serviceSeries,
  type Call,
  type ServiceSeries,
} from '#dashboards/console/core/now/services.ts';
import {
  gridOf,
  queryPath,
  queryRangePath,
  type Grid,
  type PromMatrixAnswer,
  type PromVectorAnswer,
} from '#dashboards/console/core/prom-series.ts';
import { chartStepMs } from '#dashboards/console/core/time-range.ts';
import type { ApiError } from '#dashboards/console/web/data/client.ts';
import { useInterval } from '#dashboards/console/web/data/now.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';

/** A point every pixel or two of a sparkline. */
const POINTS = 90;

export interface NowFigures {
  readonly grid: Grid;
  /** Over so long the present rates are taken. */
  readonly windowMs: number;
  readonly services: readonly ServiceSeries[];
  readonly calls: readonly Call[];
  /** The first answers are here. */
  readonly ready: boolean;
  readonly loading: boolean;
  readonly error: ApiError | undefined;
  readonly staleSinceMs: number | undefined;
  /** Paths of the requests behind it. */
  readonly paths: { readonly rate: string; readonly calls: string };
}

export function useNowFigures(): NowFigures {
  const { startMs, endMs } = useInterval();
  const rangeMs = endMs - startMs;
  const windowMs = rateWindowMs(rangeMs);
  const stepMs = chartStepMs({ startMs, endMs }, POINTS);
  const grid = useMemo(() => gridOf(startMs, endMs, stepMs), [startMs, endMs, stepMs]);
  const ratePath = queryRangePath(rateQuery(windowMs), grid);
  const callsPath = queryPath(callRateQuery(windowMs), endMs);
  const rate = useJson<PromMatrixAnswer>(ratePath, { keepAs: 'rate' });
  const errors = useJson<PromMatrixAnswer>(queryRangePath(errorsQuery(windowMs), grid), { keepAs: 'errors' });
  const p95 = useJson<PromMatrixAnswer>(queryRangePath(p95Query(windowMs), grid), { keepAs: 'p95' });
  const inRange = useJson<PromVectorAnswer>(queryPath(callsInRangeQuery(rangeMs), endMs), {
    keepAs: 'range',
  });
  const now = useJson<PromVectorAnswer>(callsPath, { keepAs: 'calls' });
  const failed = useJson<PromVectorAnswer>(queryPath(failedCallRateQuery(windowMs), endMs), {
    keepAs: 'failed',
  });
  const services = useMemo(
    () => serviceSeries({ rate: rate.data, errors: errors.data, p95: p95.data }, grid),
    [rate.data, errors.data, p95.data, grid],
  );
  const calls = useMemo(
    () => callsBetween(inRange.data, now.data, failed.data),
    [inRange.data, now.data, failed.data],
  );
  return {
    grid,
    windowMs,
    services,
    calls,
    ready: rate.data !== undefined && inRange.data !== undefined,
    loading: rate.data === undefined || inRange.data === undefined,
    error: rate.error ?? inRange.error ?? errors.error ?? p95.error,
    staleSinceMs: rate.staleSinceMs ?? inRange.staleSinceMs,
    paths: { rate: ratePath, calls: callsPath },
  };
}
