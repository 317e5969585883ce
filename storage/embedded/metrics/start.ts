/**
 * The metrics consumer: reads OTLP metrics and remote-write samples from the
 * journal, keeps them, seals them with the cursor.
 */
import type { Clock, Timer } from '#base/clock.ts';
import type { Disk } from '#base/disk.ts';
import { errorText } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import type { Counter, Meter } from '#base/metrics.ts';
import { runConsumer, type ConsumerBatch } from '#journal/consumer.ts';
import { dropItems } from '#journal/core/cursor.ts';
import type { ConsumerRegistration, Cursor, JournalRecord, JournalSource } from '#journal/ports.ts';
import { translateMetrics } from '#signals/prometheus/from-otlp.ts';
import { LabelMemo } from '#signals/prometheus/label-memo.ts';
import { decodeWriteRequest } from '#signals/prometheus/remote-write.ts';
import type { SampleSink } from '#signals/prometheus/sink.ts';
import { METRICS } from '#signals/registry.ts';
import type { MetricReader, StoreStatus } from '#storage/ports.ts';
import type { MetricsConfig } from '#storage/embedded/metrics/config.ts';
import { EmbeddedMetrics } from '#storage/embedded/metrics/store.ts';

export const METRICS_CONSUMER: ConsumerRegistration = { name: 'metrics', onFull: 'refuse' };
/** Bytes of records taken from the journal at once. */
const BATCH_BYTES_MAX = 4 * 1024 * 1024;
/**
 * Sealed early after so much of the journal, whatever it held: until this
 * consumer's cursor is durable the journal must keep all of it, and a flood of
 * traces would close the door on behalf of a store that keeps none of them.
 */
const SEAL_JOURNAL_BYTES = 16 * 1024 * 1024;

export interface MetricsStoreOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Logger;
  readonly meter: Meter;
  readonly directory: string;
  readonly source: JournalSource;
  readonly config: MetricsConfig;
}

/** Opens the store, replays what its last seal does not hold, and goes on reading. */
export async function startMetrics(options: MetricsStoreOptions): Promise<MetricsStore> {
  const store = await EmbeddedMetrics.open(options.disk, options.directory, options.config);
  return new MetricsStore(options, store);
}

export class MetricsStore implements AsyncDisposable {
  readonly reader: MetricReader;
  /** Rejects when the consumer fails for good. */
  readonly finished: Promise<void>;
  readonly #options: MetricsStoreOptions;
  readonly #store: EmbeddedMetrics;
  readonly #dropped: Counter;
  readonly #droppedExemplars: Counter;
  readonly #labels = new LabelMemo();
  readonly #stop = new AbortController();
  #cursor: Cursor;
  /** Bodies read since the last seal began. */
  #journalBytes = 0;
  #sealing: Promise<void> = Promise.resolve();
  #timer: Timer;

  constructor(options: MetricsStoreOptions, store: EmbeddedMetrics) {
    this.#options = options;
    this.#store = store;
    this.reader = store;
    this.#cursor = store.cursor;
    this.#dropped = options.meter.counter(METRICS.storeDroppedSamples);
    this.#droppedExemplars = options.meter.counter(METRICS.storeDroppedExemplars);
    this.#timer = this.#startTimer();
    this.finished = runConsumer({
      source: options.source,
      registration: METRICS_CONSUMER,
      cursor: this.#cursor,
      bytesMax: BATCH_BYTES_MAX,
      clock: options.clock,
      signal: this.#stop.signal,
      handle: (batch) => this.#take(batch),
    });
  }

  status(): Promise<StoreStatus> {
    const { bytes, tailSamples, oldestMs } = this.#store;
    return Promise.resolve({
      name: 'metrics',
      cursor: this.#cursor,
      bytes,
      tailItems: tailSamples,
      oldestUnixNanos: oldestMs === undefined ? undefined : BigInt(oldestMs) * 1_000_000n,
      residentBytes: undefined,
    });
  }

  /**
   * Makes everything in memory durable. One seal after another; each takes what
   * is there when its turn comes.
   *
   * @throws DiskError; what is in memory stays there, and in the journal
   */
  sealNow(): Promise<void> {
    this.#sealing = this.#sealing
      .catch(() => {})
      .then(async () => {
        const cursor = this.#cursor;
        this.#journalBytes = 0;
        await this.#store.seal(cursor, this.#options.clock.wallMs());
        await this.#options.source.reportCursor(METRICS_CONSUMER, cursor);
      });
    return this.#sealing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer.cancel();
    this.#stop.abort();
    await this.finished.catch(() => {});
    await this.#sealOrWarn();
    await this.#store[Symbol.asyncDispose]();
  }

  async #take(batch: ConsumerBatch): Promise<Cursor> {
    let cursor = batch.cursor;
    for (const record of batch.records) {
      for (const [reason, items] of this.#keep(record))
        cursor = dropItems(cursor, reason, record.kind, items);
      this.#journalBytes += record.body.length;
    }
    this.#cursor = cursor;
    const { sealSamples } = this.#options.config;
    const isDue = this.#store.tailSamples >= sealSamples || this.#journalBytes >= SEAL_JOURNAL_BYTES;
    if (isDue) await this.#sealOrWarn();
    return cursor;
  }

  /** Keeps a record's samples; returns the items that could not be translated, by reason. */
  #keep(record: JournalRecord): readonly (readonly [reason: string, items: number])[] {
    const receivedMs = Number(record.receivedUnixNanos / 1_000_000n);
    const sink: SampleSink = {
      sample: (labels, timeMs, value, stale) => {
        const reason = this.#store.add({ labels, timeMs, value, stale }, receivedMs);
        if (reason !== undefined) this.#dropped.add(1, { store: 'metrics', reason });
      },
      exemplar: (labels, exemplar) => {
        const reason = this.#store.addExemplar(labels, exemplar, receivedMs);
        if (reason !== undefined) this.#droppedExemplars.add(1, { store: 'metrics', reason });
      },
      metadata: (name, description) => this.#store.describe(name, description),
    };
    if (record.kind === 'otlp-metrics') {
      return Object.entries(translateMetrics(record.body, receivedMs, sink, { memo: this.#labels }).dropped);
    }
    if (record.kind === 'prom-samples') decodeWriteRequest(record.body, sink);
    return [];
  }

  #startTimer(): Timer {
    return this.#options.clock.startTimer(this.#options.config.sealIntervalMs, () => {
      this.#timer = this.#startTimer();
      void this.#sealOrWarn();
    });
  }

  async #sealOrWarn(): Promise<void> {
    try {
      await this.sealNow();
    } catch (error) {
      this.#options.log.warn({ error: errorText(error) }, 'metrics could not be sealed; they stay in memory');
    }
  }
}
