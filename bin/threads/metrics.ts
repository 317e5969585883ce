/** Worker `metrics`: the connectors, the embedded metrics store and PromQL over it. */
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { createLogger, type LogLevel } from '#base/real/log.ts';
import { createMeter } from '#base/real/metrics.ts';
import { systemNet } from '#base/real/net.ts';
import { readTls } from '#base/real/tls-files.ts';
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
import { startMetrics, type MetricsStoreOptions } from '#storage/embedded/metrics/start.ts';
import type { MetricReader, StoreStatus } from '#storage/ports.ts';
import { PrometheusReader } from '#storage/prometheus/reader.ts';
import type { RemoteStoreConfig } from '#storage/remote-config.ts';

export interface MetricsOptions {
  readonly store:
    | { readonly kind: 'embedded'; readonly directory: string; readonly config: MetricsConfig }
    | { readonly kind: 'prometheus'; readonly config: RemoteStoreConfig };
  readonly journal: JournalAccess;
  readonly connectorsDirectory: string;
  readonly connectors: ConnectorsConfig;
  /** Say how far each of the two consumers has read. */
  readonly read: ReadCell | undefined;
  readonly connectorsRead: ReadCell | undefined;
  readonly logLevel: LogLevel;
}

export interface MetricsApi extends PrometheusApi, DependencyReader {
  /** Undefined when the store is somebody else's. */
  storeStatus(): Promise<StoreStatus | undefined>;
  connectorsCursor(): Promise<Cursor>;
  /** Metrics made of spans, to be written to the journal; each is given once. */
  takeDerived(): Promise<readonly DerivedBody[]>;
}

async function start(options: MetricsOptions): Promise<RunningPart<undefined>> {
  const log = createLogger('metrics', options.logLevel);
  const meter = createMeter();
  const journal = await openJournalSource(options.journal, log);
  const outside = { disk: systemDisk, clock: systemClock, log, meter };
  const store = await openStore(options, { ...outside, source: watchCell(journal, options.read) });
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

interface OpenStore extends AsyncDisposable {
  readonly reader: MetricReader;
  /** Rejects when it fails for good. */
  readonly finished: Promise<void>;
  status(): Promise<StoreStatus | undefined>;
}

async function openStore(
  { store }: MetricsOptions,
  outside: Omit<MetricsStoreOptions, 'directory' | 'config'>,
): Promise<OpenStore> {
  if (store.kind === 'embedded') return startMetrics({ ...outside, ...store });
  const { endpoint, headers, timeoutMs, tls } = store.config;
  return {
    reader: new PrometheusReader({ net: systemNet, url: endpoint, headers, timeoutMs, tls: readTls(tls) }),
    finished: Promise.resolve(),
    status: () => Promise.resolve(undefined),
    async [Symbol.asyncDispose]() {},
  };
}

servePart(parentThreadPort(), start);
