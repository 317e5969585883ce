/** Bad and good traces of an SLO in the page's range, out of Jaeger's API. */
import { useMemo } from 'react';
import { withQuery } from '#dashboards/console/core/route.ts';
import { sidesOf, type Sides, type SideTrace } from '#dashboards/console/core/slos/sides.ts';
import type { Trace, TracesAnswer } from '#dashboards/console/core/trace/answer.ts';
import type { ApiError } from '#dashboards/console/web/data/client.ts';
import { useInterval } from '#dashboards/console/web/data/now.ts';
import type { Slo } from '#dashboards/console/web/data/own-api.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';

/** Enough to tell a difference of 15 %; some megabytes at most. */
const BAD_MAX = 40;
const GOOD_MAX = 60;
/** Whole traces are asked for: not more often than one can read. */
const STEP_MS = 30_000;

export interface SideTraces {
  readonly sides: Sides;
  /** The bad ones whole. */
  readonly bad: readonly Trace[];
  readonly loading: boolean;
  readonly error: ApiError | undefined;
  /** Of the bad ones. */
  readonly path: string;
}

export function useSides({ service, indicator, thresholdMs }: Slo): SideTraces {
  const { startMs, endMs } = useInterval(STEP_MS);
  const longerThanMs = indicator === 'latency' ? (thresholdMs ?? 0) : undefined;
  const range = { service, start: micros(startMs), end: micros(endMs) };
  const badOnly =
    longerThanMs === undefined ? { tags: '{"error":"true"}' } : { minDuration: `${longerThanMs}ms` };
  const path = withQuery('/api/traces', { ...range, ...badOnly, limit: String(BAD_MAX) });
  const anyPath = withQuery('/api/traces', { ...range, limit: String(GOOD_MAX) });
  const bad = useJson<TracesAnswer>(path, {
    keepAs: `bad ${service} ${indicator}`,
  });
  const any = useJson<{ readonly data: readonly SideTrace[] }>(anyPath, { keepAs: `any ${service}` });
  const sides = useMemo(
    () => sidesOf([...(bad.data?.data ?? []), ...(any.data?.data ?? [])], { service, longerThanMs }),
    [bad.data, any.data, service, longerThanMs],
  );
  const badOnes = useMemo(() => {
    const ids = new Set(sides.bad.map(({ traceID }) => traceID));
    return (bad.data?.data ?? []).filter(({ traceID }) => ids.has(traceID));
  }, [sides, bad.data]);
  return {
    sides,
    bad: badOnes,
    loading: bad.data === undefined || any.data === undefined,
    error: bad.error ?? any.error,
    path,
  };
}

function micros(ms: number): string {
  return String(Math.round(ms) * 1000);
}
