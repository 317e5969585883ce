/**
 * PromQL, evaluated: an expression, times and a source of series in, a result
 * with its notes out. Pure but for the source and the clock it is handed.
 */
import { CodedError } from '#base/errors.ts';
import { invariant } from '#base/invariant.ts';
import type { Labels } from '#signals/matchers.ts';
import { sortedNames, labelOf, compareUtf8 } from '#promql/labels.ts';
import type { SeriesSource } from '#promql/ports.ts';
import { unwrap } from '#promql/syntax/ast.ts';
import { typeOf } from '#promql/syntax/check.ts';
import type { Query } from '#promql/syntax/parser.ts';
import { parseError } from '#promql/syntax/position.ts';
import { Annotations } from '#promql/engine/annotations.ts';
import { Budget, type BudgetOptions } from '#promql/engine/budget.ts';
import type { EvaluationContext } from '#promql/engine/context.ts';
import { evaluate, evaluateRange } from '#promql/engine/expression.ts';
import type { Column, Grid, Value } from '#promql/engine/values.ts';

/** How far back an instant selector looks. */
export const LOOKBACK_MS_DEFAULT = 300_000;
/** Step of a subquery that names none: Prometheus' evaluation interval. */
export const SUBQUERY_STEP_MS_DEFAULT = 60_000;
/** Longest time a query may take. */
export const QUERY_TIMEOUT_MS = 120_000;
/** Points a series of a range query may have: as Prometheus and Grafana hold it. */
export const STEPS_MAX = 11_000;

export interface EvaluationOptions extends BudgetOptions {
  readonly source: SeriesSource;
  readonly lookbackMs?: number | undefined;
}

/** A series of a result: two parallel columns. */
export interface MatrixSeries {
  readonly labels: Labels;
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
}

export type ResultValue =
  | { readonly type: 'scalar'; readonly timeMs: number; readonly value: number }
  | { readonly type: 'string'; readonly timeMs: number; readonly value: string }
  | {
      readonly type: 'vector';
      readonly timeMs: number;
      readonly samples: readonly { readonly labels: Labels; readonly value: number }[];
    }
  | { readonly type: 'matrix'; readonly series: readonly MatrixSeries[] };

export interface QueryResult {
  readonly value: ResultValue;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  /** Samples read from the source. */
  readonly samplesRead: number;
}

export interface RangeTimes {
  readonly startMs: number;
  /** Inclusive. */
  readonly endMs: number;
  readonly stepMs: number;
}

/**
 * Evaluates at one time.
 *
 * @throws CodedError `PLIM_PROMQL_UNSUPPORTED`, `PLIM_PROMQL_EXECUTION`,
 *   `PLIM_QUERY_LIMIT`, `PLIM_QUERY_TIMEOUT`; QueryAborted
 */
export async function evaluateInstant(
  query: Query,
  timeMs: number,
  options: EvaluationOptions,
): Promise<QueryResult> {
  const grid: Grid = { startMs: timeMs, stepMs: 0, count: 1 };
  const context = contextOf(query, { grid, endMs: timeMs }, options);
  if (typeOf(query.expression) === 'range vector') {
    const { series, rangeMs, firstEndMs } = await evaluateRange(unwrap(query.expression), context);
    const cut = series.map((samples) => cutToWindow(samples, firstEndMs - rangeMs, firstEndMs));
    const filled = cut.filter(({ timesMs }) => timesMs.length > 0);
    return resultOf({ type: 'matrix', series: sortByLabels(filled) }, context);
  }
  return resultOf(instantValue(await evaluate(query.expression, context), timeMs), context);
}

/**
 * Evaluates at `startMs`, `startMs + stepMs` … up to `endMs`. The series of the
 * result are sorted by their labels.
 *
 * @throws CodedError as {@link evaluateInstant}, and `PLIM_PROMQL` when the
 *   expression has no value that can be plotted; QueryAborted
 */
export async function evaluateOverRange(
  query: Query,
  { startMs, endMs, stepMs }: RangeTimes,
  options: EvaluationOptions,
): Promise<QueryResult> {
  invariant(stepMs > 0 && endMs >= startMs, 'the caller checks the times');
  const type = typeOf(query.expression);
  if (type === 'range vector' || type === 'string') {
    throw parseError(
      query.text,
      query.expression.start,
      `invalid expression type "${type}" for range query, must be Scalar or instant Vector`,
    );
  }
  const count = Math.floor((endMs - startMs) / stepMs) + 1;
  // Prometheus counts the steps between the points.
  if (count - 1 > STEPS_MAX) {
    throw new CodedError(
      'PLIM_QUERY_LIMIT',
      `exceeded maximum resolution of ${STEPS_MAX} points per timeseries. Try decreasing the query resolution (?step=XX)`,
    );
  }
  const grid: Grid = { startMs, stepMs, count };
  const context = contextOf(query, { grid, endMs }, options);
  const value = await evaluate(query.expression, context);
  return resultOf({ type: 'matrix', series: matrixOf(value, grid) }, context);
}

function contextOf(
  query: Query,
  { grid, endMs }: { readonly grid: Grid; readonly endMs: number },
  options: EvaluationOptions,
): EvaluationContext {
  const { startMs, stepMs } = grid;
  return {
    text: query.text,
    source: options.source,
    grid,
    bounds: { startMs, endMs, stepMs },
    lookbackMs: options.lookbackMs ?? LOOKBACK_MS_DEFAULT,
    defaultStepMs: SUBQUERY_STEP_MS_DEFAULT,
    budget: new Budget(options),
    annotations: new Annotations(query.text),
    evaluate,
  };
}

function resultOf(value: ResultValue, { annotations, budget }: EvaluationContext): QueryResult {
  const { warnings, infos } = annotations;
  return { value, warnings, infos, samplesRead: budget.samples };
}

function instantValue(value: Value, timeMs: number): ResultValue {
  switch (value.kind) {
    case 'scalar':
      return { type: 'scalar', timeMs, value: value.values[0] ?? NaN };
    case 'string':
      return { type: 'string', timeMs, value: value.value };
    case 'vector': {
      const there = value.series.filter(({ present }) => present[0] === 1);
      return {
        type: 'vector',
        timeMs,
        samples: there.map(({ labels, values }) => ({ labels, value: values[0] ?? NaN })),
      };
    }
  }
}

function matrixOf(value: Value, grid: Grid): readonly MatrixSeries[] {
  invariant(value.kind !== 'string', 'range queries of strings are refused');
  if (value.kind === 'scalar') {
    const present = new Uint8Array(grid.count).fill(1);
    return [compress({ labels: {}, values: value.values, present }, grid)];
  }
  const series = value.series.map((column) => compress(column, grid));
  return sortByLabels(series.filter(({ timesMs }) => timesMs.length > 0));
}

function compress({ labels, values, present }: Column, { startMs, stepMs }: Grid): MatrixSeries {
  const keep = (_: number, step: number): boolean => present[step] === 1;
  const times = Float64Array.from(values, (_, step) => startMs + step * stepMs);
  return { labels, timesMs: times.filter(keep), values: values.filter(keep) };
}

function cutToWindow(
  { labels, timesMs, values }: MatrixSeries,
  afterMs: number,
  untilMs: number,
): MatrixSeries {
  const keep = (_: number, index: number): boolean => {
    const timeMs = timesMs[index] ?? NaN;
    return timeMs > afterMs && timeMs <= untilMs;
  };
  return { labels, timesMs: timesMs.filter(keep), values: values.filter(keep) };
}

/** The order of Prometheus; each label set is flattened once, not at each comparison. */
function sortByLabels(series: readonly MatrixSeries[]): readonly MatrixSeries[] {
  const keyed = series.map((one) => ({
    one,
    key: sortedNames(one.labels).flatMap((name) => [name, labelOf(one.labels, name)]),
  }));
  keyed.sort((left, right) => compareLists(left.key, right.key));
  return keyed.map(({ one }) => one);
}

function compareLists(left: readonly string[], right: readonly string[]): number {
  for (const [index, text] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = compareUtf8(text, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
