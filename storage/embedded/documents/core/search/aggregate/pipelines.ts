/** Aggregations over the buckets of a histogram, made when these are complete. */
import type {
  AggregationResult,
  Aggregations,
  Bucket,
  PipelineAggregation,
} from '#storage/document-search.ts';
import { metricAt } from '#storage/embedded/documents/core/search/aggregate/paths.ts';

/** In the order in which they were asked for, so that one may use another before it. */
export function addPipelines(buckets: readonly Bucket[], aggregations: Aggregations): readonly Bucket[] {
  let all = buckets;
  for (const [name, aggregation] of Object.entries(aggregations)) {
    if (aggregation.kind !== 'derivative' && aggregation.kind !== 'cumulative_sum') continue;
    const results = pipelineResults(all, aggregation);
    all = all.map((bucket, at) => {
      const result = results[at];
      return result === undefined ? bucket : { ...bucket, results: { ...bucket.results, [name]: result } };
    });
  }
  return all;
}

function pipelineResults(
  buckets: readonly Bucket[],
  aggregation: PipelineAggregation,
): readonly (AggregationResult | undefined)[] {
  return aggregation.kind === 'cumulative_sum'
    ? running(buckets, aggregation.path)
    : derivatives(buckets, aggregation);
}

function running(buckets: readonly Bucket[], path: string): readonly AggregationResult[] {
  let sum = 0;
  return buckets.map((bucket) => {
    sum += metricAt(bucket, path) ?? 0;
    return { kind: 'value', value: sum };
  });
}

function derivatives(
  buckets: readonly Bucket[],
  { path, gaps, unitMs }: Extract<PipelineAggregation, { kind: 'derivative' }>,
): readonly (AggregationResult | undefined)[] {
  const valueOf = (bucket: Bucket): number | undefined => {
    const isGap = bucket.count === 0 && path !== '_count';
    const value = isGap ? undefined : metricAt(bucket, path);
    return value === undefined && gaps === 'zero' ? 0 : value;
  };
  return buckets.map((bucket, at) => {
    const before = buckets[at - 1];
    if (before === undefined) return undefined;
    const [from, to] = [valueOf(before), valueOf(bucket)];
    if (from === undefined || to === undefined)
      return { kind: 'derivative', value: null, normalized: undefined };
    const units = unitMs === undefined ? undefined : (Number(bucket.key) - Number(before.key)) / unitMs;
    const value = to - from;
    return { kind: 'derivative', value, normalized: units === undefined ? undefined : value / units };
  });
}
