/** Aggregations over buckets, made when these are complete. */
import type { AggregationBudget } from '#storage/embedded/documents/core/search/aggregate/budget.ts';
import { movingValue } from '#storage/embedded/documents/core/search/aggregate/moving-functions.ts';
import { metricAt } from '#storage/embedded/documents/core/search/aggregate/paths.ts';
import { evaluateScript, scriptSize } from '#storage/embedded/documents/core/search/aggregate/script.ts';
import {
  isPipeline,
  pathsOf,
  type AggregationResult,
  type Aggregations,
  type Bucket,
  type GapPolicy,
  type PipelineAggregation,
} from '#storage/document-search.ts';

/** Undefined where a bucket gets none. */
type Results = readonly (AggregationResult | undefined)[];
type Of<Kind extends PipelineAggregation['kind']> = Extract<PipelineAggregation, { readonly kind: Kind }>;

export interface PipelineLevel {
  readonly aggregations: Aggregations;
  readonly budget: AggregationBudget;
}

/** @throws CodedError `PLIM_QUERY_LIMIT`, `PLIM_PARAMETER` for a script that fails on these values */
export function addPipelines(buckets: readonly Bucket[], level: PipelineLevel): readonly Bucket[] {
  let all = buckets;
  for (const [name, aggregation] of inOrder(level.aggregations)) {
    const results = pipelineResults(all, aggregation, level.budget);
    all = all.map((bucket, at) => {
      const result = results[at];
      return result === undefined ? bucket : { ...bucket, results: { ...bucket.results, [name]: result } };
    });
  }
  return all;
}

/** Each after those it takes its numbers from; that none waits for itself was seen to before. */
function inOrder(aggregations: Aggregations): ReadonlyMap<string, PipelineAggregation> {
  const ordered = new Map<string, PipelineAggregation>();
  const seen = new Set<string>();
  const visit = (name: string): void => {
    const aggregation = Object.hasOwn(aggregations, name) ? aggregations[name] : undefined;
    if (aggregation === undefined || !isPipeline(aggregation) || seen.has(name)) return;
    seen.add(name);
    for (const path of pathsOf(aggregation)) for (const head of [path, headOf(path)]) visit(head);
    ordered.set(name, aggregation);
  };
  for (const name of Object.keys(aggregations)) visit(name);
  return ordered;
}

/** What pipelines make has no parts but its value. */
function headOf(path: string): string {
  return path.replace(/(?:\.value|\[value\])$/, '');
}

function pipelineResults(
  buckets: readonly Bucket[],
  aggregation: PipelineAggregation,
  budget: AggregationBudget,
): Results {
  switch (aggregation.kind) {
    case 'cumulative_sum':
      return running(buckets, aggregation.path);
    case 'derivative':
      return derivatives(buckets, aggregation);
    case 'serial_diff':
      return differences(buckets, aggregation);
    case 'moving_fn':
      return moving(buckets, aggregation, budget);
    case 'bucket_script':
      return scripted(buckets, aggregation, budget);
    default:
      return aggregation satisfies never;
  }
}

/** Null for a gap, undefined where the bucket lacks the aggregation, which is no gap to fill. */
function valueOf(bucket: Bucket, path: string, gaps: GapPolicy): number | null | undefined {
  const value = metricAt(bucket, path);
  if (value === undefined) return undefined;
  const isEmpty = bucket.count === 0 && path !== '_count';
  if (value !== null && (!isEmpty || gaps === 'keep')) return value;
  return gaps === 'zero' ? 0 : null;
}

function running(buckets: readonly Bucket[], path: string): Results {
  let sum = 0;
  return buckets.map((bucket) => {
    sum += valueOf(bucket, path, 'zero') ?? 0;
    return { kind: 'value', value: sum };
  });
}

function derivatives(buckets: readonly Bucket[], { path, gaps, unitMs }: Of<'derivative'>): Results {
  return buckets.map((bucket, at) => {
    const before = buckets[at - 1];
    if (before === undefined) return undefined;
    const [from, to] = [valueOf(before, path, gaps), valueOf(bucket, path, gaps)];
    if (from === undefined || to === undefined) return undefined;
    if (from === null || to === null) return { kind: 'derivative', value: null, normalized: undefined };
    const units = unitMs === undefined ? undefined : (Number(bucket.key) - Number(before.key)) / unitMs;
    const value = to - from;
    return { kind: 'derivative', value, normalized: units === undefined ? undefined : value / units };
  });
}

function differences(buckets: readonly Bucket[], { path, gaps, lag }: Of<'serial_diff'>): Results {
  const values = buckets.map((bucket) => valueOf(bucket, path, gaps) ?? undefined);
  return values.map((value, at) => {
    const before = values[at - lag];
    return value === undefined || before === undefined ? undefined : shown(value - before);
  });
}

/** Windows are of the values there are: a gap is no place in them, and gets no result. */
function moving(
  buckets: readonly Bucket[],
  { path, gaps, window, shift, script }: Of<'moving_fn'>,
  budget: AggregationBudget,
): Results {
  const valued = buckets.map((bucket) => valueOf(bucket, path, gaps) ?? undefined);
  const values = valued.filter((value) => value !== undefined);
  let place = -1;
  return valued.map((value) => {
    if (value === undefined) return undefined;
    place += 1;
    const end = Math.max(0, place + shift);
    const inside = values.slice(Math.max(0, place + shift - window), end);
    budget.takeSteps(1 + inside.length);
    return shown(movingValue(script, inside));
  });
}

function scripted(
  buckets: readonly Bucket[],
  { paths, gaps, script }: Of<'bucket_script'>,
  budget: AggregationBudget,
): Results {
  const entries = Object.entries(paths);
  const steps = scriptSize(script) + entries.length;
  return buckets.map((bucket) => {
    budget.takeSteps(steps);
    const params = new Map<string, number>();
    for (const [name, path] of entries) {
      const value = valueOf(bucket, path, gaps) ?? undefined;
      if (value === undefined) return undefined;
      params.set(name, value);
    }
    return shown(evaluateScript(script, params));
  });
}

/** What is no number stands as null. */
function shown(value: number): AggregationResult {
  return { kind: 'value', value: Number.isFinite(value) ? value : null };
}
