/** Aggregations that make one series of each group. */
import { executionError } from '#promql/syntax/position.ts';
import type { Aggregation } from '#promql/syntax/ast.ts';
import { dropLabels, keepLabels, keyOf, keyWithout, METRIC_NAME, withLabel } from '#promql/labels.ts';
import type { Labels } from '#signals/matchers.ts';
import { formatPlain } from '#promql/format-value.ts';
import type { EvaluationContext } from '#promql/engine/context.ts';
import { compensate, quantileOf, RunningMean } from '#promql/engine/kahan.ts';
import { emptyColumn, setStep, type Column } from '#promql/engine/values.ts';

export interface Group {
  readonly labels: Labels;
  readonly members: Column[];
}

/** Parts a vector by the labels of `by` or without those of `without`. */
export function groupSeries(
  series: readonly Column[],
  { without, labels }: Pick<Aggregation, 'without' | 'labels'>,
): readonly Group[] {
  const left = new Set([...labels, METRIC_NAME]);
  const groups = new Map<string, Group>();
  for (const column of series) {
    const key = without ? keyWithout(column.labels, left) : keyOf(column.labels, labels);
    const group = groups.get(key);
    if (group !== undefined) {
      group.members.push(column);
      continue;
    }
    const kept = without ? dropLabels(column.labels, left) : keepLabels(column.labels, labels);
    groups.set(key, { labels: kept, members: [column] });
  }
  return [...groups.values()];
}

type Fold = (members: readonly Column[], out: Column, parameter: Float64Array | undefined) => void;

/** Aggregators that fold each group into one series. */
export const FOLDS = {
  sum,
  avg: average,
  min: extreme((value, best) => value < best),
  max: extreme((value, best) => value > best),
  count: (members, out) => countInto(members, out),
  group: (members, out) => {
    countInto(members, out);
    out.values.fill(1);
  },
  stdvar: deviation((variance) => variance),
  stddev: deviation(Math.sqrt),
  quantile,
} satisfies Partial<Record<Aggregation['operator'], Fold>>;

export type FoldingAggregator = keyof typeof FOLDS;

/** One series a group. `parameter` has the scalar argument at each step. */
export async function foldGroups(
  series: readonly Column[],
  aggregation: Aggregation & { readonly operator: FoldingAggregator },
  {
    context,
    parameter,
  }: { readonly context: EvaluationContext; readonly parameter: Float64Array | undefined },
): Promise<readonly Column[]> {
  const { grid, budget } = context;
  const fold: Fold = FOLDS[aggregation.operator];
  const columns: Column[] = [];
  for (const { labels, members } of groupSeries(series, aggregation)) {
    budget.countPoints(grid.count);
    const column = emptyColumn(labels, grid.count);
    fold(members, column, parameter);
    columns.push(column);
    if (budget.spend(members.length * grid.count)) await budget.pause();
  }
  return columns;
}

function countInto(members: readonly Column[], out: Column): void {
  const { values, present: outPresent } = out;
  for (const { present } of members) {
    for (let step = 0; step < values.length; step += 1) {
      if (present[step] === 0) continue;
      values[step] = (values[step] ?? 0) + 1;
      outPresent[step] = 1;
    }
  }
}

function sum(members: readonly Column[], out: Column): void {
  const { values: totals, present: outPresent } = out;
  const compensations = new Float64Array(totals.length);
  for (const { values, present } of members) {
    for (let step = 0; step < totals.length; step += 1) {
      if (present[step] === 0) continue;
      const value = values[step] ?? NaN;
      if (outPresent[step] === 0) {
        totals[step] = value;
        outPresent[step] = 1;
        continue;
      }
      const before = totals[step] ?? NaN;
      const total = before + value;
      const compensation = compensations[step] ?? 0;
      compensations[step] = compensate(before, value, { total, compensation });
      totals[step] = total;
    }
  }
  for (let step = 0; step < totals.length; step += 1) {
    totals[step] = (totals[step] ?? NaN) + (compensations[step] ?? 0);
  }
}

function average(members: readonly Column[], out: Column): void {
  const means: (RunningMean | undefined)[] = Array.from({ length: out.values.length });
  for (const { values, present } of members) {
    for (let step = 0; step < values.length; step += 1) {
      if (present[step] === 0) continue;
      const mean = (means[step] ??= new RunningMean());
      mean.add(values[step] ?? NaN);
    }
  }
  for (const [step, mean] of means.entries()) if (mean !== undefined) setStep(out, step, mean.value);
}

/** NaN only when there is nothing else. */
function extreme(better: (value: number, best: number) => boolean): Fold {
  return (members, out) => {
    for (const { values, present } of members) {
      for (let step = 0; step < values.length; step += 1) {
        if (present[step] === 0) continue;
        const value = values[step] ?? NaN;
        const best = out.values[step] ?? NaN;
        if (out.present[step] === 0 || Number.isNaN(best) || better(value, best)) setStep(out, step, value);
      }
    }
  };
}

/** Population variance by Welford's method; ±Inf or NaN anywhere gives NaN. */
function deviation(finish: (variance: number) => number): Fold {
  return (members, out) => {
    const counts = new Float64Array(out.values.length);
    const means = new Float64Array(out.values.length);
    for (const { values, present } of members) {
      for (let step = 0; step < values.length; step += 1) {
        if (present[step] === 0) continue;
        const value = values[step] ?? NaN;
        const count = (counts[step] ?? 0) + 1;
        const delta = value - (means[step] ?? 0);
        const mean = (means[step] ?? 0) + delta / count;
        counts[step] = count;
        means[step] = mean;
        setStep(out, step, (out.values[step] ?? 0) + delta * (value - mean));
      }
    }
    for (const [step, squares] of out.values.entries())
      out.values[step] = finish(squares / (counts[step] ?? 1));
  };
}

function quantile(members: readonly Column[], out: Column, parameter: Float64Array | undefined): void {
  const scratch = new Float64Array(members.length);
  for (let step = 0; step < out.values.length; step += 1) {
    let found = 0;
    for (const { values, present } of members) {
      if (present[step] === 0) continue;
      scratch[found] = values[step] ?? NaN;
      found += 1;
    }
    if (found > 0) setStep(out, step, quantileOf(parameter?.[step] ?? NaN, scratch.subarray(0, found)));
  }
}

/** `count_values`: one series for every value seen, the value in label `name`. */
export function countValues(
  series: readonly Column[],
  aggregation: Aggregation,
  { name, context }: { readonly name: string; readonly context: EvaluationContext },
): readonly Column[] {
  if (name === '') throw executionError(`invalid label name "${name}"`);
  const { grid, budget } = context;
  const columns: Column[] = [];
  const without = { without: aggregation.without, labels: aggregation.labels };
  const writesLabel = !aggregation.without || !aggregation.labels.includes(name);
  const byGroup = new Map<string, Map<string, Column>>();
  for (const { labels, members } of groupSeries(series, without)) {
    const base = dropLabels(labels, new Set([name]));
    const key = keyWithout(base, new Set());
    const byValue = byGroup.get(key) ?? new Map<string, Column>();
    byGroup.set(key, byValue);
    for (const { values, present } of members) {
      for (let step = 0; step < grid.count; step += 1) {
        if (present[step] === 0) continue;
        const text = writesLabel ? formatPlain(values[step] ?? NaN) : '';
        let column = byValue.get(text);
        if (column === undefined) {
          budget.countPoints(grid.count);
          column = emptyColumn(withLabel(base, name, text), grid.count);
          byValue.set(text, column);
          columns.push(column);
        }
        setStep(column, step, (column.values[step] ?? 0) + 1);
      }
    }
  }
  return columns;
}
