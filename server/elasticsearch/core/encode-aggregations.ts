/** Results of aggregations in Elasticsearch's shape. */
import { isoText } from '#signals/elasticsearch/calendar.ts';
import { fixedType } from '#signals/elasticsearch/fields.ts';
import {
  isPipeline,
  type Aggregation,
  type AggregationResult,
  type AggregationResults,
  type Aggregations,
  type Bucket,
  type StatsResult,
} from '#storage/document-search.ts';

type Shown = Readonly<Record<string, unknown>>;

/** @param typed names begin with the type, as typed clients ask (`typed_keys`) */
export function encodeAggregations(
  aggregations: Aggregations,
  results: AggregationResults,
  typed: boolean,
): Shown {
  const shown: [string, unknown][] = [];
  for (const [name, aggregation] of Object.entries(aggregations)) {
    const result = Object.hasOwn(results, name) ? results[name] : undefined;
    if (result === undefined) continue;
    const key = typed ? `${typedName(aggregation, result)}#${name}` : name;
    shown.push([key, encodeOne(aggregation, result, typed)]);
  }
  return Object.fromEntries(shown);
}

function encodeOne(aggregation: Aggregation, result: AggregationResult, typed: boolean): Shown {
  const inside = 'aggregations' in aggregation ? aggregation.aggregations : {};
  switch (result.kind) {
    case 'bucket':
      return encodeBucket(result.bucket, inside, typed);
    case 'buckets':
      return {
        doc_count_error_upper_bound: aggregation.kind === 'terms' ? 0 : undefined,
        sum_other_doc_count: result.others,
        buckets: encodeBuckets(result, aggregation, typed),
      };
    case 'value':
      return withText('value', result.value, isDate(aggregation));
    case 'stats':
      return encodeStats(result.stats, isDate(aggregation));
    case 'percentiles':
      return { values: encodePercentiles(result) };
    case 'top':
      return { top: result.top };
    case 'derivative':
      return encodeDerivative(aggregation, result);
    default:
      return result satisfies never;
  }
}

function encodeDerivative(
  aggregation: Aggregation,
  { value, normalized }: Extract<AggregationResult, { kind: 'derivative' }>,
): Shown {
  const unit = aggregation.kind === 'derivative' ? aggregation.unitMs : undefined;
  return { value, normalized_value: unit === undefined ? undefined : (normalized ?? null) };
}

function isDate(aggregation: Aggregation): boolean {
  const dates = ['min', 'max', 'avg', 'sum', 'stats', 'extended_stats'];
  return (
    'field' in aggregation && dates.includes(aggregation.kind) && fixedType(aggregation.field) === 'date'
  );
}

function withText(name: string, value: number | null, asDate: boolean): Shown {
  if (!asDate || value === null) return { [name]: value };
  return { [name]: value, [`${name}_as_string`]: isoText(value) };
}

function encodeBuckets(
  result: Extract<AggregationResult, { kind: 'buckets' }>,
  aggregation: Aggregation,
  typed: boolean,
): unknown {
  const inside = 'aggregations' in aggregation ? aggregation.aggregations : {};
  if (aggregation.kind === 'filters') {
    const buckets = result.buckets.map((bucket) =>
      encodeBucket({ ...bucket, key: undefined }, inside, typed),
    );
    if (!result.keyed) return buckets;
    return Object.fromEntries(buckets.map((bucket, at) => [String(result.buckets[at]?.key), bucket]));
  }
  const buckets = result.buckets.map((bucket) => encodeBucket(bucket, inside, typed));
  if (!result.keyed) return buckets;
  return Object.fromEntries(
    buckets.map((bucket, at) => [
      result.buckets[at]?.keyText ?? doubleKey(Number(result.buckets[at]?.key)),
      bucket,
    ]),
  );
}

function encodeBucket({ key, keyText, count, results }: Bucket, inside: Aggregations, typed: boolean): Shown {
  const asBoolean = typeof key === 'boolean';
  return {
    key_as_string: asBoolean ? String(key) : keyText,
    key: asBoolean ? Number(key) : key,
    doc_count: count,
    ...encodeAggregations(inside, results, typed),
  };
}

/** Java writes a double with a point. */
export function doubleKey(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function encodePercentiles({ values, keyed }: Extract<AggregationResult, { kind: 'percentiles' }>): unknown {
  if (!keyed) return values.map(([key, value]) => ({ key, value }));
  return Object.fromEntries(values.map(([percent, value]) => [doubleKey(percent), value]));
}

function encodeStats({ count, min, max, avg, sum, extended }: StatsResult, asDate: boolean): Shown {
  const plain = { count, min, max, avg, sum };
  const texts = asDate && count > 0 ? datesOf({ min, max, avg, sum }) : {};
  if (extended === undefined) return { ...plain, ...texts };
  const { sumOfSquares, variancePopulation, varianceSampling, sigma } = extended;
  const deviations = { population: root(variancePopulation), sampling: root(varianceSampling) };
  const bound = (deviation: number | null, sign: 1 | -1): number | null =>
    deviation === null || avg === null ? null : avg + sign * sigma * deviation;
  return {
    ...plain,
    ...texts,
    sum_of_squares: sumOfSquares,
    variance: variancePopulation,
    variance_population: variancePopulation,
    variance_sampling: varianceSampling,
    std_deviation: deviations.population,
    std_deviation_population: deviations.population,
    std_deviation_sampling: deviations.sampling,
    std_deviation_bounds: {
      upper: bound(deviations.population, 1),
      lower: bound(deviations.population, -1),
      upper_population: bound(deviations.population, 1),
      lower_population: bound(deviations.population, -1),
      upper_sampling: bound(deviations.sampling, 1),
      lower_sampling: bound(deviations.sampling, -1),
    },
  };
}

function datesOf(values: Readonly<Record<string, number | null>>): Shown {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === null ? [] : [[`${name}_as_string`, isoText(value)]],
    ),
  );
}

function root(variance: number | null): number | null {
  return variance === null ? null : Math.sqrt(variance);
}

function typedName(aggregation: Aggregation, result: AggregationResult): string {
  if (aggregation.kind === 'terms') return result.kind === 'buckets' ? typedTerms(result.buckets) : 'umterms';
  if (aggregation.kind === 'percentiles') return 'tdigest_percentiles';
  return isPipeline(aggregation) && aggregation.kind !== 'derivative' ? 'simple_value' : aggregation.kind;
}

function typedTerms(buckets: readonly Bucket[]): string {
  if (buckets.length === 0) return 'umterms';
  if (buckets.every(({ key }) => typeof key === 'string')) return 'sterms';
  return buckets.every(({ key }) => typeof key !== 'number' || Number.isInteger(key)) ? 'lterms' : 'dterms';
}
