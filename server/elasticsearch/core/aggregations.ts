/** Aggregations of the search API, as the stores understand them. */
import {
  isPipeline,
  type Aggregation,
  type Aggregations,
  type BucketAggregation,
} from '#storage/document-search.ts';
import {
  dateHistogram,
  filterBuckets,
  histogram,
  missingBucket,
  singleFilter,
  terms,
  type AggregationContext,
} from '#server/elasticsearch/core/bucket-aggregations.ts';
import { parseMetric } from '#server/elasticsearch/core/metric-aggregations.ts';
import { illegal, parsing } from '#server/elasticsearch/core/errors.ts';
import { checkPipelines } from '#server/elasticsearch/core/pipeline-paths.ts';
import { parsePipeline } from '#server/elasticsearch/core/pipelines.ts';
import { objectAt, type JsonObject } from '#server/elasticsearch/core/read.ts';

const DEPTH_MAX = 10;
const AGGREGATIONS_MAX = 200;

type Buckets = BucketAggregation extends infer One
  ? One extends unknown
    ? Omit<One, 'aggregations'>
    : never
  : never;

/** @throws ElasticError */
export function parseAggregations(written: unknown, nowMs: number): Aggregations {
  const counted = { count: 0 };
  return level(written, { nowMs, counted, depth: 0, parent: undefined });
}

interface LevelContext extends AggregationContext {
  readonly counted: { count: number };
  readonly depth: number;
  readonly parent: string | undefined;
}

function level(written: unknown, context: LevelContext): Aggregations {
  if (context.depth > DEPTH_MAX) throw parsing(`the aggregations are nested more than ${DEPTH_MAX} deep`);
  const entries = Object.entries(objectAt(written, 'aggs')).map(([name, one]) => {
    context.counted.count += 1;
    if (context.counted.count > AGGREGATIONS_MAX)
      throw parsing(`there are more than ${AGGREGATIONS_MAX} aggregations`);
    return [name, parseOne(name, objectAt(one, name), context)] as const;
  });
  const aggregations = Object.fromEntries(entries);
  checkPipelines(aggregations);
  return aggregations;
}

function parseOne(name: string, written: JsonObject, context: LevelContext): Aggregation {
  if (/[[\]>]/.test(name))
    throw parsing(`Invalid aggregation name [${name}]. Aggregation names cannot contain [, ], or >`);
  const types = Object.keys(written).filter((key) => key !== 'aggs' && key !== 'aggregations');
  const [type, second] = types;
  if (type === undefined) throw parsing(`Missing definition for aggregation [${name}]`);
  if (second !== undefined)
    throw parsing(`Found two aggregation type definitions in [${name}]: [${type}] and [${second}]`);
  const inside = written['aggs'] ?? written['aggregations'];
  const options = objectAt(written[type], type);
  const buckets = parseBuckets(type, options, { ...context, name });
  if (buckets !== undefined) {
    const below = { ...context, depth: context.depth + 1, parent: type };
    const aggregations = inside === undefined ? {} : level(inside, below);
    checkOrder(buckets, aggregations, name);
    return { ...buckets, aggregations };
  }
  if (inside !== undefined)
    throw parsing(`Aggregator [${name}] of type [${type}] cannot accept sub-aggregations`);
  return (
    parsePipeline(type, options, { name, parent: context.parent }) ??
    parseMetric(type, options, context) ??
    unknownType(type)
  );
}

function unknownType(type: string): never {
  throw parsing(`Unknown aggregation type [${type}]: it is not supported here`);
}

function parseBuckets(
  type: string,
  options: JsonObject,
  context: AggregationContext & { readonly name: string },
): Buckets | undefined {
  switch (type) {
    case 'terms':
      return terms(options, context.name);
    case 'date_histogram':
      return dateHistogram(options, context);
    case 'histogram':
      return histogram(options);
    case 'filters':
      return filterBuckets(options, context);
    case 'filter':
      return singleFilter(options, context);
    case 'missing':
      return missingBucket(options);
    default:
      return undefined;
  }
}

/** Buckets can be ordered by aggregations that are inside them and are one number before pipelines are. */
function checkOrder(buckets: Buckets, aggregations: Aggregations, name: string): void {
  if (!('order' in buckets)) return;
  for (const { by } of buckets.order) {
    if (by === '_key' || by === '_count') continue;
    const found = Object.entries(aggregations).some(
      ([one, aggregation]) =>
        !isPipeline(aggregation) &&
        (by === one || by.startsWith(`${one}.`) || by.startsWith(`${one}[`) || by.startsWith(`${one}>`)),
    );
    if (!found)
      throw illegal(
        `Invalid aggregation order path [${by}] in [${name}]. Cannot find aggregation named [${by}]`,
      );
  }
}
