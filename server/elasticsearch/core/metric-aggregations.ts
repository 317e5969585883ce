/** Aggregations that make numbers. */
import type { FieldValue, MetricAggregation } from '#storage/document-search.ts';
import { fieldOf, type AggregationContext } from '#server/elasticsearch/core/bucket-aggregations.ts';
import { checkField } from '#server/elasticsearch/core/clauses.ts';
import { dateSpan } from '#server/elasticsearch/core/dates.ts';
import { illegal, parsing } from '#server/elasticsearch/core/errors.ts';
import {
  booleanAt,
  listAt,
  manyAt,
  numberAt,
  objectAt,
  onlyKeys,
  orElse,
  scalarAt,
  textAt,
  wholeAt,
  type JsonObject,
} from '#server/elasticsearch/core/read.ts';
import { parseSort } from '#server/elasticsearch/core/sorts.ts';
import { fixedType } from '#signals/elasticsearch/fields.ts';

const KEYWORDS = ['keyword', 'constant_keyword'];
const USUAL_PERCENTS = [1, 5, 25, 50, 75, 95, 99];
const PERCENTS_MAX = 100;
const TOP_MAX = 10;

/** Undefined for a type that is none of these. @throws ElasticError, as all below */
export function parseMetric(
  type: string,
  options: JsonObject,
  context: AggregationContext,
): MetricAggregation | undefined {
  switch (type) {
    case 'avg':
    case 'sum':
    case 'min':
    case 'max':
    case 'stats':
      onlyKeys(options, ['field', 'missing', 'format', 'script'], type);
      return {
        kind: type,
        field: fieldOf(options, type, KEYWORDS),
        missing: missingOf(options, type, context),
      };
    case 'value_count':
      onlyKeys(options, ['field', 'missing', 'format', 'script'], type);
      return { kind: type, field: anyField(options, type), missing: missingOf(options, type, context) };
    case 'cardinality':
      onlyKeys(options, ['field', 'missing', 'precision_threshold', 'execution_hint', 'script'], type);
      return { kind: type, field: fieldOf(options, type, []), missing: missingOf(options, type, context) };
    case 'extended_stats':
      onlyKeys(options, ['field', 'missing', 'sigma', 'format', 'script'], type);
      return {
        kind: type,
        field: fieldOf(options, type, KEYWORDS),
        missing: missingOf(options, type, context),
        sigma: orElse(options['sigma'], 2, sigmaOf),
      };
    case 'percentiles':
      return percentiles(options, context);
    case 'top_metrics':
      return topMetrics(options);
    default:
      return undefined;
  }
}

function anyField(options: JsonObject, name: string): string {
  return options['field'] === '_index' || options['field'] === '_id' ? '_id' : fieldOf(options, name, []);
}

function missingOf(options: JsonObject, name: string, { nowMs }: AggregationContext): FieldValue | undefined {
  const { missing } = options;
  if (missing === undefined) return undefined;
  const value = scalarAt(missing, name);
  if (fixedType(textAt(options['field'], name)) === 'date') return dateSpan(String(value), { nowMs }).firstMs;
  const isNumber = typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value));
  return isNumber && name !== 'cardinality' && name !== 'value_count' ? Number(value) : value;
}

function sigmaOf(value: unknown): number {
  const sigma = numberAt(value, 'extended_stats');
  if (sigma < 0) throw illegal(`[sigma] must be greater than or equal to 0. Found [${sigma}]`);
  return sigma;
}

function percentiles(options: JsonObject, context: AggregationContext): MetricAggregation {
  onlyKeys(options, ['field', 'missing', 'percents', 'keyed', 'tdigest', 'format', 'script'], 'percentiles');
  const percents = orElse<readonly number[]>(options['percents'], USUAL_PERCENTS, (value) =>
    listAt(value, 'percentiles').map((one) => numberAt(one, 'percentiles')),
  );
  if (percents.length === 0 || percents.length > PERCENTS_MAX) {
    throw illegal(`[percents] must not be empty and hold at most ${PERCENTS_MAX} values: [percentiles]`);
  }
  for (const percent of percents) {
    if (percent < 0 || percent > 100)
      throw illegal(`percent must be in [0,100], got [${percent}]: [percentiles]`);
  }
  return {
    kind: 'percentiles',
    field: fieldOf(options, 'percentiles', KEYWORDS),
    missing: missingOf(options, 'percentiles', context),
    percents: percents.toSorted((a, b) => a - b),
    keyed: orElse(options['keyed'], true, (value) => booleanAt(value, 'percentiles')),
  };
}

function topMetrics(options: JsonObject): MetricAggregation {
  onlyKeys(options, ['metrics', 'sort', 'size'], 'top_metrics');
  const metrics = manyAt(options['metrics']).map((one) => {
    const metric = objectAt(one, 'top_metrics');
    onlyKeys(metric, ['field'], 'top_metrics');
    return checkField(textAt(metric['field'], 'top_metrics'), 'top_metrics');
  });
  const [sort, second] = parseSort(options['sort']);
  if (sort === undefined || second !== undefined) throw parsing('[top_metrics] needs exactly one [sort]');
  const size = orElse(options['size'], 1, (value) => wholeAt(value, 'top_metrics', { min: 1, max: TOP_MAX }));
  return { kind: 'top_metrics', metrics, sort, size };
}
