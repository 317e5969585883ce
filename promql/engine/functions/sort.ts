/** Functions that order an instant vector; a range result is ordered by labels whatever they say. */
import { compareLabels, labelOf } from '#promql/labels.ts';
import { compareNatural } from '#promql/natural-order.ts';
import { stringArgument, vectorArgument } from '#promql/engine/functions/arguments.ts';
import type { CallSite, FunctionTable, ValueFunction } from '#promql/engine/functions/table.ts';
import { vectorOf, type Column, type Value } from '#promql/engine/values.ts';

/** 1 = smallest first. */
type Direction = 1 | -1;
type Comparison = (left: Column, right: Column) => number;

function sorter(comparisonOf: (args: readonly Value[]) => Comparison): ValueFunction {
  return {
    kind: 'values',
    evaluate: (args, { call, context }: CallSite) => {
      const series = vectorArgument(args, 0);
      if (context.bounds.endMs !== context.bounds.startMs) {
        context.annotations.warn(
          'sort is ineffective for range queries since results are always ordered by labels',
          call.start,
        );
        return vectorOf(series);
      }
      return vectorOf(series.toSorted(comparisonOf(args)));
    },
  };
}

/** NaN is last in either direction. */
function byValue(direction: Direction): Comparison {
  return (one, other) => {
    const [left, right] = [one.values[0] ?? NaN, other.values[0] ?? NaN];
    if (Number.isNaN(left) || Number.isNaN(right))
      return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
    if (left === right) return 0;
    return left < right ? -direction : direction;
  };
}

/** By the labels named after the vector, then by all of them. */
function byLabels(args: readonly Value[], direction: Direction): Comparison {
  const names = args.slice(1).map((_, index) => stringArgument(args, index + 1));
  return (left, right) => {
    for (const name of names) {
      const order = compareNatural(labelOf(left.labels, name), labelOf(right.labels, name));
      if (order !== 0) return direction * order;
    }
    return direction * compareLabels(left.labels, right.labels);
  };
}

export const SORT_FUNCTIONS: FunctionTable = {
  sort: sorter(() => byValue(1)),
  sort_desc: sorter(() => byValue(-1)),
  sort_by_label: sorter((args) => byLabels(args, 1)),
  sort_by_label_desc: sorter((args) => byLabels(args, -1)),
};
