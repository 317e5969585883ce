/** `topk` and `bottomk`: the largest or smallest series of each group, at every step. */
import { executionError } from '#promql/syntax/position.ts';
import type { Aggregation } from '#promql/syntax/ast.ts';
import { groupSeries } from '#promql/engine/aggregate.ts';
import type { EvaluationContext } from '#promql/engine/context.ts';
import { emptyColumn, isEmpty, setStep, type Column } from '#promql/engine/values.ts';

const INT64_END = 2 ** 63;

/** The series keep their labels; an instant result is in order of rank within its group. */
export async function topSeries(
  series: readonly Column[],
  aggregation: Aggregation,
  { context, parameter }: { readonly context: EvaluationContext; readonly parameter: Float64Array },
): Promise<readonly Column[]> {
  const { grid, budget, bounds } = context;
  const largest = aggregation.operator === 'topk';
  const isInstant = bounds.startMs === bounds.endMs && grid.count === 1;
  const limits = limitsOf(parameter);
  const result: Column[] = [];
  for (const { members } of groupSeries(series, aggregation)) {
    budget.countPoints(members.length * grid.count);
    const columns = members.map(({ labels }) => emptyColumn(labels, grid.count));
    let order: readonly number[] = [];
    for (let step = 0; step < grid.count; step += 1) {
      order = rank(members, step, largest).slice(0, limits[step]);
      for (const index of order) {
        const column = columns[index];
        if (column !== undefined) setStep(column, step, members[index]?.values[step] ?? NaN);
      }
      if (budget.spend(members.length)) await budget.pause();
    }
    const ordered = isInstant ? order.map((index) => columns[index]) : columns;
    result.push(
      ...ordered
        .filter((column) => column !== undefined && !isEmpty(column))
        .map((column) => column as Column),
    );
  }
  return result;
}

/**
 * How many series the parameter asks for at every step.
 *
 * @throws CodedError `PLIM_PROMQL_EXECUTION` for NaN and for what fits no int64, unless no step asks for any
 */
export function limitsOf(parameter: Float64Array): readonly number[] {
  if (parameter.every((limit) => limit < 1)) return Array.from(parameter, () => 0);
  return Array.from(parameter, (limit) => {
    if (Number.isNaN(limit)) throw executionError('Parameter value is NaN');
    if (limit >= INT64_END) throw executionError(`Scalar value ${limit} overflows int64`);
    if (limit <= -INT64_END) throw executionError(`Scalar value ${limit} underflows int64`);
    return Math.max(0, Math.trunc(limit));
  });
}

/** Indices of the members present at `step`, best first, NaN last; ties keep their order. */
function rank(members: readonly Column[], step: number, largest: boolean): number[] {
  const indices: number[] = [];
  for (const [index, { present }] of members.entries()) if (present[step] === 1) indices.push(index);
  const valueAt = (index: number): number => members[index]?.values[step] ?? NaN;
  return indices.sort((left, right) => {
    const [a, b] = [valueAt(left), valueAt(right)];
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    if (a === b) return 0;
    return a > b === largest ? -1 : 1;
  });
}
