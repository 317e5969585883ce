/** Buckets with aggregations inside, and their order. */
import type {
  Aggregation,
  AggregationResults,
  Aggregations,
  Bucket,
  BucketOrder,
  FieldValue,
} from '#storage/document-search.ts';
import type { AggregationBudget } from '#storage/embedded/documents/core/search/aggregate/budget.ts';
import type { Collector, Compiled } from '#storage/embedded/documents/core/search/aggregate/collector.ts';
import { metricAt } from '#storage/embedded/documents/core/search/aggregate/paths.ts';
import { addPipelines } from '#storage/embedded/documents/core/search/aggregate/pipelines.ts';
import type { Cells, Fields } from '#storage/embedded/documents/core/search/field-access.ts';
import { compareValues } from '#storage/embedded/documents/core/search/values.ts';

export interface Context {
  readonly fields: Fields;
  readonly budget: AggregationBudget;
  compile(aggregation: Aggregation): Compiled | undefined;
}

/** The aggregations of one level, for each bucket made anew. */
export class Level {
  readonly aggregations: Aggregations;
  readonly columns: readonly string[];
  readonly budget: AggregationBudget;
  readonly #compiled: readonly (readonly [name: string, compiled: Compiled])[];

  constructor(aggregations: Aggregations, context: Context) {
    const compiled: [string, Compiled][] = [];
    for (const [name, aggregation] of Object.entries(aggregations)) {
      const one = context.compile(aggregation);
      if (one !== undefined) compiled.push([name, one]);
    }
    this.aggregations = aggregations;
    this.budget = context.budget;
    this.#compiled = compiled;
    this.columns = compiled.flatMap(([, { columns }]) => columns);
  }

  open(): OpenBucket {
    this.budget.takeBucket();
    return new OpenBucket(this.#compiled.map(([name, compiled]) => [name, compiled.create()]));
  }
}

export class OpenBucket {
  count = 0;
  readonly #collectors: readonly (readonly [name: string, collector: Collector])[];

  constructor(collectors: readonly (readonly [string, Collector])[]) {
    this.#collectors = collectors;
  }

  take(cells: Cells): void {
    this.count += 1;
    for (const [, collector] of this.#collectors) collector.take(cells);
  }

  results(): AggregationResults {
    return Object.fromEntries(this.#collectors.map(([name, collector]) => [name, collector.result()]));
  }

  close(key: FieldValue | undefined, keyText?: string): Bucket {
    return { key, keyText, count: this.count, results: this.results() };
  }
}

/** By each criterion in turn, at last by key. */
export function sortBuckets(
  buckets: readonly Bucket[],
  order: readonly BucketOrder[],
  aggregations: Aggregations,
): readonly Bucket[] {
  const criteria = order.map(({ by, descending }) => ({
    sign: descending ? -1 : 1,
    compare: comparison(by, valueOfNone(by, aggregations)),
  }));
  return buckets.toSorted((a, b) => {
    for (const { compare, sign } of criteria) {
      const difference = compare(a, b);
      if (difference !== 0) return difference * sign;
    }
    return compareValues(a.key ?? '', b.key ?? '');
  });
}

/** What has no value stands, as in Elasticsearch, before all for a maximum and behind all else. */
function valueOfNone(by: string, aggregations: Aggregations): number {
  const kind = Object.hasOwn(aggregations, by.replace(/\.value$/, ''))
    ? aggregations[by.replace(/\.value$/, '')]?.kind
    : undefined;
  return kind === 'max' || by.endsWith('.max') ? -Infinity : Infinity;
}

function comparison(by: string, none: number): (a: Bucket, b: Bucket) => number {
  if (by === '_key') return (a, b) => compareValues(a.key ?? '', b.key ?? '');
  if (by === '_count') return (a, b) => a.count - b.count;
  return (a, b) => compareValues(metricAt(a, by) ?? none, metricAt(b, by) ?? none);
}

/** How many steps lie between two begins is not known before: filled one by one, within the limit. */
export interface Steps {
  readonly next: (begin: number) => number;
  readonly keyText: (begin: number) => string | undefined;
}

/** The buckets of a histogram, by key, with empty ones between where they are wanted. */
export function histogramBuckets(
  open: ReadonlyMap<number, OpenBucket>,
  {
    level,
    countMin,
    range,
    steps,
    order,
  }: {
    readonly level: Level;
    readonly countMin: number;
    /** From where to where there are buckets at least. */
    readonly range: { readonly min: number | undefined; readonly max: number | undefined };
    readonly steps: Steps;
    /** By key when empty. */
    readonly order: readonly BucketOrder[];
  },
): readonly Bucket[] {
  const keys = [...open.keys()].toSorted((a, b) => a - b);
  const wanted = countMin === 0 ? filled(keys, range, { steps, level }) : keys;
  const buckets = wanted.map((key) => (open.get(key) ?? level.open()).close(key, steps.keyText(key)));
  const enough = buckets.filter(({ count }) => count >= countMin);
  level.budget.showBuckets(enough.length);
  const sorted = order.length === 0 ? enough : sortBuckets(enough, order, level.aggregations);
  return addPipelines(sorted, level);
}

function filled(
  keys: readonly number[],
  { min, max }: { readonly min: number | undefined; readonly max: number | undefined },
  { steps, level }: { readonly steps: Steps; readonly level: Level },
): readonly number[] {
  const first = Math.min(keys[0] ?? Infinity, min ?? Infinity);
  const last = Math.max(keys.at(-1) ?? -Infinity, max ?? -Infinity);
  // With one end only and no document there is nothing to fill.
  if (!Number.isFinite(first) || !Number.isFinite(last)) return keys;
  const all: number[] = [];
  for (let key = first; key <= last; key = steps.next(key)) {
    if (all.length % 1000 === 999) level.budget.showBuckets(1000);
    all.push(key);
  }
  level.budget.showBuckets(-1000 * Math.floor(all.length / 1000));
  return all;
}
