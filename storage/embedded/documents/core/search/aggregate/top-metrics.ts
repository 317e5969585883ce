/** Fields of the first documents in an order of their own. */
import type { FieldValue, MetricAggregation, SortValue } from '#storage/document-search.ts';
import type { Compiled } from '#storage/embedded/documents/core/search/aggregate/collector.ts';
import type { Fields } from '#storage/embedded/documents/core/search/field-access.ts';
import { compareSortValues, valueOf } from '#storage/embedded/documents/core/search/order.ts';

interface Kept {
  readonly sort: SortValue;
  readonly metrics: Readonly<Record<string, FieldValue | null>>;
}

export function topMetrics(
  { metrics, sort, size }: Extract<MetricAggregation, { kind: 'top_metrics' }>,
  fields: Fields,
): Compiled {
  const by = fields.access(sort.field);
  const shown = metrics.map((name) => ({ name, access: fields.access(name) }));
  return {
    columns: [...by.columns, ...shown.flatMap(({ access }) => access.columns)],
    create: () => {
      let kept: Kept[] = [];
      return {
        take: (cells) => {
          const value = valueOf(by.read(cells), sort);
          const last = kept[size - 1];
          if (value === null || (last !== undefined && compareSortValues(value, last.sort, sort) >= 0))
            return;
          const entries = shown.map(({ name, access }) => [name, access.read(cells)[0] ?? null] as const);
          const all = [...kept, { sort: value, metrics: Object.fromEntries(entries) }];
          kept = all.toSorted((a, b) => compareSortValues(a.sort, b.sort, sort)).slice(0, size);
        },
        result: () => ({ kind: 'top', top: kept.map((one) => ({ sort: [one.sort], metrics: one.metrics })) }),
      };
    },
  };
}
