/** What each part is started with: from the settings and what the parts share. */
import path from 'node:path';
import type { PlimsollConfig } from '#bin/config.ts';
import type { Role } from '#bin/platform.ts';
import type { AlertingOptions } from '#bin/threads/alerting.ts';
import type { DocumentsOptions } from '#bin/threads/documents.ts';
import type { ExportersOptions } from '#bin/threads/exporters.ts';
import type { IngestInfo, IngestOptions } from '#bin/threads/ingest.ts';
import type { JournalAccess } from '#bin/threads/journal-access.ts';
import type { MetricsOptions } from '#bin/threads/metrics.ts';
import type { RemoteStoresOptions } from '#bin/threads/remote-stores.ts';
import type { UpSettings } from '#bin/verbs/settings.ts';
import { commonOf } from '#collector/exporters/types.ts';
import { exporterConsumer } from '#collector/exporters/status.ts';
import { createCommittedCell, SharedCommitted } from '#journal/disk/committed.ts';
import type { ConsumerRegistration } from '#journal/ports.ts';
import { createReadCells, type ReadCell } from '#journal/progress.ts';

export class PartOptions {
  /** Offset behind the last record that is durable on disk. */
  readonly committed = createCommittedCell();
  readonly #role: Role;
  readonly #settings: UpSettings;
  /** Those that must see every record, in the order of their cells. */
  readonly #consumers: readonly ConsumerRegistration[];
  /** How far each of them has read. */
  readonly #reads: SharedArrayBuffer;

  constructor(role: Role, settings: UpSettings) {
    this.#role = role;
    this.#settings = settings;
    this.#consumers = embeddedConsumers(settings.config);
    this.#reads = createReadCells(this.#consumers.length);
  }

  /** @param before what it told at its last start: started again, it takes the ports it had, since senders know them */
  ingest(before: IngestInfo | undefined): IngestOptions {
    const { config, otlpHttp, jaeger, logLevel } = this.#settings;
    const isAlone = this.#role !== 'up';
    const exporters = config.exporters.map((one) => exporterConsumer(one.id, commonOf(one)));
    return {
      journal: this.#journal(),
      otlpHttp: config.receivers.otlp.http,
      address: before?.otlpHttp ?? otlpHttp,
      jaeger,
      jaegerAddresses: before?.jaeger,
      prometheus: config.receivers.prometheus,
      apiKey: config.server.apiKey,
      consumers: isAlone ? undefined : [...this.#consumers, ...exporters],
      watched: isAlone ? [] : this.#consumers.map(({ name }) => name),
      reads: this.#reads,
      logLevel,
    };
  }

  documents(): DocumentsOptions {
    const journal = this.#journal();
    return {
      // Shared memory does not reach a child process; it is told of commits.
      journal: journal.kind === 'disk' ? { ...journal, committed: undefined } : journal,
      directory: this.#directoryOf('documents'),
      config: this.#settings.config.storage.documents,
      committed: new SharedCommitted(this.committed).current(),
      logLevel: this.#settings.logLevel,
    };
  }

  remoteStores(): RemoteStoresOptions {
    const { elasticsearch, jaeger } = this.#settings.config.storage;
    return { elasticsearch, jaeger };
  }

  metrics(): MetricsOptions {
    const { config, logLevel } = this.#settings;
    const { prometheus } = config.storage;
    return {
      journal: this.#journal(),
      store:
        prometheus === undefined
          ? { kind: 'embedded', directory: this.#directoryOf('metrics'), config: config.storage.metrics }
          : { kind: 'prometheus', config: prometheus },
      connectorsDirectory: this.#directoryOf('connectors'),
      connectors: config.connectors,
      read: this.cellOf('metrics'),
      connectorsRead: this.cellOf('connectors'),
      logLevel,
    };
  }

  exporters(): ExportersOptions {
    const { config, logLevel } = this.#settings;
    return {
      journal: this.#journal(),
      directory: this.#directoryOf('exporters'),
      exporters: config.exporters,
      pipelines: config.service,
      logLevel,
    };
  }

  alerting(externalUrl: string): AlertingOptions {
    const { config, sloDirectory, logLevel } = this.#settings;
    return {
      journal: this.#journal(),
      directory: this.#directoryOf('alerting'),
      sloDirectory,
      config: config.alerting,
      externalUrl,
      read: this.#role === 'up' ? this.cellOf('alerting') : undefined,
      logLevel,
    };
  }

  /** Undefined for the consumer of a store that somebody else keeps. */
  cellOf(name: string): ReadCell | undefined {
    const consumer = this.#consumers.findIndex((candidate) => candidate.name === name);
    return consumer < 0 ? undefined : { cells: this.#reads, consumer };
  }

  #journal(): JournalAccess {
    const { journal } = this.#settings.config;
    const directory = this.#directoryOf('journal');
    if (journal.kind === 'kafka') return { kind: 'kafka', directory, config: journal.kafka };
    // Of another program's journal only the files are there to be watched.
    const committed = this.#role === 'alerting' ? undefined : this.committed;
    return { kind: 'disk', directory, config: journal.disk, committed };
  }

  #directoryOf(name: string): string {
    return path.join(this.#settings.dataDirectory, name);
  }
}

/** Whether spans or logs are kept by us: both can be elsewhere. */
export function keepsDocuments({ storage }: PlimsollConfig): boolean {
  return storage.elasticsearch === undefined;
}

/** Whether somebody else answers for spans or logs. */
export function hasRemoteStores({ storage }: PlimsollConfig): boolean {
  return storage.elasticsearch !== undefined || storage.jaeger !== undefined;
}

function embeddedConsumers(config: PlimsollConfig): readonly ConsumerRegistration[] {
  const names = ['connectors', 'alerting'];
  if (keepsDocuments(config)) names.push('documents');
  if (config.storage.prometheus === undefined) names.push('metrics');
  return names.map((name) => ({ name, onFull: 'refuse' }));
}
