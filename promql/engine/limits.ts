/** `limitk` and `limit_ratio`: some of the series, whatever their values are. */
import type { Aggregation } from '#promql/syntax/ast.ts';
import { executionError } from '#promql/syntax/position.ts';
import { formatValue } from '#promql/format-value.ts';
import { shareOf } from '#promql/label-share.ts';
import { groupSeries } from '#promql/engine/aggregate.ts';
import type { EvaluationContext } from '#promql/engine/context.ts';
import { limitsOf } from '#promql/engine/top.ts';
import { emptyColumn, setStep, type Column } from '#promql/engine/values.ts';

/** Points that take as long as the hash of one label set. */
const HASH_WORK = 2000;

interface Limits {
  readonly context: EvaluationContext;
  /** The aggregation's parameter, one value a step. */
  readonly parameter: Float64Array;
}

/** `limitk`: the first series of each group that are there, at every step. */
export async function limitedSeries(
  series: readonly Column[],
  aggregation: Aggregation,
  { context, parameter }: Limits,
): Promise<readonly Column[]> {
  const { grid, budget } = context;
  const limits = limitsOf(parameter);
  const result: Column[] = [];
  for (const { members } of groupSeries(series, aggregation)) {
    const taken = new Uint32Array(grid.count);
    for (const column of members) {
      const found = kept(column, context, (step) => {
        taken[step] = (taken[step] ?? 0) + 1;
        return (taken[step] ?? 0) <= (limits[step] ?? 0);
      });
      result.push(...found);
      if (budget.spend(grid.count)) await budget.pause();
    }
  }
  return result;
}

/**
 * `limit_ratio`: about that share of all series, by a hash of their labels. Those
 * of `r` and those of `r − 1` are all.
 */
export async function sampledSeries(
  series: readonly Column[],
  aggregation: Aggregation,
  { context, parameter }: Limits,
): Promise<readonly Column[]> {
  const { grid, budget } = context;
  warnOfRatios(parameter, aggregation, context);
  const ratios = parameter.map((ratio) => Math.max(-1, Math.min(1, ratio)));
  const result: Column[] = [];
  for (const column of series) {
    const share = shareOf(column.labels);
    result.push(...kept(column, context, (step) => isWithin(ratios[step] ?? 0, share)));
    if (budget.spend(HASH_WORK + grid.count)) await budget.pause();
  }
  return result;
}

function isWithin(ratio: number, share: number): boolean {
  return ratio >= 0 ? share < ratio : share >= 1 + ratio;
}

function warnOfRatios(
  ratios: Float64Array,
  { parameter, start }: Aggregation,
  { annotations }: EvaluationContext,
): void {
  if (ratios.some(Number.isNaN)) throw executionError('Ratio value is NaN');
  let [least, most] = [-1, 1];
  for (const ratio of ratios) {
    least = Math.min(least, ratio);
    most = Math.max(most, ratio);
  }
  const warn = (ratio: number, limit: number): void => {
    const message = `ratio value should be between -1 and 1, got ${formatValue(ratio)}, capping to ${limit}`;
    annotations.warn(message, parameter?.start ?? start);
  };
  if (most > 1) warn(most, 1);
  if (least < -1) warn(least, -1);
}

/** The points whose step `isTaken`, which is asked for points only; nothing is made of a series without any. */
function kept(
  { labels, values, present }: Column,
  { grid, budget }: EvaluationContext,
  isTaken: (step: number) => boolean,
): readonly Column[] {
  let column: Column | undefined;
  for (let step = 0; step < grid.count; step += 1) {
    if (present[step] === 0 || !isTaken(step)) continue;
    if (column === undefined) {
      budget.countPoints(grid.count);
      column = emptyColumn(labels, grid.count);
    }
    setStep(column, step, values[step] ?? NaN);
  }
  return column === undefined ? [] : [column];
}
