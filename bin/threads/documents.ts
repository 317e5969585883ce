/** Child process `documents`: DuckDB over Parquet, spans and logs. */
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { createLogger, type LogLevel } from '#base/real/log.ts';
import { createMeter } from '#base/real/metrics.ts';
import { parentProcessPort } from '#base/real/rpc-ports.ts';
import { openJournalSource, type JournalAccess } from '#bin/threads/journal-access.ts';
import { dieWith, servePart, type RunningPart } from '#bin/threads/serve-part.ts';
import { MessageCommitted } from '#journal/disk/committed.ts';
import { watchReads } from '#journal/progress.ts';
import type { DocumentsConfig } from '#storage/embedded/documents/config.ts';
import { startDocuments } from '#storage/embedded/documents/start.ts';
import type { DocumentSearch } from '#storage/document-search.ts';
import type { LogReader, StoreStatus, TraceReader } from '#storage/ports.ts';

export interface DocumentsOptions {
  readonly directory: string;
  readonly journal: JournalAccess;
  readonly config: DocumentsConfig;
  readonly committed: number;
  readonly logLevel: LogLevel;
}

export interface DocumentsApi extends TraceReader, LogReader, DocumentSearch {
  storeStatus(): Promise<StoreStatus>;
  /** The journal is committed up to here; the answer says how far this consumer has read. */
  setCommitted(offset: number): Promise<number>;
}

async function start(options: DocumentsOptions): Promise<RunningPart<undefined>> {
  const log = createLogger('documents', options.logLevel);
  const meter = createMeter();
  const committed = new MessageCommitted(systemClock);
  committed.set(options.committed);
  let read = 0;
  const journal = await openJournalSource(options.journal, log, committed);
  const store = await startDocuments({
    disk: systemDisk,
    clock: systemClock,
    log,
    meter,
    directory: options.directory,
    source: watchReads(journal, (offset) => {
      read = offset;
    }),
    config: options.config,
  });
  dieWith(store.finished, log);
  const api: DocumentsApi = {
    traceCapabilities: () => store.traceCapabilities(),
    services: () => store.services(),
    operations: (service) => store.operations(service),
    trace: (traceId, signal) => store.trace(traceId, signal),
    traces: (traceIds, signal) => store.traces(traceIds, signal),
    searchTraces: (search, signal) => store.searchTraces(search, signal),
    searchLogs: (search, signal) => store.searchLogs(search, signal),
    logHistogram: (filter, steps, signal) => store.logHistogram(filter, steps, signal),
    logFacets: (filter, request, signal) => store.logFacets(filter, request, signal),
    logPatterns: (filter, request, signal) => store.logPatterns(filter, request, signal),
    logArrivals: (filter, request, signal) => store.logArrivals(filter, request, signal),
    searchDocuments: (request, signal) => store.searchDocuments(request, signal),
    documentFields: (stream, signal) => store.documentFields(stream, signal),
    storeStatus: async () => ({ ...(await store.status()), residentBytes: process.memoryUsage.rss() }),
    setCommitted: (offset) => {
      committed.set(offset);
      return Promise.resolve(read);
    },
  };
  return {
    info: undefined,
    api,
    collect: () => meter.collect(),
    close: async () => {
      await store[Symbol.asyncDispose]();
      await journal[Symbol.asyncDispose]();
    },
  };
}

// The parent stops us in its own order; without it there is nobody to serve.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.once('disconnect', () => process.exit(0));
servePart(parentProcessPort(), start);
