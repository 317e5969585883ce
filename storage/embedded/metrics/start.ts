/**
 * The metrics consumer: reads OTLP metrics and remote-write samples from the
 * journal, keeps them, seals them with the cursor.
 */
import type { Clock } from '#base/clock.ts';
import type { Disk } from '#base/disk.ts';
import { errorText } from '#base/errors.ts';
import type { Logger } from '#base/log.ts';
import type { Meter } from '#base/metrics.ts';
import { runConsumer } from '#journal/consumer.ts';
import { dropItems } from '#journal/core/cursor.ts';
import type { ConsumerRegistration, Cursor, JournalRecord, JournalSource } from '#journal/ports.ts';
import { translateMetrics } from '#signals/prometheus/from-otlp.ts';
import { decodeWriteRequest } from '#signals/prometheus/remote-write.ts';
import { METRICS } from '#signals/registry.ts';
import type { MetricReader, StoreStatus } from '#storage/ports.ts';
import type { MetricsConfig } from '#storage/embedded/metrics/config.ts';
import { EmbeddedMetrics } from '#storage/embedded/metrics/store.ts';

export const METRICS_CONSUMER: ConsumerRegistration = { name: 'metrics', onFull: 'refuse' };
/** Bytes of records taken from the journal at once. */
const BATCH_BYTES_MAX = 4 * 1024 * 1024;

export interface MetricsStore extends AsyncDisposable {
  readonly reader: MetricReader;
  status(): Promise<StoreStatus>;
  /** Makes everything in memory durable now. */
  sealNow(): Promise<void>;
  /** Rejects when the consumer fails for good. */
  readonly finished: Promise<void>;
}

export interface MetricsStoreOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Logger;
  readonly meter: Meter;
  readonly directory: string;
  readonly source: JournalSource;
  readonly config: MetricsConfig;
}

export async function startMetrics(options: MetricsStoreOptions): Promise<MetricsStore> {
  const { clock, config, source } = options;
  const store = await EmbeddedMetrics.open(options.disk, options.directory, config);
  const dropped = options.meter.counter(METRICS.storeDroppedSamples);
  const stop = new AbortController();
  let cursor = store.cursor;
  let sealedAtMs = clock.monotonicMs();
  let sealing: Promise<void> = Promise.resolve();

  /** One seal after another; each takes what is there when its turn comes. */
  function seal(): Promise<void> {
    sealedAtMs = clock.monotonicMs();
    sealing = sealing
      .catch(() => {})
      .then(async () => {
        const upTo = cursor;
        await store.seal(upTo, clock.wallMs());
        await source.reportCursor(METRICS_CONSUMER, upTo);
      });
    return sealing;
  }

  function take(record: JournalRecord): readonly [reason: string, items: number][] {
    const receivedMs = Number(record.receivedUnixNanos / 1_000_000n);
    const sink = {
      sample: (
        labels: Readonly<Record<string, string>>,
        timeMs: number,
        value: number,
        stale: boolean,
      ): void => {
        const reason = store.add(labels, timeMs, value, stale, receivedMs);
        if (reason !== undefined) dropped.add(1, { store: 'metrics', reason });
      },
      metadata: store.describe.bind(store),
    };
    if (record.kind === 'otlp-metrics')
      return Object.entries(translateMetrics(record.body, receivedMs, sink).dropped);
    if (record.kind === 'prom-samples') decodeWriteRequest(record.body, sink);
    return [];
  }

  const finished = runConsumer({
    source,
    registration: METRICS_CONSUMER,
    cursor,
    bytesMax: BATCH_BYTES_MAX,
    clock,
    signal: stop.signal,
    handle: async (batch) => {
      let after: Cursor = batch.cursor;
      for (const record of batch.records) {
        for (const [reason, items] of take(record)) after = dropItems(after, reason, record.kind, items);
      }
      cursor = after;
      const due = clock.monotonicMs() - sealedAtMs >= config.sealIntervalMs;
      if (due || store.tailSamples >= config.sealSamples) await sealOrWarn();
      return after;
    },
  });

  async function sealOrWarn(): Promise<void> {
    try {
      await seal();
    } catch (error) {
      // What is in memory stays there; the next seal tries again, and the journal still has it all.
      options.log.warn({ error: errorText(error) }, 'metrics could not be sealed; they stay in memory');
    }
  }

  return {
    reader: store,
    finished,
    sealNow: seal,
    status: () =>
      Promise.resolve({
        name: 'metrics',
        cursor,
        bytes: store.bytes,
        tailItems: store.tailSamples,
        oldestUnixNanos: store.oldestMs === undefined ? undefined : BigInt(store.oldestMs) * 1_000_000n,
        residentBytes: undefined,
      }),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await finished.catch(() => {});
      await sealOrWarn();
      await store[Symbol.asyncDispose]();
    },
  };
}
