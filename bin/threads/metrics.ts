/** Worker `metrics`: the connectors, the embedded metrics store and PromQL over it. */
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { createLogger, type LogLevel } from '#base/real/log.ts';
import { createMeter } from '#base/real/metrics.ts';
import { parentThreadPort } from '#base/real/rpc-ports.ts';
import { dieWith, servePart, type RunningPart } from '#bin/threads/serve-part.ts';
import type { ConnectorsConfig } from '#collector/connectors/config.ts';
import type { DerivedBody } from '#collector/connectors/core/derived-bodies.ts';
import { startConnectors } from '#collector/connectors/start.ts';
import { SharedCommitted } from '#journal/disk/committed.ts';
import { openDiskJournalSource } from '#journal/disk/reader.ts';
import type { Cursor } from '#journal/ports.ts';
import { watchCell, type ReadCell } from '#journal/progress.ts';
import { dependenciesOf, type DependencyReader } from '#server/jaeger/dependencies.ts';
import { createPrometheusApi, type PrometheusApi } from '#server/prometheus/handlers.ts';
import type { MetricsConfig } from '#storage/embedded/metrics/config.ts';
import { startMetrics } from '#storage/embedded/metrics/start.ts';
import type { StoreStatus } from '#storage/ports.ts';

export interface MetricsOptions {
  readonly directory: string;
  readonly journalDirectory: string;
  readonly connectorsDirectory: string;
  readonly config: MetricsConfig;
  readonly connectors: ConnectorsConfig;
  readonly committed: SharedArrayBuffer;
  /** Say how far each of the two consumers has read. */
  readonly read: ReadCell | undefined;
  readonly connectorsRead: ReadCell | undefined;
  readonly logLevel: LogLevel;
}

export interface MetricsApi extends PrometheusApi, DependencyReader {
  storeStatus(): Promise<StoreStatus>;
  connectorsCursor(): Promise<Cursor>;
  /** Metrics made of spans, to be written to the journal; each is given once. */
  takeDerived(): Promise<readonly DerivedBody[]>;
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
  const outside = { disk: systemDisk, clock: systemClock, log, meter };
  const store = await startMetrics({
    ...outside,
    directory: options.directory,
    source: watchCell(disk, options.read),
    config: options.config,
  });
  dieWith(store.finished, log);
  const connectors = await startConnectors({
    ...outside,
    directory: options.connectorsDirectory,
    source: watchCell(disk, options.connectorsRead),
    config: options.connectors,
  });
  dieWith(connectors.finished, log);
  const prometheus = createPrometheusApi({ reader: store.reader, clock: systemClock, log, meter });
  const api: MetricsApi = {
    handle: (request, signal) => prometheus.handle(request, signal),
    dependencies: (range) => dependenciesOf(store.reader, range),
    storeStatus: () => store.status(),
    connectorsCursor: () => Promise.resolve(connectors.cursor),
    takeDerived: () => Promise.resolve(connectors.takeDerived()),
  };
  return {
    info: undefined,
    api,
    collect: () => meter.collect(),
    close: async () => {
      await Promise.all([connectors[Symbol.asyncDispose](), store[Symbol.asyncDispose]()]);
    },
  };
}

servePart(parentThreadPort(), start);
