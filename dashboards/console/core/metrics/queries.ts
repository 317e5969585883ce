/** Queries of the metrics page, as they stand in its address: `q0` … `q5`, and a step. */
import { chartStepMs, type Interval } from '#dashboards/console/core/time-range.ts';

export const QUERIES_MAX = 6;
/** Points on a chart of usual width. */
const POINTS = 240;
/** Prometheus' own limit is 11,000 points a series. */
const POINTS_MAX = 10_000;

/** Steps to choose from; empty stands for the one that fits the range. */
export const STEPS: readonly string[] = ['', '1s', '5s', '15s', '1m', '5m', '15m', '1h'];

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

export function parameterName(index: number): string {
  return `q${index}`;
}

/** The query fields to show, at least one, or as many as `n` asks for; an empty one in between stays. */
export function queriesIn(get: (name: string) => string | null): readonly string[] {
  const queries = Array.from({ length: QUERIES_MAX }, (_, index) => get(parameterName(index)) ?? '');
  const last = queries.findLastIndex((query) => query !== '');
  const asked = /^\d$/.test(get('n') ?? '') ? Number(get('n')) : 1;
  return queries.slice(0, Math.max(1, last + 1, asked));
}

/** Changes to the address that make `queries` the ones of the page. */
export function queryChanges(queries: readonly string[]): Readonly<Record<string, string | undefined>> {
  const texts = Array.from({ length: QUERIES_MAX }, (_, index) => [parameterName(index), queries[index]]);
  const isOpen = queries.length > 1 && queries.at(-1) === '';
  return { ...Object.fromEntries(texts), n: isOpen ? String(queries.length) : undefined };
}

/** The step asked for, or the one that fits; never so small that the answer is refused. */
export function stepMsOf(text: string, interval: Interval): number {
  const match = /^(\d{1,5})([smh])$/.exec(text);
  const fitting = chartStepMs(interval, POINTS);
  if (match === null) return fitting;
  const wanted = Number(match[1]) * (UNIT_MS[match[2] ?? 's'] ?? 1000);
  const least = (interval.endMs - interval.startMs) / POINTS_MAX;
  return wanted > 0 && wanted >= least ? wanted : fitting;
}
