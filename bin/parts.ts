/** The parts of a running platform; a role that does without one leaves it out. */
import type { Part } from '#bin/supervise/part.ts';
import type { Remote } from '#base/rpc.ts';
import type { PlimsollConfig } from '#bin/config.ts';
import type { LogReader, TraceReader } from '#storage/ports.ts';
import type { AlertingApi } from '#alerting/ports.ts';
import type { AlertingOptions } from '#bin/threads/alerting.ts';
import type { DocumentsApi, DocumentsOptions } from '#bin/threads/documents.ts';
import type { ExportersApi, ExportersOptions } from '#bin/threads/exporters.ts';
import type { IngestApi, IngestInfo, IngestOptions } from '#bin/threads/ingest.ts';
import type { RemoteStoresApi, RemoteStoresOptions } from '#bin/threads/remote-stores.ts';
import type { MetricsApi, MetricsOptions } from '#bin/threads/metrics.ts';

export interface Parts {
  readonly ingest: Part<IngestApi, IngestOptions, IngestInfo> | undefined;
  readonly documents: Part<DocumentsApi, DocumentsOptions, undefined> | undefined;
  /** Spans and logs, when somebody else keeps them. */
  readonly remoteStores: Part<RemoteStoresApi, RemoteStoresOptions, undefined> | undefined;
  readonly metrics: Part<MetricsApi, MetricsOptions, undefined> | undefined;
  readonly exporters: Part<ExportersApi, ExportersOptions, undefined> | undefined;
  readonly alerting: Part<AlertingApi, AlertingOptions, undefined> | undefined;
}

/** Those that read what `ingest` writes, in no order. */
export function behindIngest(
  parts: Parts,
): readonly Pick<Part<object, unknown, unknown>, 'start' | 'stop'>[] {
  const { documents, remoteStores, metrics, exporters, alerting } = parts;
  return [documents, remoteStores, metrics, exporters, alerting].filter((part) => part !== undefined);
}

/** Who answers for spans and logs: one part, or one for each. */
export function documentsOf(
  { documents, remoteStores }: Parts,
  { storage }: PlimsollConfig,
): Remote<TraceReader & LogReader> | undefined {
  if (remoteStores === undefined) return documents?.api;
  if (storage.elasticsearch !== undefined || documents === undefined) return remoteStores.api;
  const [traces, logs] = [remoteStores.api, documents.api];
  return {
    traceCapabilities: () => traces.traceCapabilities(),
    services: () => traces.services(),
    operations: (service) => traces.operations(service),
    trace: (traceId, signal) => traces.trace(traceId, signal),
    traces: (traceIds, signal) => traces.traces(traceIds, signal),
    searchTraces: (search, signal) => traces.searchTraces(search, signal),
    searchLogs: (search, signal) => logs.searchLogs(search, signal),
    logHistogram: (filter, steps, signal) => logs.logHistogram(filter, steps, signal),
    logFacets: (filter, request, signal) => logs.logFacets(filter, request, signal),
    logPatterns: (filter, request, signal) => logs.logPatterns(filter, request, signal),
    logArrivals: (filter, request, signal) => logs.logArrivals(filter, request, signal),
  };
}
