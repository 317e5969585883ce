/** Worker `remote-stores`: spans and logs that somebody else keeps. */
import { systemNet } from '#base/real/net.ts';
import { parentThreadPort } from '#base/real/rpc-ports.ts';
import { readTls } from '#base/real/tls-files.ts';
import { servePart, type RunningPart } from '#bin/threads/serve-part.ts';
import { openElasticsearchReader, type ElasticsearchReader } from '#storage/elasticsearch/reader.ts';
import { JaegerReader } from '#storage/jaeger/reader.ts';
import type { LogReader, TraceReader } from '#storage/ports.ts';
import type { ElasticsearchStoreConfig, RemoteStoreConfig } from '#storage/remote-config.ts';

export interface RemoteStoresOptions {
  readonly elasticsearch: ElasticsearchStoreConfig | undefined;
  /** Answers for traces in place of `elasticsearch`. */
  readonly jaeger: RemoteStoreConfig | undefined;
}

/** The logs are there with `elasticsearch` only: nobody asks for them without it. */
export type RemoteStoresApi = TraceReader & LogReader;

async function start({ elasticsearch, jaeger }: RemoteStoresOptions): Promise<RunningPart<undefined>> {
  const reader = elasticsearch === undefined ? undefined : elasticsearchReader(elasticsearch);
  const traces = jaeger === undefined ? reader?.traces : jaegerReader(jaeger);
  return {
    info: undefined,
    api: {
      ...(traces === undefined ? {} : traceCalls(traces)),
      ...(reader === undefined ? {} : logCalls(reader.logs)),
    },
    collect: () => Promise.resolve([]),
    close: async () => {
      await reader?.[Symbol.asyncDispose]();
    },
  };
}

function elasticsearchReader({ connection, logs, traces }: ElasticsearchStoreConfig): ElasticsearchReader {
  // Found out at the start, not at the first question.
  readTls(connection.tls);
  return openElasticsearchReader({
    connection,
    ...(logs === undefined ? {} : { logs }),
    ...(traces === undefined ? {} : { traces }),
  });
}

function jaegerReader({ endpoint, headers, timeoutMs, tls }: RemoteStoreConfig): TraceReader {
  return new JaegerReader({ net: systemNet, url: endpoint, headers, timeoutMs, tls: readTls(tls) });
}

function traceCalls(traces: TraceReader): TraceReader {
  return {
    traceCapabilities: () => traces.traceCapabilities(),
    services: () => traces.services(),
    operations: (service) => traces.operations(service),
    trace: (traceId, signal) => traces.trace(traceId, signal),
    traces: (traceIds, signal) => traces.traces(traceIds, signal),
    searchTraces: (search, signal) => traces.searchTraces(search, signal),
  };
}

function logCalls(logs: LogReader): LogReader {
  return {
    searchLogs: (search, signal) => logs.searchLogs(search, signal),
    logHistogram: (filter, steps, signal) => logs.logHistogram(filter, steps, signal),
    logFacets: (filter, request, signal) => logs.logFacets(filter, request, signal),
    logPatterns: (filter, request, signal) => logs.logPatterns(filter, request, signal),
    logArrivals: (filter, request, signal) => logs.logArrivals(filter, request, signal),
  };
}

servePart(parentThreadPort(), start);
