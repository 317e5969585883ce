/** Paths to the number of an aggregation: `_count`, `name`, `name.avg`, `name[95.0]`, `name.95`. */
import type { AggregationResult, Bucket, StatsResult } from '#storage/document-search.ts';

/** The number; null where the aggregation has none, undefined where the bucket lacks the aggregation. */
export function metricAt(bucket: Bucket, path: string): number | null | undefined {
  if (path === '_count') return bucket.count;
  const bracket = /^(.*)\[([^\]]*)\]$/s.exec(path);
  if (bracket !== null) return inResult(resultOf(bucket, bracket[1] ?? ''), bracket[2] ?? '');
  const whole = resultOf(bucket, path);
  if (whole !== undefined) return inResult(whole, 'value');
  // Names may hold dots, and so may percents.
  for (let at = path.indexOf('.'); at >= 0; at = path.indexOf('.', at + 1)) {
    const result = resultOf(bucket, path.slice(0, at));
    if (result !== undefined) return inResult(result, path.slice(at + 1));
  }
  const step = path.indexOf('>');
  const inner = step < 0 ? undefined : resultOf(bucket, path.slice(0, step));
  return inner?.kind === 'bucket' ? metricAt(inner.bucket, path.slice(step + 1)) : undefined;
}

function resultOf({ results }: Bucket, name: string): AggregationResult | undefined {
  return Object.hasOwn(results, name) ? results[name] : undefined;
}

const BUCKET_COUNT = new Set(['value', '_count']);

function inResult(result: AggregationResult | undefined, property: string): number | null | undefined {
  switch (result?.kind) {
    case 'value':
    case 'derivative':
      return result.value;
    case 'bucket':
      return BUCKET_COUNT.has(property) ? result.bucket.count : null;
    case 'stats':
      return inStats(result.stats, property);
    case 'percentiles':
      return percentileOf(result.values, property);
    case 'buckets':
    case 'top':
      return null;
    case undefined:
      return undefined;
    default:
      return result satisfies never;
  }
}

/** Where there is one only it needs no name. */
function percentileOf(
  values: readonly (readonly [percent: number, value: number | null])[],
  property: string,
): number | null {
  const wanted = property === 'value' && values.length === 1 ? values[0]?.[0] : Number(property);
  return values.find(([percent]) => percent === wanted)?.[1] ?? null;
}

function inStats(stats: StatsResult, property: string): number | null {
  const { count, min, max, avg, sum, extended } = stats;
  const figures = new Map<string, number | null | undefined>([
    ['count', count],
    ['min', min],
    ['max', max],
    ['avg', avg],
    ['sum', sum],
    // Of nothing it is shown as null, and counts as zero.
    ['sum_of_squares', extended === undefined ? undefined : (extended.sumOfSquares ?? 0)],
    ['variance', extended?.variancePopulation],
    ['variance_population', extended?.variancePopulation],
    ['variance_sampling', extended?.varianceSampling],
    ['std_deviation', root(extended?.variancePopulation)],
    ['std_deviation_population', root(extended?.variancePopulation)],
    ['std_deviation_sampling', root(extended?.varianceSampling)],
  ]);
  return figures.get(property) ?? null;
}

function root(variance: number | null | undefined): number | undefined {
  return variance === null || variance === undefined ? undefined : Math.sqrt(variance);
}
