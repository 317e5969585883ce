/** Searches over the streams of one signal: pages of documents, counts, and errors as ours. */
import { CodedError } from '#base/errors.ts';
import {
  NoAnswerError,
  type EsAnswer,
  type EsClient,
  type EsRequest,
} from '#storage/elasticsearch/client.ts';
import { refusal } from '#storage/elasticsearch/core/answers.ts';
import { placeOf, SOURCE_FIELDS, type Hit } from '#storage/elasticsearch/incoming.ts';
import type { Clause } from '#storage/elasticsearch/queries.ts';

/** Grafana gives up after 30 s by default; an answer after that is for nobody. */
const QUERY_TIMEOUT_MS = 25_000;
/** Documents of one answer: a few megabytes, unless they are fat. */
const PAGE_DOCUMENTS_MAX = 2000;

export interface SearchesOptions {
  /** Connected when first asked for. */
  readonly client: (signal: AbortSignal | undefined) => Promise<EsClient>;
  /** Streams or patterns of them. */
  readonly target: readonly string[];
}

export type SearchBody = Readonly<Record<string, unknown>>;

export interface SearchAnswer {
  readonly hits: { readonly total?: { readonly value: number }; readonly hits: readonly RawHit[] };
  readonly aggregations?: Readonly<Record<string, unknown>>;
}

export interface RawHit extends Hit {
  readonly fields?: Readonly<Record<string, readonly unknown[]>>;
}

/** One shard of one index. */
export interface Shard {
  readonly index: string;
  readonly shard: number;
}

export interface PagesRequest {
  readonly query: Clause;
  readonly sort: readonly Clause[];
  /** Values of the sort fields of the last document before. */
  readonly after?: readonly string[] | undefined;
  readonly documentsMax: number;
}

export class Searches {
  readonly #options: SearchesOptions;

  constructor(options: SearchesOptions) {
    this.#options = options;
  }

  /** @throws CodedError `PLIM_STORE_UNAVAILABLE`, `PLIM_QUERY_TIMEOUT`, `PLIM_QUERY_LIMIT` */
  async search(body: SearchBody, signal: AbortSignal | undefined, shard?: Shard): Promise<SearchAnswer> {
    const answer = await this.request(
      {
        method: 'POST',
        path: `/${shard === undefined ? this.target() : encodeURIComponent(shard.index)}/_search`,
        query: {
          ...(shard === undefined ? {} : { preference: `_shards:${shard.shard}` }),
          ignore_unavailable: 'true',
          allow_no_indices: 'true',
          allow_partial_search_results: 'false',
          filter_path: 'hits.total,hits.hits._id,hits.hits._source,hits.hits.fields,aggregations,timed_out',
        },
        body: JSON.stringify({ timeout: `${QUERY_TIMEOUT_MS}ms`, ...body }),
      },
      signal,
    );
    const found = answer as Partial<SearchAnswer> & { readonly timed_out?: boolean };
    if (found.timed_out === true)
      throw new CodedError('PLIM_QUERY_TIMEOUT', `Elasticsearch took longer than ${QUERY_TIMEOUT_MS} ms`);
    // Empty lists are left out of a filtered answer.
    return { ...found, hits: { ...found.hits, hits: found.hits?.hits ?? [] } };
  }

  /** Documents in their order, page after page. */
  async *pages(request: PagesRequest, signal: AbortSignal | undefined): AsyncGenerator<readonly Hit[]> {
    let { after } = request;
    for (let left = request.documentsMax; left > 0;) {
      const size = Math.min(left, PAGE_DOCUMENTS_MAX);
      const { hits } = await this.search(
        {
          size,
          query: request.query,
          sort: request.sort,
          track_total_hits: false,
          _source: SOURCE_FIELDS,
          ...(after === undefined ? {} : { search_after: after }),
        },
        signal,
      );
      if (hits.hits.length > 0) yield hits.hits;
      const last = hits.hits.at(-1);
      if (hits.hits.length < size || last === undefined) return;
      after = placeOf(last);
      left -= hits.hits.length;
    }
  }

  async count(query: Clause, signal: AbortSignal | undefined): Promise<number> {
    const { hits } = await this.search({ size: 0, query, track_total_hits: true }, signal);
    return hits.total?.value ?? 0;
  }

  /** The body of a good answer. @throws as {@link search} */
  async request(request: EsRequest, signal: AbortSignal | undefined): Promise<unknown> {
    signal?.throwIfAborted();
    const client = await this.#options.client(signal);
    const answer = await asCoded(() => client.request({ timeoutMs: QUERY_TIMEOUT_MS, ...request, signal }));
    if (answer.status === 200) return answer.body;
    throw codedRefusal(answer);
  }

  /** For a path: names with commas between them, each percent-encoded but for its stars. */
  target(): string {
    return this.#options.target.map(encodeURIComponent).join(',');
  }
}

/** @throws CodedError in place of a {@link NoAnswerError} */
export async function asCoded<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    const cause = { cause: error };
    switch (error.reason) {
      case 'timeout':
        throw new CodedError('PLIM_QUERY_TIMEOUT', `Elasticsearch: ${error.message}`, cause);
      case 'too_large':
        throw new CodedError('PLIM_QUERY_LIMIT', `Elasticsearch: ${error.message}; ask for less`, cause);
      case 'unreachable':
      case 'not_supported':
        throw new CodedError('PLIM_STORE_UNAVAILABLE', `Elasticsearch: ${error.message}`, cause);
      default:
        throw error.reason satisfies never;
    }
  }
}

function codedRefusal(answer: EsAnswer): CodedError {
  return new CodedError('PLIM_STORE_UNAVAILABLE', `Elasticsearch answers ${refusal(answer)}`);
}
