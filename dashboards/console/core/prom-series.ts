/**
 * Answers of Prometheus' query API as numbers: vectors and matrices, put on an
 * even grid of times. What has no sample is null, never zero.
 */

export type PromLabels = Readonly<Record<string, string>>;
type PromSample = readonly [unixSeconds: number, value: string];

export interface PromVectorAnswer {
  readonly data: {
    readonly result: readonly { readonly metric: PromLabels; readonly value: PromSample }[];
  };
}

export interface PromMatrixAnswer {
  readonly data: {
    readonly result: readonly { readonly metric: PromLabels; readonly values: readonly PromSample[] }[];
  };
}

/** Times from `startMs` on, `count` of them, `stepMs` apart. */
export interface Grid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

/** A number as Prometheus writes it; null for NaN, which is no measurement. */
export function promValue(text: string): number | null {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  const value = Number(text);
  return Number.isNaN(value) ? null : value;
}

/** One value for each value of a label; what has no number is left out. */
export function vectorBy(answer: PromVectorAnswer | undefined, label: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const { metric, value } of answer?.data.result ?? []) {
    const number = promValue(value[1]);
    if (number !== null) values.set(metric[label] ?? '', number);
  }
  return values;
}

/** The grid of a range query: `query_range` answers at start, start + step … up to the end. */
export function gridOf(startMs: number, endMs: number, stepMs: number): Grid {
  const firstMs = Math.ceil(startMs / stepMs) * stepMs;
  return { startMs: firstMs, stepMs, count: Math.max(1, Math.floor((endMs - firstMs) / stepMs) + 1) };
}

/** The last time of a grid. */
export function gridEndMs({ startMs, stepMs, count }: Grid): number {
  return startMs + (count - 1) * stepMs;
}

/** Rows of a matrix on the grid, by the value of a label. */
export function matrixBy(
  answer: PromMatrixAnswer | undefined,
  label: string,
  { startMs, stepMs, count }: Grid,
): ReadonlyMap<string, readonly (number | null)[]> {
  const rows = new Map<string, (number | null)[]>();
  for (const { metric, values } of answer?.data.result ?? []) {
    const row = Array.from<number | null>({ length: count }).fill(null);
    for (const [unixSeconds, text] of values) {
      const index = Math.round((unixSeconds * 1000 - startMs) / stepMs);
      if (index >= 0 && index < count) row[index] = promValue(text);
    }
    rows.set(metric[label] ?? '', row);
  }
  return rows;
}

/** Path of an instant query. */
export function queryPath(query: string, timeMs: number): string {
  return `/api/v1/query?${new URLSearchParams({ query, time: String(timeMs / 1000) }).toString()}`;
}

/** Path of a range query over a grid. */
export function queryRangePath(query: string, grid: Grid): string {
  const parameters = {
    query,
    start: String(grid.startMs / 1000),
    end: String(gridEndMs(grid) / 1000),
    step: String(grid.stepMs / 1000),
  };
  return `/api/v1/query_range?${new URLSearchParams(parameters).toString()}`;
}

/** A text as a PromQL string. */
export function promString(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
