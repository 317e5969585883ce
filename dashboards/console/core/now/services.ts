/** Services and the calls between them, out of answers of Prometheus' API. */
import {
  matrixBy,
  promValue,
  type Grid,
  type PromLabels,
  type PromMatrixAnswer,
  type PromVectorAnswer,
} from '#dashboards/console/core/prom-series.ts';
import type { MapEdge } from '#dashboards/console/core/service-map.ts';

export interface ServiceSeries {
  readonly name: string;
  /** Per second; null where there is no sample. */
  readonly rate: readonly (number | null)[];
  /** Share of failed ones, 0 … 1; null while there was nothing to fail. */
  readonly errorRatio: readonly (number | null)[];
  /** Milliseconds. */
  readonly p95Ms: readonly (number | null)[];
  readonly now: ServiceNow;
}

/** The last figures; null where there are none. */
export interface ServiceNow {
  readonly rate: number | null;
  readonly errorRatio: number | null;
  readonly p95Ms: number | null;
}

export interface Call extends MapEdge {
  readonly rate: number;
  /** 0 … 1; null while there are no calls. */
  readonly errorRatio: number | null;
}

/** How bad a share of errors is. */
export type ErrorLevel = 'none' | 'some' | 'many';

/** Below it a single failure of hundreds would colour the map. */
const SOME_FROM = 0.001;
const MANY_FROM = 0.05;

export function errorLevel(ratio: number | null): ErrorLevel {
  if (ratio === null || ratio < SOME_FROM) return 'none';
  return ratio < MANY_FROM ? 'some' : 'many';
}

export interface ServiceAnswers {
  readonly rate: PromMatrixAnswer | undefined;
  readonly errors: PromMatrixAnswer | undefined;
  readonly p95: PromMatrixAnswer | undefined;
}

/** Samples older than so many steps are not of now. */
const FRESH_STEPS = 3;

/** By name; services without a name have no place on a map. */
export function serviceSeries(answers: ServiceAnswers, grid: Grid): readonly ServiceSeries[] {
  const rates = matrixBy(answers.rate, 'service_name', grid);
  const errors = matrixBy(answers.errors, 'service_name', grid);
  const p95s = matrixBy(answers.p95, 'service_name', grid);
  const nothing = Array.from<null>({ length: grid.count }).fill(null);
  return [...rates.keys()]
    .filter((name) => name !== '')
    .toSorted()
    .map((name) => {
      const rate = rates.get(name) ?? nothing;
      const failed = errors.get(name) ?? nothing;
      const errorRatio = rate.map((all, index) =>
        all === null || all === 0 ? null : Math.min(1, (failed[index] ?? 0) / all),
      );
      const p95Ms = p95s.get(name) ?? nothing;
      const now = { rate: lastOf(rate), errorRatio: lastOf(errorRatio), p95Ms: lastOf(p95Ms) };
      return { name, rate, errorRatio, p95Ms, now };
    });
}

function lastOf(values: readonly (number | null)[]): number | null {
  return values.slice(-FRESH_STEPS).findLast((value) => value !== null) ?? null;
}

/** What runs by messages may run against the direction of calls. */
export function callsBetween(
  inRange: PromVectorAnswer | undefined,
  rates: PromVectorAnswer | undefined,
  failed: PromVectorAnswer | undefined,
): readonly Call[] {
  const rateOf = byPair(rates);
  const failedOf = byPair(failed);
  const calls = new Map<string, Call>();
  for (const { metric, value } of rowsOf(inRange)) {
    const from = metric['client'] ?? '';
    const to = metric['server'] ?? '';
    if (from === '' || to === '' || !isAbove(value[1])) continue;
    const key = pairOf(metric);
    const byMessages = metric['connection_type'] === 'messaging_system';
    const weak = byMessages && (calls.get(key)?.weak ?? true);
    const rate = rateOf.get(key) ?? 0;
    calls.set(key, { from, to, weak, rate, errorRatio: shareOf(failedOf.get(key), rate) });
  }
  return [...calls.keys()].toSorted().flatMap((key) => calls.get(key) ?? []);
}

function rowsOf(answer: PromVectorAnswer | undefined): PromVectorAnswer['data']['result'] {
  return answer?.data.result ?? [];
}

function isAbove(text: string): boolean {
  return (promValue(text) ?? 0) > 0;
}

function shareOf(part: number | undefined, whole: number): number | null {
  return whole > 0 ? Math.min(1, (part ?? 0) / whole) : null;
}

function byPair(answer: PromVectorAnswer | undefined): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const { metric, value } of rowsOf(answer)) {
    values.set(pairOf(metric), promValue(value[1]) ?? 0);
  }
  return values;
}

function pairOf({ client = '', server = '' }: PromLabels): string {
  return `${client}\u0000${server}`;
}

/** Width of an edge, pixels: a decade more calls is one and a half pixels more. */
export function edgeWidth(rate: number): number {
  return 1 + 1.5 * Math.log10(1 + Math.max(0, rate));
}
