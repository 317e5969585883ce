/** The bodies that Grafana's data source for Elasticsearch makes of a panel's query, and what their answers hold. */
import type { AggregationView, TargetView } from '#dashboards/grafana/lint/view.ts';

export interface SearchRange {
  readonly fromMs: number;
  readonly toMs: number;
  /** What `auto` stands for. */
  readonly intervalMs: number;
}

/** As provisioned, by uid of the data source. */
const INDEXES: Readonly<Record<string, string>> = {
  'elasticsearch-logs': 'logs-*.otel-*',
  'elasticsearch-spans': 'traces-*.otel-*',
};

/** One pair of lines of `_msearch`. */
export function documentSearch(target: TargetView, range: SearchRange): string {
  const index = INDEXES[target.datasource.uid] ?? '';
  const header = { ignore_unavailable: true, index, search_type: 'query_then_fetch' };
  const isLogs = target.metrics?.some(({ type }) => type === 'logs') === true;
  const body = {
    query: queryOf(target, range),
    ...(isLogs ? logsOf(target, range) : aggregationsOf(target, range)),
  };
  return `${JSON.stringify(header)}\n${JSON.stringify(body)}\n`;
}

function queryOf(
  { query = '', timeField = '@timestamp' }: TargetView,
  { fromMs, toMs }: SearchRange,
): object {
  const during = { range: { [timeField]: { format: 'epoch_millis', gte: fromMs, lte: toMs } } };
  return { bool: { filter: [during, { query_string: { analyze_wildcard: true, query } }] } };
}

function logsOf({ metrics = [], timeField = '@timestamp' }: TargetView, range: SearchRange): object {
  return {
    size: Number(metrics[0]?.settings?.['limit'] ?? 500),
    sort: { [timeField]: { order: 'desc', unmapped_type: 'boolean' }, _doc: { order: 'desc' } },
    docvalue_fields: [timeField],
    script_fields: {},
    fields: [{ field: timeField, format: 'strict_date_optional_time_nanos' }],
    highlight: {
      fields: { '*': {} },
      pre_tags: ['@HIGHLIGHT@'],
      post_tags: ['@/HIGHLIGHT@'],
      fragment_size: 2147483647,
    },
    aggs: { 1: dateHistogram({ id: '1', type: 'date_histogram', field: timeField }, range) },
  };
}

function aggregationsOf({ metrics = [], bucketAggs = [] }: TargetView, range: SearchRange): object {
  const inner = Object.fromEntries(
    metrics
      .filter(({ type }) => type !== 'count')
      .map(({ id, type, field, settings }) => [id, { [type]: { field, ...settings } }]),
  );
  const nested = bucketAggs.toReversed().reduce<object>(
    (aggs, bucket) => ({
      [bucket.id]: {
        ...(bucket.type === 'date_histogram' ? dateHistogram(bucket, range) : termsOf(bucket)),
        ...(Object.keys(aggs).length === 0 ? {} : { aggs }),
      },
    }),
    inner,
  );
  return { size: 0, aggs: nested };
}

function dateHistogram(
  { field = '@timestamp' }: AggregationView,
  { fromMs, toMs, intervalMs }: SearchRange,
): object {
  return {
    date_histogram: {
      field,
      fixed_interval: `${intervalMs}ms`,
      min_doc_count: 0,
      extended_bounds: { min: fromMs, max: toMs },
      format: 'epoch_millis',
    },
  };
}

function termsOf({ field, settings = {} }: AggregationView): object {
  const { orderBy, order, size, min_doc_count: least, missing } = settings;
  return {
    terms: {
      field,
      size: Number(size),
      order: { [String(orderBy)]: order },
      min_doc_count: Number(least),
      missing,
    },
  };
}

interface SearchAnswer {
  readonly error?: { readonly reason?: string };
  readonly hits?: { readonly hits: readonly unknown[] };
  readonly aggregations?: Readonly<Record<string, Buckets>>;
}

interface Buckets {
  readonly buckets?: readonly ({ readonly doc_count: number } & Readonly<Record<string, unknown>>)[];
}

/** Hits, or else buckets with documents in them. @throws Error with the reason of a search that failed */
export function documentAnswers(answer: unknown): number {
  const { responses } = answer as { readonly responses: readonly SearchAnswer[] };
  return responses.reduce((sum, { error, hits, aggregations = {} }) => {
    if (error !== undefined) throw new Error(error.reason ?? JSON.stringify(error));
    const found = hits?.hits.length ?? 0;
    return (
      sum + (found > 0 ? found : Object.values(aggregations).reduce((count, one) => count + filled(one), 0))
    );
  }, 0);
}

function filled({ buckets = [] }: Buckets): number {
  return buckets.filter(({ doc_count: documents }) => documents > 0).length;
}
