/** Aggregations to numbers. */
import {
  compensatedSum,
  type CompensatedSum,
} from '#storage/embedded/documents/core/search/aggregate/sum.ts';
import type { AggregationResult, FieldValue, MetricAggregation } from '#storage/document-search.ts';
import { numericValue, type Compiled } from '#storage/embedded/documents/core/search/aggregate/collector.ts';
import type { AggregationBudget } from '#storage/embedded/documents/core/search/aggregate/budget.ts';
import { topMetrics } from '#storage/embedded/documents/core/search/aggregate/top-metrics.ts';
import type { Cells, Fields } from '#storage/embedded/documents/core/search/field-access.ts';

type OnField = Exclude<MetricAggregation, { readonly kind: 'top_metrics' }>;

export function compileMetric(
  aggregation: MetricAggregation,
  fields: Fields,
  budget: AggregationBudget,
): Compiled {
  if (aggregation.kind === 'top_metrics') return topMetrics(aggregation, fields);
  const access = fields.access(aggregation.field);
  const { missing } = aggregation;
  const standIn = missing === undefined ? undefined : [missing];
  const valuesOf = (cells: Cells): readonly FieldValue[] => {
    const values = access.read(cells);
    if (values.length === 0 && standIn !== undefined) return standIn;
    // Elasticsearch keeps equal keywords of a document once, equal numbers as often as they come.
    return values.length > 1 && typeof values[0] === 'string' ? [...new Set(values)] : values;
  };
  return {
    columns: access.columns,
    create: () => {
      const made = metric(aggregation, budget);
      return {
        take: (cells) => {
          for (const value of valuesOf(cells)) made.take(value);
        },
        result: () => made.result(),
      };
    },
  };
}

interface Metric {
  take(value: FieldValue): void;
  result(): AggregationResult;
}

function metric(aggregation: OnField, budget: AggregationBudget): Metric {
  switch (aggregation.kind) {
    case 'cardinality':
      return cardinality(budget);
    case 'percentiles':
      return percentiles(aggregation, budget);
    case 'value_count':
      return valueCount();
    case 'avg':
    case 'sum':
    case 'min':
    case 'max':
    case 'stats':
    case 'extended_stats':
      return statistics(aggregation);
    default:
      return aggregation satisfies never;
  }
}

function valueCount(): Metric {
  let count = 0;
  return {
    take: () => {
      count += 1;
    },
    result: () => ({ kind: 'value', value: count }),
  };
}

function cardinality(budget: AggregationBudget): Metric {
  const seen = new Set<FieldValue>();
  return {
    take: (value) => {
      if (seen.has(value)) return;
      budget.takeValue();
      seen.add(value);
    },
    result: () => ({ kind: 'value', value: seen.size }),
  };
}

function percentiles(
  aggregation: Extract<OnField, { kind: 'percentiles' }>,
  budget: AggregationBudget,
): Metric {
  const all: number[] = [];
  return {
    take: (value) => {
      const number = numericValue(value);
      if (number === undefined) return;
      budget.takeValue();
      all.push(number);
    },
    result: () => {
      const sorted = Float64Array.from(all).sort();
      const values = aggregation.percents.map(
        (percent) => [percent, quantile(sorted, percent / 100)] as const,
      );
      return { kind: 'percentiles', values, keyed: aggregation.keyed };
    },
  };
}

/** Between the two values nearest to the place, in proportion; null of none. */
export function quantile(sorted: Float64Array, at: number): number | null {
  if (sorted.length === 0) return null;
  const place = at * (sorted.length - 1);
  const low = Math.floor(place);
  const below = sorted[low] ?? 0;
  const above = sorted[Math.min(low + 1, sorted.length - 1)] ?? below;
  return below + (above - below) * (place - low);
}

interface Moments {
  count: number;
  min: number;
  max: number;
  readonly sum: CompensatedSum;
  readonly squares: CompensatedSum;
}

function statistics(aggregation: OnField): Metric {
  const moments: Moments = {
    count: 0,
    min: Infinity,
    max: -Infinity,
    sum: compensatedSum(),
    squares: compensatedSum(),
  };
  return {
    take: (value) => {
      const number = numericValue(value);
      if (number === undefined) return;
      moments.count += 1;
      if (number < moments.min) moments.min = number;
      if (number > moments.max) moments.max = number;
      moments.sum.add(number);
      moments.squares.add(number * number);
    },
    result: () => shown(aggregation, moments),
  };
}

function shown(aggregation: OnField, moments: Moments): AggregationResult {
  const { count, min, max } = moments;
  const sum = moments.sum.value();
  const some = (value: number): number | null => (count === 0 ? null : value);
  const single = new Map<OnField['kind'], number | null>([
    ['min', some(min)],
    ['max', some(max)],
    ['avg', some(sum / count)],
    ['sum', sum],
  ]);
  const value = single.get(aggregation.kind);
  if (value !== undefined) return { kind: 'value', value };
  const extended = aggregation.kind === 'extended_stats' ? extendedOf(moments, aggregation.sigma) : undefined;
  const stats = { count, min: some(min), max: some(max), avg: some(sum / count), sum, extended };
  return { kind: 'stats', stats };
}

function extendedOf({ count, sum, squares }: Moments, sigma: number) {
  const total = sum.value();
  const sumOfSquares = squares.value();
  // Rounding can make it a little less than nothing.
  const spread = Math.max(0, sumOfSquares - (total * total) / count);
  return {
    sumOfSquares: count === 0 ? null : sumOfSquares,
    variancePopulation: count === 0 ? null : spread / count,
    varianceSampling: count === 0 ? null : spread / (count - 1),
    sigma,
  };
}
