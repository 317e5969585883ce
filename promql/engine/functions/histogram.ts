/** Functions of classic histograms: one series a bucket, bounds in `le`. */
import { present } from '#base/invariant.ts';
import { withLabel } from '#promql/labels.ts';
import { scalarArgument, stringArgument, vectorArgument } from '#promql/engine/functions/arguments.ts';
import { fractionOfBuckets, quantileOfBuckets } from '#promql/engine/functions/bucket-math.ts';
import { bucketsAt, groupBuckets, type Buckets, type Histogram } from '#promql/engine/functions/buckets.ts';
import type { CallSite, FunctionTable } from '#promql/engine/functions/table.ts';
import { formatOpenMetrics, formatValue } from '#promql/format-value.ts';
import {
  emptyColumn,
  isEmpty,
  joinEqualLabels,
  setStep,
  vectorOf,
  type Column,
  type Value,
} from '#promql/engine/values.ts';

/** A call on argument `index`, the vector of buckets. */
interface BucketsCall extends CallSite {
  readonly index: number;
}

function histogramsOf(args: readonly Value[], site: BucketsCall): readonly Histogram[] {
  return groupBuckets(vectorArgument(args, site.index), offsetOf(site.index, site), site.context);
}

function offsetOf(index: number, { call }: CallSite): number {
  return present(call.args[index], 'a checked call has its arguments').start;
}

/** One value a step where the histogram has buckets. */
function columnOf(
  { labels, buckets: series }: Histogram,
  { grid, budget }: CallSite['context'],
  evaluate: (buckets: Buckets, step: number) => number,
): Column {
  budget.countPoints(grid.count);
  const column = emptyColumn(labels, grid.count);
  for (let step = 0; step < grid.count; step += 1) {
    const buckets = bucketsAt(series, step);
    if (buckets.bounds.length > 0) setStep(column, step, evaluate(buckets, step));
  }
  return column;
}

function vectorOfHistograms(columns: readonly Column[]): Value {
  return vectorOf(joinEqualLabels(columns.filter((column) => !isEmpty(column))));
}

function quantileColumn(histogram: Histogram, ratios: Float64Array, site: BucketsCall): Column {
  let forced = false;
  const column = columnOf(histogram, site.context, (buckets, step) => {
    const { value, raised } = quantileOfBuckets(ratios[step] ?? NaN, buckets);
    forced ||= raised;
    return value;
  });
  if (forced) noteMonotonicity(histogram.metric, site);
  return column;
}

function histogramQuantile(args: readonly Value[], { call, context }: CallSite): Value {
  const site = { call, context, index: 1 };
  const ratios = scalarArgument(args, 0);
  warnOfRatios(ratios, offsetOf(0, site), context);
  return vectorOfHistograms(
    histogramsOf(args, site).map((histogram) => quantileColumn(histogram, ratios, site)),
  );
}

/** Several quantiles at once, each told by a label. */
function histogramQuantiles(args: readonly Value[], { call, context }: CallSite): Value {
  const site = { call, context, index: 0 };
  const name = stringArgument(args, 1);
  const histograms = histogramsOf(args, site);
  const columns: Column[] = [];
  for (let index = 2; index < args.length; index += 1) {
    const ratios = scalarArgument(args, index);
    warnOfRatios(ratios, offsetOf(index, site), context);
    for (const histogram of histograms) {
      columns.push(...labelledByRatio(quantileColumn(histogram, ratios, site), name, ratios));
    }
  }
  return vectorOfHistograms(columns);
}

/** The column in parts, one for every ratio; nearly always there is one. */
function labelledByRatio(column: Column, name: string, ratios: Float64Array): readonly Column[] {
  return [...new Set(ratios)].map((ratio) => {
    const labels = withLabel(column.labels, name, formatOpenMetrics(ratio));
    const isRatio = (step: number): boolean => [ratio].includes(ratios[step] ?? NaN);
    const there = column.present.map((one, step) => Number(one === 1 && isRatio(step)));
    return { labels, values: column.values, present: there };
  });
}

function histogramFraction(args: readonly Value[], { call, context }: CallSite): Value {
  const lower = scalarArgument(args, 0);
  const upper = scalarArgument(args, 1);
  const histograms = histogramsOf(args, { call, context, index: 2 });
  return vectorOfHistograms(
    histograms.map((histogram) =>
      columnOf(histogram, context, (buckets, step) =>
        fractionOfBuckets(lower[step] ?? NaN, upper[step] ?? NaN, buckets),
      ),
    ),
  );
}

/** Warns of every ratio outside of 0 … 1. @param offset of their expression in the query's text */
export function warnOfRatios(
  ratios: Float64Array | undefined,
  offset: number,
  { annotations }: CallSite['context'],
): void {
  for (const ratio of new Set(ratios)) {
    if (ratio >= 0 && ratio <= 1) continue;
    annotations.warn(`quantile value should be between 0 and 1, got ${formatValue(ratio)}`, offset);
  }
}

function noteMonotonicity(metric: string, site: BucketsCall): void {
  const suffix = metric === '' ? '' : ` for metric name "${metric}"`;
  site.context.annotations.info(
    'input to histogram_quantile needed to be fixed for monotonicity (see ' +
      `https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)${suffix}`,
    offsetOf(site.index, site),
  );
}

export const HISTOGRAM_FUNCTIONS: FunctionTable = {
  histogram_quantile: { kind: 'values', evaluate: histogramQuantile },
  histogram_quantiles: { kind: 'values', evaluate: histogramQuantiles },
  histogram_fraction: { kind: 'values', evaluate: histogramFraction },
};
