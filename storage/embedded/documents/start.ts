/**
 * The documents consumer: reads spans and logs from the journal into the tail,
 * seals the tail together with the cursor, answers for both.
 */
import { sleep, type Clock, type Timer } from '#base/clock.ts';
import type { Disk } from '#base/disk.ts';
import { errorText } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import type { Meter } from '#base/metrics.ts';
import { runConsumer, type ConsumerBatch } from '#journal/consumer.ts';
import { dropItems } from '#journal/core/cursor.ts';
import type { ConsumerRegistration, Cursor, JournalSource } from '#journal/ports.ts';
import { addItems, NO_ITEMS, RECORD_KINDS, type RecordKind, type Totals } from '#signals/records.ts';
import type { DocumentSearch } from '#storage/document-search.ts';
import type { LogReader, StoreStatus, TraceReader } from '#storage/ports.ts';
import type { DocumentsConfig } from '#storage/embedded/documents/config.ts';
import type { Signal } from '#storage/embedded/documents/core/manifest.ts';
import { DocumentSearcher } from '#storage/embedded/documents/document-search.ts';
import { DuckDb } from '#storage/embedded/documents/duckdb.ts';
import { LogRecordReader } from '#storage/embedded/documents/log-reader.ts';
import { SealedFiles, SPILL_FOLDER } from '#storage/embedded/documents/sealed-files.ts';
import { DocumentsStorage, type DroppedItems } from '#storage/embedded/documents/storage.ts';
import { SpanReader, type SpanLimits } from '#storage/embedded/documents/trace-reader.ts';
import { Views, type ViewsOptions } from '#storage/embedded/documents/views.ts';

export const DOCUMENTS_CONSUMER: ConsumerRegistration = { name: 'documents', onFull: 'refuse' };
/** Bytes of records taken from the journal at once: small, because a seal is never larger than a limit and one batch. */
const BATCH_BYTES_MAX = 2 * 2 ** 20;
/** Between two tries to seal a tail that is full while the disk refuses. */
const RETRY_MS = 1000;

export interface DocumentsStore extends TraceReader, LogReader, DocumentSearch, AsyncDisposable {
  status(): Promise<StoreStatus>;
  /** Makes everything in memory durable now. @throws DiskError; it stays in memory then */
  sealNow(): Promise<void>;
  /** Resolves after dispose; rejects when the consumer fails for good. */
  readonly finished: Promise<void>;
}

export interface DocumentsOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Logger;
  readonly meter: Meter;
  /** On the disk of this machine, whatever `disk` is: DuckDB writes its files itself. */
  readonly directory: string;
  readonly source: JournalSource;
  readonly config: DocumentsConfig;
  /** Other limits than the shipped ones, for tests. */
  readonly limits?: SpanLimits & Pick<ViewsOptions, 'queryTimeoutMs'>;
}

export async function startDocuments(options: DocumentsOptions): Promise<DocumentsStore> {
  const { disk, directory, clock, config } = options;
  await disk.makeDir(directory);
  const duckdb = await DuckDb.open({
    memoryLimitBytes: config.memoryLimitBytes,
    spillDirectory: `${directory}/${SPILL_FOLDER}`,
    clock,
  });
  const sealed = await SealedFiles.open({ disk, directory, duckdb, config });
  const storage = await DocumentsStorage.open({ duckdb, sealed, clock, config });
  const { queryTimeoutMs, ...limits } = options.limits ?? {};
  const timeout = queryTimeoutMs === undefined ? {} : { queryTimeoutMs };
  const views = new Views({ ...timeout, duckdb, view: () => storage.view() });
  const spans = new SpanReader(views, limits);
  const logs = new LogRecordReader(views);
  const documents = new DocumentSearcher(views);
  const consumer = new DocumentsConsumer(options, storage);
  return {
    finished: consumer.finished,
    sealNow: () => consumer.seal(),
    status: () => Promise.resolve(storage.status()),
    traceCapabilities: () => spans.traceCapabilities(),
    services: () => spans.services(),
    operations: (service) => spans.operations(service),
    trace: (traceId, signal) => spans.trace(traceId, signal),
    traces: (traceIds, signal) => spans.traces(traceIds, signal),
    searchTraces: (search, signal) => spans.searchTraces(search, signal),
    searchLogs: (search, signal) => logs.searchLogs(search, signal),
    logHistogram: (filter, steps, signal) => logs.logHistogram(filter, steps, signal),
    logFacets: (filter, request, signal) => logs.logFacets(filter, request, signal),
    logPatterns: (filter, request, signal) => logs.logPatterns(filter, request, signal),
    logArrivals: (filter, request, signal) => logs.logArrivals(filter, request, signal),
    searchDocuments: (request, signal) => documents.searchDocuments(request, signal),
    documentFields: (stream, signal) => documents.documentFields(stream, signal),
    async [Symbol.asyncDispose]() {
      await consumer[Symbol.asyncDispose]();
      await storage[Symbol.asyncDispose]();
      await duckdb[Symbol.asyncDispose]();
    },
  };
}

/** Decides when to seal, and holds the consumer back while it cannot. */
class DocumentsConsumer implements AsyncDisposable {
  readonly #options: DocumentsOptions;
  readonly #storage: DocumentsStorage;
  readonly #stop = new AbortController();
  readonly finished: Promise<void>;
  #timer: Timer | undefined;
  /** Since the start, by reason; what was dropped before stands in the cursor we began with. */
  readonly #dropped = new Map<string, Totals>();

  constructor(options: DocumentsOptions, storage: DocumentsStorage) {
    this.#options = options;
    this.#storage = storage;
    this.finished = runConsumer({
      source: options.source,
      registration: DOCUMENTS_CONSUMER,
      cursor: storage.cursor,
      bytesMax: BATCH_BYTES_MAX,
      clock: options.clock,
      signal: this.#stop.signal,
      handle: (batch) => this.#handle(batch),
      onReadError: (error) =>
        options.log.warn({ error: errorText(error) }, 'the journal could not be read; trying again'),
    });
    // Whoever wants to know awaits `finished`; nobody has to.
    this.finished.catch(() => {});
  }

  /** One seal after another. */
  async seal(): Promise<void> {
    this.#disarm();
    const cursor = await this.#storage.seal();
    await this.#options.source.reportCursor(DOCUMENTS_CONSUMER, cursor);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.finished.catch(() => {});
    await this.#sealOrWarn();
    this.#disarm();
  }

  async #handle(batch: ConsumerBatch): Promise<void> {
    const { sealRows } = this.#options.config;
    const coming = batch.records.reduce((items, record) => items + itemsKept(record), 0);
    if (this.#storage.tailRows > 0 && this.#storage.tailRows + coming > sealRows) await this.#sealUntilDone();
    await this.#storage.take(batch.records, (dropped) => this.#after(batch.cursor, dropped));
    if (this.#storage.isFull) await this.#sealUntilDone();
    else this.#arm();
  }

  /** The journal's count calls delivered what we dropped; the ledger shall not. */
  #after(cursor: Cursor, dropped: readonly DroppedItems[]): Cursor {
    for (const { reason, kind, items } of dropped) {
      this.#options.log.warn({ reason, kind, items }, 'items were dropped');
      this.#dropped.set(reason, addItems(this.#dropped.get(reason) ?? NO_ITEMS, kind, items));
    }
    let after = cursor;
    for (const [reason, totals] of this.#dropped) {
      for (const kind of RECORD_KINDS) {
        if (totals[kind] > 0) after = dropItems(after, reason, kind, totals[kind]);
      }
    }
    return after;
  }

  /** A full tail that cannot be sealed takes nothing more in: the journal fills and refuses at the door. */
  async #sealUntilDone(): Promise<void> {
    while (!(await this.#sealOrWarn())) {
      if (this.#stop.signal.aborted) return;
      await sleep(this.#options.clock, RETRY_MS, this.#stop.signal).catch(() => {});
    }
  }

  async #sealOrWarn(): Promise<boolean> {
    try {
      await this.seal();
      return true;
    } catch (error) {
      // What is in memory stays there; the next seal tries again, and the journal still has it all.
      const fields = { error: errorText(error) };
      this.#options.log.warn(fields, 'spans and logs could not be sealed; they stay in memory');
      return false;
    }
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#stop.signal.aborted) return;
    this.#timer = this.#options.clock.startTimer(this.#options.config.sealIntervalMs, () => {
      this.#timer = undefined;
      void this.#sealOrWarn().then((done) => {
        if (!done) this.#arm();
      });
    });
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}

function itemsKept(record: { readonly kind: RecordKind; readonly items: number }): number {
  return signalOf(record.kind) === undefined ? 0 : record.items;
}

function signalOf(kind: RecordKind): Signal | undefined {
  if (kind === 'otlp-traces') return 'spans';
  return kind === 'otlp-logs' ? 'logs' : undefined;
}
