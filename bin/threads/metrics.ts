/** Worker `metrics`: the connectors, the embedded metrics store and PromQL over it. */
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { createLogger, type LogLevel } from '#base/real/log.ts';
import { createMeter } from '#base/real/metrics.ts';
import { parentThreadPort } from '#base/real/rpc-ports.ts';
import { openJournalSource, type JournalAccess } from '#bin/threads/journal-access.ts';
import { dieWith, servePart, type RunningPart } from '#bin/threads/serve-part.ts';
import type { ConnectorsConfig } from '#collector/connectors/config.ts';
import type { DerivedBody } from '#collector/connectors/core/derived-bodies.ts';
import { startConnectors } from '#collector/connectors/start.ts';
import type { Cursor } from '#journal/ports.ts';
import { watchCell, type ReadCell } from '#journal/progress.ts';
import { dependenciesOf, type DependencyReader } from '#server/jaeger/dependencies.ts';
import { createPrometheusApi, type PrometheusApi } from '#server/prometheus/handlers.ts';
import type { MetricsConfig } from '#storage/embedded/metrics/config.ts';
import { startMetrics } from '#storage/embedded/metrics/start.ts';
import type { StoreStatus } from '#storage/ports.ts';

export interface MetricsOptions {
  readonly directory: string;
  readonly journal: JournalAccess;
  readonly connectorsDirectory: string;
  readonly config: MetricsConfig;
  readonly connectors: ConnectorsConfig;
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
  const journal = await openJournalSource(options.journal, log);
  const outside = { disk: systemDisk, clock: systemClock, log, meter };
  const store = await startMetrics({
    ...outside,
    directory: options.directory,
    source: watchCell(journal, options.read),
    config: options.config,
  });
  dieWith(store.finished, log);
  const connectors = await startConnectors({
    ...outside,
    directory: options.connectorsDirectory,
    source: watchCell(journal, options.connectorsRead),
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
      await journal[Symbol.asyncDispose]();
    },
  };
}

servePart(parentThreadPort(), start);
