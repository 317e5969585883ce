/** Value-by-value work over a vector. */
import { dropMetricName } from '#promql/labels.ts';
import type { EvaluationContext } from '#promql/engine/context.ts';
import { emptyColumn, isEmpty, joinEqualLabels, setStep, type Column } from '#promql/engine/values.ts';

/**
 * A new vector without metric names; where `evaluate` answers undefined there is
 * no sample.
 *
 * @throws CodedError `PLIM_PROMQL_EXECUTION` when two series become one
 */
export function mapValues(
  series: readonly Column[],
  { grid, budget }: EvaluationContext,
  evaluate: (value: number, step: number) => number | undefined,
): readonly Column[] {
  budget.countPoints(series.length * grid.count);
  const columns = series.map(({ labels, values, present }) => {
    const column = emptyColumn(dropMetricName(labels), grid.count);
    for (let step = 0; step < grid.count; step += 1) {
      if (present[step] === 0) continue;
      const result = evaluate(values[step] ?? NaN, step);
      if (result !== undefined) setStep(column, step, result);
    }
    return column;
  });
  return joinEqualLabels(columns.filter((column) => !isEmpty(column)));
}
