/** `histogram_quantile` over classic histograms: one series a bucket, bounds in `le`. */
import type { Labels } from '#signals/matchers.ts';
import { dropLabels, keyWithout, labelOf, METRIC_NAME } from '#promql/labels.ts';
import { parseNumber } from '#promql/syntax/numbers.ts';
import { present } from '#base/invariant.ts';
import { scalarArgument, vectorArgument } from '#promql/engine/functions/arguments.ts';
import type { CallSite, FunctionTable } from '#promql/engine/functions/table.ts';
import { formatValue } from '#promql/format-value.ts';
import { emptyColumn, isEmpty, setStep, vectorOf, type Column, type Value } from '#promql/engine/values.ts';

const NOT_IDENTITY: ReadonlySet<string> = new Set([METRIC_NAME, 'le', '__type__', '__unit__']);
/** Relative differences of counts up to this are rounding, not a broken histogram. */
const COUNT_TOLERANCE = 1e-12;

interface BucketSeries {
  readonly bound: number;
  readonly column: Column;
}

interface Histogram {
  readonly labels: Labels;
  readonly metric: string;
  readonly buckets: BucketSeries[];
}

/** Bounds and cumulative counts at one step, by bound. */
interface Buckets {
  readonly bounds: number[];
  readonly counts: number[];
}

function histogramQuantile(args: readonly Value[], site: CallSite): Value {
  const { grid, budget } = site.context;
  const ratios = scalarArgument(args, 0);
  warnOfRatios(ratios, site);
  const histograms = groupBuckets(vectorArgument(args, 1), site);
  budget.countPoints(histograms.length * grid.count);
  const columns = histograms.map((histogram) => {
    const column = emptyColumn(histogram.labels, grid.count);
    let forced = false;
    for (let step = 0; step < grid.count; step += 1) {
      const buckets = bucketsAt(histogram.buckets, step);
      if (buckets.bounds.length === 0) continue;
      const { value, raised } = quantile(ratios[step] ?? NaN, buckets);
      setStep(column, step, value);
      forced ||= raised;
    }
    if (forced) noteMonotonicity(histogram.metric, site);
    return column;
  });
  return vectorOf(columns.filter((column) => !isEmpty(column)));
}

function warnOfRatios(ratios: Float64Array, { call, context }: CallSite): void {
  const argument = present(call.args[0], 'histogram_quantile has two arguments');
  for (const ratio of new Set(ratios)) {
    if (!(ratio >= 0 && ratio <= 1)) warnOfRatio(ratio, argument.start, context);
  }
}

/** The warning for a quantile outside of 0 … 1. */
export function warnOfRatio(ratio: number, offset: number, context: CallSite['context']): void {
  context.annotations.warn(`quantile value should be between 0 and 1, got ${formatValue(ratio)}`, offset);
}

function noteMonotonicity(metric: string, { call, context }: CallSite): void {
  const suffix = metric === '' ? '' : ` for metric name "${metric}"`;
  context.annotations.info(
    'input to histogram_quantile needed to be fixed for monotonicity (see ' +
      `https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)${suffix}`,
    present(call.args[1], 'histogram_quantile has two arguments').start,
  );
}

function groupBuckets(series: readonly Column[], { call, context }: CallSite): readonly Histogram[] {
  const byKey = new Map<string, Histogram>();
  for (const column of series) {
    const text = labelOf(column.labels, 'le');
    const metric = labelOf(column.labels, METRIC_NAME);
    const bound = boundOf(text);
    if (bound === undefined) {
      const suffix = metric === '' ? '' : ` for metric name "${metric}"`;
      const message = `bucket label "le" is missing or has a malformed value of "${text}"${suffix}`;
      context.annotations.warn(message, present(call.args[1], 'two arguments').start);
      continue;
    }
    const key = keyWithout(column.labels, NOT_IDENTITY);
    let histogram = byKey.get(key);
    if (histogram === undefined) {
      histogram = { labels: dropLabels(column.labels, NOT_IDENTITY), metric, buckets: [] };
      byKey.set(key, histogram);
    }
    histogram.buckets.push({ bound, column });
  }
  for (const { buckets } of byKey.values())
    buckets.sort((left, right) => (left.bound < right.bound ? -1 : Number(left.bound > right.bound)));
  return [...byKey.values()];
}

function boundOf(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[+-]/, '');
  const value = /^(?:inf|infinity|nan|[\d.]+(?:e[+-]?\d+)?)$/i.test(digits)
    ? parseNumber(digits.replace(/^infinity$/i, 'inf'))
    : undefined;
  return value === undefined ? undefined : sign * value;
}

/** Buckets with equal bounds (`1` and `1.0`) are one. */
function bucketsAt(series: readonly BucketSeries[], step: number): Buckets {
  const bounds: number[] = [];
  const counts: number[] = [];
  for (const { bound, column } of series) {
    if (column.present[step] === 0) continue;
    const value = column.values[step] ?? NaN;
    const last = bounds.length - 1;
    if (last >= 0 && bounds[last] === bound) counts[last] = (counts[last] ?? 0) + value;
    else {
      bounds.push(bound);
      counts.push(value);
    }
  }
  return { bounds, counts };
}

interface QuantileResult {
  readonly value: number;
  /** Whether counts had to be raised to be monotone. */
  readonly raised: boolean;
}

function quantile(ratio: number, { bounds, counts }: Buckets): QuantileResult {
  if (Number.isNaN(ratio)) return { value: NaN, raised: false };
  if (ratio < 0) return { value: -Infinity, raised: false };
  if (ratio > 1) return { value: Infinity, raised: false };
  if (bounds.at(-1) !== Infinity) return { value: NaN, raised: false };
  const raised = makeMonotone(counts);
  const total = counts.at(-1) ?? 0;
  if (bounds.length < 2 || total === 0) return { value: NaN, raised };
  return { value: interpolate(ratio * total, { bounds, counts }), raised };
}

function interpolate(rank: number, { bounds, counts }: Buckets): number {
  const top = bounds.length - 1;
  const found = counts.findIndex((count) => count >= rank);
  const bucket = found < 0 ? top : Math.min(found, top);
  if (bucket === top) return bounds[top - 1] ?? NaN;
  const end = bounds[bucket] ?? NaN;
  if (bucket === 0 && end <= 0) return end;
  // The lowest bucket starts at zero and has nothing below it.
  const start = bounds[bucket - 1] ?? 0;
  const below = counts[bucket - 1] ?? 0;
  return start + (end - start) * ((rank - below) / ((counts[bucket] ?? NaN) - below));
}

function makeMonotone(counts: number[]): boolean {
  let raised = false;
  let previous = counts[0] ?? NaN;
  for (let index = 1; index < counts.length; index += 1) {
    const current = counts[index] ?? NaN;
    if (almostEqual(previous, current)) counts[index] = previous;
    else if (current < previous) {
      counts[index] = previous;
      raised = true;
    } else previous = current;
  }
  return raised;
}

function almostEqual(left: number, right: number): boolean {
  if (left === right) return true;
  const sum = Math.abs(left) + Math.abs(right);
  return Math.abs(left - right) / Math.min(sum, Number.MAX_VALUE) < COUNT_TOLERANCE;
}

export const HISTOGRAM_FUNCTIONS: FunctionTable = {
  histogram_quantile: { kind: 'values', evaluate: histogramQuantile },
};
