/** Spans and log records that were written by our exporter, read from Elasticsearch or OpenSearch. */
import { EsClient, type Connection } from '#storage/elasticsearch/client.ts';
import { STREAM_PATTERNS } from '#storage/elasticsearch/core/templates.ts';
import { ElasticsearchLogReader } from '#storage/elasticsearch/log-reader.ts';
import { asCoded, Searches } from '#storage/elasticsearch/searches.ts';
import { ElasticsearchTraceReader } from '#storage/elasticsearch/trace-reader.ts';
import type { LogReader, TraceReader } from '#storage/ports.ts';

export interface ElasticsearchReaderOptions {
  readonly connection: Connection;
  /** Streams, indices or patterns of them; those of the exporter's defaults when undefined. */
  readonly logs?: readonly string[];
  readonly traces?: readonly string[];
}

export interface ElasticsearchReader extends AsyncDisposable {
  readonly traces: TraceReader;
  readonly logs: LogReader;
}

/** Nothing is asked before the first question. */
export function openElasticsearchReader(options: ElasticsearchReaderOptions): ElasticsearchReader {
  const connected = new LazyClient(options.connection);
  const client = (signal: AbortSignal | undefined): Promise<EsClient> => connected.get(signal);
  const { logs = STREAM_PATTERNS.logs, traces = STREAM_PATTERNS.traces } = options;
  return {
    traces: new ElasticsearchTraceReader(new Searches({ client, target: traces })),
    logs: new ElasticsearchLogReader(new Searches({ client, target: logs })),
    [Symbol.asyncDispose]: () => connected[Symbol.asyncDispose](),
  };
}

/** Connects once for all who ask; tries again after a failure. */
class LazyClient implements AsyncDisposable {
  readonly #connection: Connection;
  #client: Promise<EsClient> | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** @throws CodedError `PLIM_STORE_UNAVAILABLE` and the like, or the reason of `signal` */
  get(signal: AbortSignal | undefined): Promise<EsClient> {
    signal?.throwIfAborted();
    this.#client ??= asCoded(() => EsClient.connect(this.#connection)).catch((error: unknown) => {
      this.#client = undefined;
      throw error;
    });
    return this.#client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    await client?.[Symbol.asyncDispose]();
  }
}
