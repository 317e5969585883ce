/** Aggregations as collectors of rows. */
import { roundingOf } from '#storage/embedded/documents/core/search/aggregate/rounding.ts';
import { AggregationBudget } from '#storage/embedded/documents/core/search/aggregate/budget.ts';
import {
  histogramBuckets,
  Level,
  sortBuckets,
  type Context,
  type OpenBucket,
  type Steps,
} from '#storage/embedded/documents/core/search/aggregate/buckets.ts';
import { numericValue, type Compiled } from '#storage/embedded/documents/core/search/aggregate/collector.ts';
import { compileMetric } from '#storage/embedded/documents/core/search/aggregate/metrics.ts';
import { addPipelines } from '#storage/embedded/documents/core/search/aggregate/pipelines.ts';
import {
  isPipeline,
  type Aggregation,
  type Aggregations,
  type BucketAggregation,
  type DateHistogramAggregation,
  type FieldValue,
  type HistogramAggregation,
} from '#storage/document-search.ts';
import { dateText, zonedText } from '#storage/embedded/documents/core/search/date-text.ts';
import type { Cells, FieldAccess, Fields } from '#storage/embedded/documents/core/search/field-access.ts';
import { compileClause } from '#storage/embedded/documents/core/search/match.ts';

/** The aggregations of a search over one or more streams, which share what they count. */
export class AggregationRun {
  readonly #budget = new AggregationBudget();
  readonly #aggregations: Aggregations;

  constructor(aggregations: Aggregations) {
    this.#aggregations = aggregations;
  }

  level(fields: Fields): Level {
    const context: Context = {
      fields,
      budget: this.#budget,
      compile: (aggregation) => compileAggregation(aggregation, context),
    };
    return new Level(this.#aggregations, context);
  }
}

/** Undefined for those that are made of buckets later. */
function compileAggregation(aggregation: Aggregation, context: Context): Compiled | undefined {
  if ('aggregations' in aggregation) return compileBuckets(aggregation, context);
  if (isPipeline(aggregation)) return undefined;
  return compileMetric(aggregation, context.fields, context.budget);
}

function compileBuckets(aggregation: BucketAggregation, context: Context): Compiled {
  switch (aggregation.kind) {
    case 'terms':
      return terms(aggregation, context);
    case 'date_histogram':
      return dateHistogram(aggregation, context);
    case 'histogram':
      return histogram(aggregation, context);
    case 'filter':
    case 'filters':
    case 'missing':
      return filters(aggregation, context);
    default:
      return aggregation satisfies never;
  }
}

type Of<Kind extends BucketAggregation['kind']> = Extract<BucketAggregation, { readonly kind: Kind }>;

function reader(
  access: FieldAccess,
  missing: FieldValue | undefined,
): (cells: Cells) => readonly FieldValue[] {
  if (missing === undefined) return (cells) => access.read(cells);
  const standIn = [missing];
  return (cells) => {
    const values = access.read(cells);
    return values.length === 0 ? standIn : values;
  };
}

function terms(aggregation: Of<'terms'>, context: Context): Compiled {
  const level = new Level(aggregation.aggregations, context);
  const access = context.fields.access(aggregation.field);
  const valuesOf = reader(access, aggregation.missing);
  return {
    columns: [...access.columns, ...level.columns],
    create: () => {
      const open = new Map<FieldValue, OpenBucket>();
      return {
        take: (cells) => {
          const values = valuesOf(cells);
          // A document counts once for each value it has.
          for (const value of values.length > 1 ? new Set(values) : values)
            into(open, value, level).take(cells);
        },
        result: () => {
          const isDate = access.type === 'date';
          const all = [...open].map(([key, bucket]) =>
            bucket.close(key, isDate && typeof key === 'number' ? dateText(key, 'iso') : undefined),
          );
          const enough = all.filter(({ count }) => count >= aggregation.countMin);
          const sorted = sortBuckets(enough, aggregation.order, aggregation.aggregations);
          const shown = sorted.slice(0, aggregation.size);
          level.budget.showBuckets(shown.length);
          const buckets = addPipelines(shown, level);
          const others = sorted.slice(aggregation.size).reduce((sum, { count }) => sum + count, 0);
          return { kind: 'buckets', buckets, keyed: false, others };
        },
      };
    },
  };
}

function into<Key>(open: Map<Key, OpenBucket>, key: Key, level: Level): OpenBucket {
  let bucket = open.get(key);
  if (bucket === undefined) {
    bucket = level.open();
    open.set(key, bucket);
  }
  return bucket;
}

function dateHistogram(
  aggregation: DateHistogramAggregation & Of<'date_histogram'>,
  context: Context,
): Compiled {
  const rounding = roundingOf(aggregation);
  return histogramOf(aggregation, context, {
    floor: (value) => rounding.floor(value),
    next: (begin) => rounding.next(begin),
    bound: (value) => rounding.bound(value),
    keyText: zonedText(aggregation.timeZone, aggregation.format),
  });
}

function histogram(aggregation: HistogramAggregation & Of<'histogram'>, context: Context): Compiled {
  const { interval, offset } = aggregation;
  const at = (number: number): number => number * interval + offset;
  const numberOf = (value: number): number => Math.floor((value - offset) / interval);
  return histogramOf(aggregation, context, {
    floor: (value) => at(numberOf(value)),
    bound: (value) => at(numberOf(value)),
    next: (begin) => at(Math.round((begin - offset) / interval) + 1),
    keyText: () => undefined,
  });
}

function histogramOf(
  aggregation: Of<'date_histogram'> | Of<'histogram'>,
  context: Context,
  steps: Steps & {
    readonly floor: (value: number) => number;
    /** The begin an end of the extended bounds stands for. */
    readonly bound: (value: number) => number;
  },
): Compiled {
  const level = new Level(aggregation.aggregations, context);
  const access = context.fields.access(aggregation.field);
  const valuesOf = reader(access, aggregation.missing);
  const { extended, hard } = aggregation.bounds;
  const isWithin = (key: number): boolean =>
    (hard?.min === undefined || key >= steps.floor(hard.min)) && (hard?.max === undefined || key <= hard.max);
  const range = {
    min: extended?.min === undefined ? undefined : steps.bound(extended.min),
    max: extended?.max === undefined ? undefined : steps.bound(extended.max),
  };
  return {
    columns: [...access.columns, ...level.columns],
    create: () => {
      const open = new Map<number, OpenBucket>();
      return {
        take: (cells) => {
          for (const key of keysOf(valuesOf(cells), steps.floor)) {
            if (isWithin(key)) into(open, key, level).take(cells);
          }
        },
        result: () => {
          const { countMin, order } = aggregation;
          const buckets = histogramBuckets(open, { level, countMin, range, steps, order });
          return { kind: 'buckets', buckets, keyed: aggregation.keyed, others: undefined };
        },
      };
    },
  };
}

/** Each once. */
function keysOf(values: readonly FieldValue[], floor: (value: number) => number): Iterable<number> {
  const keys: number[] = [];
  for (const value of values) {
    const number = numericValue(value);
    if (number !== undefined) keys.push(floor(number));
  }
  return keys.length > 1 ? new Set(keys) : keys;
}

function filters(aggregation: Of<'filter' | 'filters' | 'missing'>, context: Context): Compiled {
  const level = new Level(aggregation.aggregations, context);
  const tests = namedFilters(aggregation).map(({ name, filter }) => ({
    name,
    test: compileClause(filter, context.fields),
  }));
  return {
    columns: [...tests.flatMap(({ test }) => test.columns), ...level.columns],
    create: () => {
      const open = tests.map(({ name, test }) => ({ name, test, bucket: level.open() }));
      return {
        take: (cells) => {
          for (const { test, bucket } of open) if (test.matches(cells)) bucket.take(cells);
        },
        result: () => {
          level.budget.showBuckets(open.length);
          if (aggregation.kind !== 'filters') {
            const bucket = open[0]?.bucket.close(undefined) ?? {
              key: undefined,
              keyText: undefined,
              count: 0,
              results: {},
            };
            return { kind: 'bucket', bucket };
          }
          const closed = open.map(({ name, bucket }) => bucket.close(name));
          const buckets = addPipelines(closed, level);
          return { kind: 'buckets', buckets, keyed: aggregation.keyed, others: undefined };
        },
      };
    },
  };
}

function namedFilters(aggregation: Of<'filter' | 'filters' | 'missing'>): Of<'filters'>['filters'] {
  switch (aggregation.kind) {
    case 'filters':
      return aggregation.filters;
    case 'filter':
      return [{ name: '', filter: aggregation.filter }];
    case 'missing': {
      const has = { kind: 'exists', field: aggregation.field } as const;
      return [{ name: '', filter: { kind: 'bool', must: [], should: [], mustNot: [has], shouldMin: 0 } }];
    }
    default:
      return aggregation satisfies never;
  }
}
