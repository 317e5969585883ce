/** A server of Prometheus' API as a backend of the metrics contract: our exporter writes, our reader reads. */
import assert from 'node:assert/strict';
import { silentLogger } from '#base/log.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemNet } from '#base/real/net.ts';
import { COMMON_DEFAULT } from '#collector/exporters/config.ts';
import type { Exporter, ExportOutcome } from '#collector/exporters/ports.ts';
import type { RemoteWriteConfig } from '#collector/exporters/prometheusremotewrite/config.ts';
import { createRemoteWriteExporter } from '#collector/exporters/prometheusremotewrite/create.ts';
import type { JournalRecord } from '#journal/ports.ts';
import { PrometheusReader } from '#storage/prometheus/reader.ts';
import type { MetricsBackend, MetricsFeature } from '#test/contract/metrics.ts';
import { isMissing, type Engine, type Missing } from '#test/engines/engine.ts';
import { send } from '#test/engines/http.ts';
import { startPrometheus, type PrometheusOptions } from '#test/engines/prometheus.ts';
import { startVictoriaMetrics } from '#test/engines/victoriametrics.ts';
import { samplesRecord } from '#test/support/journal-records.ts';

type Lacks = Readonly<Partial<Record<MetricsFeature, string>>>;

export const PROMETHEUS_LACKS: Lacks = {
  overwrite: 'Prometheus refuses a second value at one time: the first stays',
  metadata: 'Prometheus answers with the metadata of its own targets alone, not with what was written to it',
  'label-times':
    'Prometheus takes names and values of every block that touches the range, and the head is one',
};

const NO_ZERO_SIGN = 'remote read leaves zeros out of its messages, and their sign with them';

/** By remote read, which is how it is read unless told otherwise. */
export const PROMETHEUS_READ_LACKS: Lacks = { ...PROMETHEUS_LACKS, 'negative-zero': NO_ZERO_SIGN };

export const VICTORIA_LACKS: Lacks = {
  overwrite: 'VictoriaMetrics keeps the larger of two values at one time when it is told to keep one',
  staleness: 'VictoriaMetrics has no remote read, and range selectors leave staleness markers out',
  'negative-zero': 'VictoriaMetrics keeps decimals, which have no -0',
  'exact-values': 'VictoriaMetrics keeps decimals of 18 digits, and drops NaN',
  'label-times': 'VictoriaMetrics takes names and values of whole days',
  metadata: 'VictoriaMetrics 1.79 keeps no metadata',
  exemplars: 'VictoriaMetrics keeps no exemplars',
};

export function remoteWriteConfig(url: string, more: Partial<RemoteWriteConfig> = {}): RemoteWriteConfig {
  return {
    common: COMMON_DEFAULT,
    endpoint: `${url}/api/v1/write`,
    protocol: 'auto',
    externalLabels: {},
    namespace: '',
    addsSuffixes: true,
    addsTargetInfo: true,
    addsResource: false,
    sendsMetadata: true,
    requestBytesMax: 3_000_000,
    ...more,
  };
}

export function remoteWriteExporter(url: string, more: Partial<RemoteWriteConfig> = {}): Exporter {
  return createRemoteWriteExporter({
    config: remoteWriteConfig(url, more),
    net: systemNet,
    clock: systemClock,
    log: silentLogger,
  });
}

export function prometheusReader(url: string, samplesBy?: 'read' | 'query'): PrometheusReader {
  return new PrometheusReader({
    net: systemNet,
    url,
    headers: {},
    timeoutMs: 30_000,
    tls: undefined,
    ...(samplesBy === undefined ? {} : { samplesBy }),
  });
}

/** Takes late samples within two hours, and exemplars. */
export const PROMETHEUS_OPTIONS: PrometheusOptions = {
  config: 'storage: {tsdb: {out_of_order_time_window: 2h}}\n',
  flags: ['--enable-feature=exemplar-storage'],
};

export interface PrometheusBackendOptions {
  readonly flavor?: 'packaged' | 'built';
  readonly protocol?: RemoteWriteConfig['protocol'];
}

export async function prometheusBackend(
  samplesBy?: 'read' | 'query',
  { flavor = 'packaged', protocol = 'auto' }: PrometheusBackendOptions = {},
): Promise<MetricsBackend | Missing> {
  const engine = await startPrometheus({ ...PROMETHEUS_OPTIONS, flavor });
  const nothing = async (): Promise<void> => {};
  return isMissing(engine)
    ? engine
    : new EngineBackend(engine, { samplesBy, protocol, settle: nothing, makeDurable: nothing });
}

export async function victoriaBackend(): Promise<MetricsBackend | Missing> {
  const engine = await startVictoriaMetrics({
    flags: ['-retentionPeriod=100y', '-dedup.minScrapeInterval=1ms', '-search.disableCache'],
  });
  if (isMissing(engine)) return engine;
  // What was written is found a second later, unless it is asked to hurry.
  const settle = () => send(`${engine.url}/internal/force_flush`, { method: 'GET' });
  // It acknowledges what is in memory, seconds before it is on disk; a snapshot puts it there.
  const makeDurable = () => send(`${engine.url}/snapshot/create`, { method: 'GET' });
  return new EngineBackend(engine, { samplesBy: undefined, protocol: 'auto', settle, makeDurable });
}

interface BackendOptions {
  readonly samplesBy: 'read' | 'query' | undefined;
  readonly protocol: RemoteWriteConfig['protocol'];
  /** Resolves when what was written can be asked for. */
  readonly settle: () => Promise<unknown>;
  /** Resolves when it survives a kill. */
  readonly makeDurable: () => Promise<unknown>;
}

class EngineBackend implements MetricsBackend {
  readonly reader: PrometheusReader;
  readonly #engine: Engine;
  readonly #exporter: Exporter;
  readonly #options: BackendOptions;
  #sequence = 0;

  constructor(engine: Engine, options: BackendOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#exporter = remoteWriteExporter(engine.url, { protocol: options.protocol });
    this.reader = prometheusReader(engine.url, options.samplesBy);
  }

  async write(samples: Parameters<MetricsBackend['write']>[0]): Promise<void> {
    await this.#export((sink) => {
      for (const { labels, timeMs, value, stale = false } of samples)
        sink.sample(labels, timeMs, value, stale);
    });
  }

  /** Servers take an exemplar of a series they have a sample of only. */
  async writeExemplars(series: Parameters<MetricsBackend['writeExemplars']>[0]): Promise<void> {
    await this.#export((sink) => {
      for (const { labels, exemplars } of series) {
        for (const exemplar of exemplars) {
          sink.sample(labels, exemplar.timeMs, 1, false);
          sink.exemplar(labels, exemplar);
        }
      }
    });
  }

  async describe(...[name, metadata]: Parameters<MetricsBackend['describe']>): Promise<void> {
    await this.#export((sink) => sink.metadata(name, metadata));
  }

  async flush(): Promise<void> {
    await this.#options.makeDurable();
  }

  async restart(): Promise<void> {
    await this.#engine.kill();
    await this.#engine.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#exporter[Symbol.asyncDispose]();
    await this.#engine[Symbol.asyncDispose]();
  }

  async #export(give: Parameters<typeof samplesRecord>[1]): Promise<void> {
    this.#sequence += 1;
    const { refused } = await exportAll(this.#exporter, [samplesRecord(this.#sequence, give)]);
    assert.deepEqual(refused, [], 'everything is taken');
    await this.#options.settle();
  }
}

export function exportAll(exporter: Exporter, records: readonly JournalRecord[]): Promise<ExportOutcome> {
  return exporter.export({ records, mayRepeat: false, signal: new AbortController().signal });
}
