/** Worker `metrics`: the embedded metrics store and PromQL over it. */
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { createLogger, type LogLevel } from '#base/real/log.ts';
import { createMeter } from '#base/real/metrics.ts';
import { parentThreadPort } from '#base/real/rpc-ports.ts';
import { dieWith, servePart, type RunningPart } from '#bin/threads/serve-part.ts';
import { SharedCommitted } from '#journal/disk/committed.ts';
import { openDiskJournalSource } from '#journal/disk/reader.ts';
import { watchCell, type ReadCell } from '#journal/progress.ts';
import { createPrometheusApi, type PrometheusApi } from '#server/prometheus/handlers.ts';
import type { MetricsConfig } from '#storage/embedded/metrics/config.ts';
import { startMetrics } from '#storage/embedded/metrics/start.ts';
import type { StoreStatus } from '#storage/ports.ts';

export interface MetricsOptions {
  readonly directory: string;
  readonly journalDirectory: string;
  readonly config: MetricsConfig;
  readonly committed: SharedArrayBuffer;
  /** Says how far this consumer has read. */
  readonly read: ReadCell | undefined;
  readonly logLevel: LogLevel;
}

export interface MetricsApi extends PrometheusApi {
  storeStatus(): Promise<StoreStatus>;
}

async function start(options: MetricsOptions): Promise<RunningPart<undefined>> {
  const log = createLogger('metrics', options.logLevel);
  const meter = createMeter();
  const disk = openDiskJournalSource({
    disk: systemDisk,
    clock: systemClock,
    directory: options.journalDirectory,
    committed: new SharedCommitted(options.committed),
    onDamage: (runs) => log.error({ runs }, 'damaged records in the journal were skipped'),
  });
  const store = await startMetrics({
    disk: systemDisk,
    clock: systemClock,
    log,
    meter,
    directory: options.directory,
    source: watchCell(disk, options.read),
    config: options.config,
  });
  dieWith(store.finished, log);
  const prometheus = createPrometheusApi({ reader: store.reader, clock: systemClock, log, meter });
  const api: MetricsApi = {
    handle: (request, signal) => prometheus.handle(request, signal),
    storeStatus: () => store.status(),
  };
  return {
    info: undefined,
    api,
    collect: () => meter.collect(),
    close: async () => {
      await store[Symbol.asyncDispose]();
    },
  };
}

servePart(parentThreadPort(), start);
