/** What panels ask: one small function for each kind of query. The panel gives each its letter. */
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  CountBuilder,
  DataqueryBuilder as ElasticsearchQueryBuilder,
  DateHistogramBuilder,
  LogsBuilder,
  PercentilesBuilder,
  TermsBuilder,
  TermsOrder,
  type MetricAggregationType,
} from '@grafana/grafana-foundation-sdk/elasticsearch';
import {
  DataqueryBuilder as PrometheusQueryBuilder,
  PromQueryFormat,
  QueryEditorMode,
} from '@grafana/grafana-foundation-sdk/prometheus';
import { SOURCES, type Source } from '#dashboards/grafana/build/sources.ts';

export interface Target {
  readonly source: Source;
  /** @param refId letter of the query in its panel */
  readonly build: (refId: string) => Builder<Dataquery>;
}

// -- Prometheus ---------------------------------------------------------------

/** A line a series. @param legend as Grafana writes it, `{{label}}` */
export function range(expr: string, legend: string): Target {
  return prometheus(expr, (query) => query.range().legendFormat(legend));
}

/** A line a series, with points that lead to traces. */
export function rangeWithExemplars(expr: string, legend: string): Target {
  return prometheus(expr, (query) => query.range().legendFormat(legend).exemplar(true));
}

/** One value a series. */
export function now(expr: string, legend: string): Target {
  return prometheus(expr, (query) => query.instant().legendFormat(legend));
}

/** A row a series, a column a label. */
export function rows(expr: string): Target {
  return prometheus(expr, (query) => query.instant().format(PromQueryFormat.Table));
}

/**
 * A row an edge, in the columns that a call graph reads. The value is what the edge carries.
 *
 * @param rate of calls, with the labels `client` and `server`
 */
export function edges(rate: string): Target {
  const source = `label_join(${rate}, "source", "", "client")`;
  const both = `label_join(${source}, "target", "", "server")`;
  return rows(`sum by (id, source, target) (label_join(${both}, "id", " → ", "client", "server")) > 0`);
}

/** Buckets of a histogram, summed by `le`. */
export function buckets(expr: string): Target {
  return prometheus(expr, (query) =>
    query.range().format(PromQueryFormat.Heatmap).legendFormat('{{le}}').exemplar(true),
  );
}

function prometheus(expr: string, more: (query: PrometheusQueryBuilder) => PrometheusQueryBuilder): Target {
  return {
    source: SOURCES.prometheus,
    build: (refId) =>
      more(new PrometheusQueryBuilder().expr(expr))
        .refId(refId)
        .datasource(SOURCES.prometheus)
        .editorMode(QueryEditorMode.Code),
  };
}

// -- Jaeger -------------------------------------------------------------------

/** A search for traces, in the fields of the data source's own editor. */
export interface TraceSearch {
  readonly service: string;
  /** As logfmt, `error=true`. */
  readonly tags?: string;
  readonly minDuration?: string;
  readonly limit: number;
}

export function traces(search: TraceSearch): Target {
  return jaeger({ queryType: 'search', ...search });
}

/** The Foundation SDK has no query of Jaeger's. */
function jaeger(query: Readonly<Record<string, unknown>>): Target {
  return {
    source: SOURCES.jaeger,
    build: (refId) => ({
      build: () => ({
        refId,
        datasource: SOURCES.jaeger,
        ...query,
        _implementsDataqueryVariant: () => {},
      }),
    }),
  };
}

// -- Elasticsearch ------------------------------------------------------------

type Which = 'logs' | 'spans';

/** Where a service's name stands in every document. */
const SERVICE_FIELD = 'resource.attributes.service.name';
const TIME_FIELD = '@timestamp';

/** In the language of query_string. @param more clauses that must hold too */
export function ofService(service: string, ...more: readonly string[]): string {
  return [`${SERVICE_FIELD}:"${service}"`, ...more].join(' AND ');
}

/** Log lines, newest first. */
export function logLines(query: string, limit: number): Target {
  return elasticsearch('logs', query, (builder) =>
    builder
      .metrics([typed('logs', new LogsBuilder().id('1').settings({ limit: String(limit) }))])
      .bucketAggs([]),
  );
}

/** How many there are over time, by the values of a field. */
export function counts(which: Which, query: string, field: string): Target {
  return elasticsearch(which, query, (builder) =>
    builder
      .metrics([typed('count', new CountBuilder().id('1'))])
      .bucketAggs([termsOf(field, '2'), overTime('3')])
      .alias(`{{term ${field}}}`),
  );
}

/** Percentiles of a numeric field over time. */
export function percentiles(which: Which, query: string, field: string, percents: readonly string[]): Target {
  return elasticsearch(which, query, (builder) =>
    builder
      .metrics([
        typed(
          'percentiles',
          new PercentilesBuilder()
            .id('1')
            .field(field)
            .settings({ percents: [...percents] }),
        ),
      ])
      .bucketAggs([overTime('2')]),
  );
}

function elasticsearch(
  which: Which,
  query: string,
  more: (builder: ElasticsearchQueryBuilder) => ElasticsearchQueryBuilder,
): Target {
  return {
    source: SOURCES[which],
    build: (refId) =>
      more(new ElasticsearchQueryBuilder().query(query).timeField(TIME_FIELD))
        .refId(refId)
        .datasource(SOURCES[which]),
  };
}

/** The builders leave the kind of a metric open. */
function typed<Made extends object>(type: MetricAggregationType, builder: Builder<Made>): Builder<Made> {
  return { build: () => ({ ...builder.build(), type }) };
}

function termsOf(field: string, id: string): TermsBuilder {
  const settings = { order: TermsOrder.Desc, orderBy: '_count', size: '10', min_doc_count: '1' };
  return new TermsBuilder()
    .id(id)
    .field(field)
    .settings({ ...settings, missing: 'none' });
}

function overTime(id: string): DateHistogramBuilder {
  return new DateHistogramBuilder()
    .id(id)
    .field(TIME_FIELD)
    .settings({ interval: 'auto', min_doc_count: '0', trimEdges: '0' });
}
