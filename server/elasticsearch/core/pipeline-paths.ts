/** Where the paths of pipeline aggregations lead: to one number each, and never in a circle. */
import { isPipeline, pathsOf, type Aggregation, type Aggregations } from '#storage/document-search.ts';
import { illegal, invalidRequest } from '#server/elasticsearch/core/errors.ts';

/** @throws ElasticError */
export function checkPipelines(aggregations: Aggregations): void {
  const done = new Set<string>();
  const open = new Set<string>();
  const visit = (name: string, aggregation: Aggregation): void => {
    if (!isPipeline(aggregation) || done.has(name)) return;
    if (open.has(name)) throw invalidRequest(`Cyclical dependency found with pipeline aggregator [${name}]`);
    open.add(name);
    for (const path of pathsOf(aggregation)) {
      const target = targetOf(aggregations, path, path);
      if (target !== undefined) visit(...target);
    }
    open.delete(name);
    done.add(name);
  };
  for (const [name, aggregation] of Object.entries(aggregations)) visit(name, aggregation);
}

type Target = readonly [name: string, aggregation: Aggregation];

/** What a path begins with; undefined for the count of the bucket itself. */
function targetOf(aggregations: Aggregations, path: string, whole: string): Target | undefined {
  if (path === '_count') return undefined;
  const all = Object.entries(aggregations);
  const found =
    all.find(([name]) => path === name) ??
    all.find(([name]) => path.startsWith(name) && /^[.>[]/.test(path.slice(name.length)));
  if (found === undefined) throw invalidRequest(`No aggregation found for path [${whole}]`);
  const [name, aggregation] = found;
  const rest = path.slice(name.length);
  if (rest.startsWith('>')) {
    if (aggregation.kind !== 'filter' && aggregation.kind !== 'missing')
      throw illegal(`[${whole}] leads through [${name}], which is not one bucket`);
    targetOf(aggregation.aggregations, rest.slice(1), whole);
  } else {
    checkProperty(aggregation, /^(?:\.|\[)(.*?)\]?$/s.exec(rest)?.[1], whole);
  }
  return found;
}

const STATS = ['count', 'min', 'max', 'avg', 'sum'];
const EXTENDED_STATS = [
  ...STATS,
  'sum_of_squares',
  'variance',
  'variance_population',
  'variance_sampling',
  'std_deviation',
  'std_deviation_population',
  'std_deviation_sampling',
];

/** What stands behind the name; undefined stands for nothing. Of the others it may be `value`. */
const PROPERTIES: Partial<Record<Aggregation['kind'], readonly (string | undefined)[]>> = {
  stats: STATS,
  extended_stats: EXTENDED_STATS,
  filter: ['_count'],
  missing: ['_count'],
  terms: [],
  histogram: [],
  date_histogram: [],
  filters: [],
  top_metrics: [],
};

function checkProperty(aggregation: Aggregation, property: string | undefined, path: string): void {
  const known =
    aggregation.kind === 'percentiles'
      ? isPercent(aggregation.percents, property)
      : (PROPERTIES[aggregation.kind] ?? [undefined, 'value']).includes(property);
  if (known) return;
  const lacks = property === undefined ? 'more than one' : `no [${property}]`;
  throw illegal(`buckets_path [${path}] must lead to one number: [${aggregation.kind}] has ${lacks}`);
}

/** A single one needs no name. */
function isPercent(percents: readonly number[], property: string | undefined): boolean {
  if (property === undefined) return percents.length === 1;
  return property !== '' && percents.includes(Number(property));
}
