/** Classic histograms: series with bounds in `le` put together, one histogram for all that differs in nothing else. */
import type { Labels } from '#signals/matchers.ts';
import { dropLabels, keyWithout, labelOf, METRIC_NAME } from '#promql/labels.ts';
import { parseNumber } from '#promql/syntax/numbers.ts';
import type { EvaluationContext } from '#promql/engine/context.ts';
import type { Column } from '#promql/engine/values.ts';

const BOUND: ReadonlySet<string> = new Set(['le']);
/** Labels that a function of histograms takes away. */
const NOT_KEPT: ReadonlySet<string> = new Set([METRIC_NAME, 'le', '__type__', '__unit__']);

export interface BucketSeries {
  readonly bound: number;
  readonly column: Column;
}

export interface Histogram {
  readonly labels: Labels;
  readonly metric: string;
  readonly buckets: BucketSeries[];
}

/** Bounds and cumulative counts at one step, by bound. */
export interface Buckets {
  readonly bounds: number[];
  readonly counts: number[];
}

/**
 * The histograms of a vector. Series without a bound are left out with a warning.
 *
 * @param offset of the vector in the query's text
 */
export function groupBuckets(
  series: readonly Column[],
  offset: number,
  { annotations }: EvaluationContext,
): readonly Histogram[] {
  const byKey = new Map<string, Histogram>();
  for (const column of series) {
    const text = labelOf(column.labels, 'le');
    const metric = labelOf(column.labels, METRIC_NAME);
    const bound = boundOf(text);
    if (bound === undefined) {
      const suffix = metric === '' ? '' : ` for metric name "${metric}"`;
      const message = `bucket label "le" is missing or has a malformed value of "${text}"${suffix}`;
      annotations.warn(message, offset);
      continue;
    }
    const key = keyWithout(column.labels, BOUND);
    let histogram = byKey.get(key);
    if (histogram === undefined) {
      histogram = { labels: dropLabels(column.labels, NOT_KEPT), metric, buckets: [] };
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

/** What is there at one step. Buckets with equal bounds (`1` and `1.0`) are one. */
export function bucketsAt(series: readonly BucketSeries[], step: number): Buckets {
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
