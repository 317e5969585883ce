/** Answers for spans out of Elasticsearch. What was written can be asked for after the next refresh. */
import { CodedError } from '#base/errors.ts';
import { present } from '#base/invariant.ts';
import type { TraceId } from '#signals/ids.ts';
import { SPAN_KINDS, type Span, type SpanKind } from '#signals/model.ts';
import { SPAN_KIND_NAMES } from '#signals/elasticsearch/documents.ts';
import { checkLimit, TRACE_IDS_MAX, TRACES_MAX } from '#storage/core/limits.ts';
import { Decoder } from '#storage/elasticsearch/incoming.ts';
import { all, sortBy, spanClause, term, TIME, type Clause } from '#storage/elasticsearch/queries.ts';
import type { Searches } from '#storage/elasticsearch/searches.ts';
import type { Trace, TraceReader, TraceSearch } from '#storage/ports.ts';

/** As of the embedded store: more help nobody and would not fit the memory. */
const SPANS_PER_TRACE_MAX = 100_000;
const SPANS_PER_SEARCH_MAX = 100_000;
/** Names that are listed; a server allows 65,536 buckets in an answer. */
const SERVICES_MAX = 10_000;
const OPERATIONS_MAX = 2000;

export class ElasticsearchTraceReader implements TraceReader {
  readonly #searches: Searches;

  constructor(searches: Searches) {
    this.#searches = searches;
  }

  traceCapabilities(): ReturnType<TraceReader['traceCapabilities']> {
    return Promise.resolve({ searchByAttributes: true, searchByDuration: true });
  }

  async services(): Promise<readonly string[]> {
    const buckets = await this.#names({ bool: {} }, terms('plimsoll.service', SERVICES_MAX));
    return buckets.map(({ key }) => key).toSorted();
  }

  async operations(service: string): ReturnType<TraceReader['operations']> {
    const buckets = await this.#names(term('plimsoll.service', service), {
      ...terms('name', OPERATIONS_MAX),
      aggs: { kinds: terms('kind', SPAN_KINDS.length) },
    });
    return buckets
      .flatMap(({ key: name, kinds }) =>
        (kinds?.buckets ?? []).map(({ key }) => ({ name, kind: kindOf(key) })),
      )
      .toSorted((a, b) => compareText(a.name, b.name) || compareText(a.kind, b.kind));
  }

  async trace(traceId: TraceId, signal?: AbortSignal): Promise<Trace | undefined> {
    const spans = await this.#spans(term('trace_id', traceId), SPANS_PER_TRACE_MAX + 1, signal);
    if (spans.length === 0) return undefined;
    if (spans.length <= SPANS_PER_TRACE_MAX) return { traceId, spans };
    return { traceId, spans: spans.slice(0, SPANS_PER_TRACE_MAX), truncated: true };
  }

  async traces(traceIds: readonly TraceId[], signal?: AbortSignal): Promise<readonly Trace[]> {
    const asked = [...new Set(traceIds)];
    checkLimit('the number of trace ids', asked.length, TRACE_IDS_MAX);
    if (asked.length > 1) return this.#whole(asked, signal);
    // One alone may be so large that it is cut off rather than refused.
    const trace = await this.trace(present(asked[0], 'there is one'), signal);
    return trace === undefined ? [] : [trace];
  }

  async searchTraces(search: TraceSearch, signal?: AbortSignal): Promise<readonly Trace[]> {
    checkLimit('limit', search.tracesMax, TRACES_MAX);
    // One document a trace, its newest that matches: the traces in their order.
    const { hits } = await this.#searches.search(
      {
        size: search.tracesMax,
        query: spanClause(search),
        sort: [{ [TIME]: { order: 'desc' } }, { trace_id: { order: 'asc' } }],
        collapse: { field: 'trace_id' },
        track_total_hits: false,
        _source: false,
      },
      signal,
    );
    const found = hits.hits.map(({ fields }) => String(fields?.['trace_id']?.[0]) as TraceId);
    return found.length === 0 ? [] : this.#whole(found, signal);
  }

  /** Those of `traceIds` that have spans, in this order. */
  async #whole(traceIds: readonly TraceId[], signal: AbortSignal | undefined): Promise<readonly Trace[]> {
    const query = { terms: { trace_id: traceIds } };
    const count = await this.#searches.count(all([query]), signal);
    if (count > SPANS_PER_SEARCH_MAX) {
      throw new CodedError(
        'PLIM_QUERY_LIMIT',
        `the ${traceIds.length} traces have more than ${SPANS_PER_SEARCH_MAX} spans; ask for fewer`,
      );
    }
    if (count === 0) return [];
    const spans = await this.#spans(query, SPANS_PER_SEARCH_MAX, signal);
    const byTrace = Map.groupBy(spans, (span) => span.traceId);
    return traceIds.flatMap((traceId) => {
      const found = byTrace.get(traceId);
      return found === undefined ? [] : [{ traceId, spans: found }];
    });
  }

  /** By start time, each once. */
  async #spans(query: Clause, spansMax: number, signal: AbortSignal | undefined): Promise<readonly Span[]> {
    const decoder = new Decoder();
    const byId = new Map<string, Span>();
    const request = { query: all([query]), sort: sortBy('asc'), documentsMax: spansMax };
    for await (const hits of this.#searches.pages(request, signal))
      for (const span of decoder.spans(hits)) byId.set(span.id, span);
    return [...byId.values()];
  }

  async #names(query: Clause, names: Clause): Promise<readonly NameBucket[]> {
    const body = { size: 0, query, track_total_hits: false, aggs: { names } };
    const { aggregations } = await this.#searches.search(body, undefined);
    const found = aggregations?.['names'] as { readonly buckets: readonly NameBucket[] } | undefined;
    return found?.buckets ?? [];
  }
}

interface NameBucket {
  readonly key: string;
  readonly kinds?: { readonly buckets: readonly { readonly key: string }[] };
}

function terms(field: string, size: number): Clause {
  return { terms: { field, size, order: { _key: 'asc' } } };
}

function kindOf(name: string): SpanKind {
  return SPAN_KINDS.find((kind) => SPAN_KIND_NAMES[kind] === name) ?? 'unspecified';
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
