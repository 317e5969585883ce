/** A server of Elasticsearch's kind as a backend of the contract suites: our exporter writes, our reader reads. */
import assert from 'node:assert/strict';
import { systemClock } from '#base/real/clock.ts';
import { silentLogger } from '#base/log.ts';
import { COMMON_DEFAULT } from '#collector/exporters/config.ts';
import type { ElasticsearchExporterConfig } from '#collector/exporters/elasticsearch/config.ts';
import { createElasticsearchExporter } from '#collector/exporters/elasticsearch/exporter.ts';
import type { Exporter, ExportOutcome } from '#collector/exporters/ports.ts';
import type { JournalRecord } from '#journal/ports.ts';
import { DEFAULT_TENANT } from '#signals/ids.ts';
import { NO_ITEMS } from '#signals/records.ts';
import type { Connection } from '#storage/elasticsearch/client.ts';
import { openElasticsearchReader, type ElasticsearchReader } from '#storage/elasticsearch/reader.ts';
import type { TestRecord } from '#test/support/documents-world.ts';

/** Streams of one test: the bare distribution cannot delete them, so each test has its own. */
export interface Streams {
  readonly logs: string;
  readonly traces: string;
}

let streamsMade = 0;

export function newStreams(): Streams {
  streamsMade += 1;
  const part = `t${process.pid}x${streamsMade}.otel-test`;
  return { logs: `logs-${part}`, traces: `traces-${part}` };
}

export function connectionTo(url: string): Connection {
  const { headers, tls } = COMMON_DEFAULT;
  return { endpoints: [url], headers, tls, auth: undefined, compresses: true };
}

export function exporterConfig(
  url: string,
  { logs, traces }: Streams,
  more: Partial<ElasticsearchExporterConfig> = {},
): ElasticsearchExporterConfig {
  return {
    ...COMMON_DEFAULT,
    ...connectionTo(url),
    timeoutMs: 60_000,
    routing: { logsIndex: logs, tracesIndex: traces },
    pipeline: undefined,
    retentionMs: 86_400_000,
    requestBytesMax: 5_000_000,
    requestsMax: 2,
    itemRetry: { retriesMax: 2, initialMs: 100, maxMs: 1000 },
    ...more,
  };
}

/** Records as a journal would hand them out, each with the next sequence of one producer. */
export class RecordMaker {
  readonly #node = crypto.randomUUID();
  #sequence = 0;

  make({ kind, items, body }: TestRecord): JournalRecord {
    this.#sequence += 1;
    return {
      id: { node: this.#node, epoch: 1, sequence: this.#sequence },
      partition: 0,
      offset: this.#sequence,
      nextOffset: this.#sequence + 1,
      kind,
      tenant: DEFAULT_TENANT,
      receivedUnixNanos: 1_700_000_000_000_000_000n,
      items,
      accepted: NO_ITEMS,
      body,
    };
  }
}

export class ElasticsearchBackend implements AsyncDisposable {
  readonly streams = newStreams();
  readonly #url: string;
  readonly #maker = new RecordMaker();
  readonly #restartServer: (() => Promise<void>) | undefined;
  #exporter: Exporter;
  #reader: ElasticsearchReader;

  /** @param restartServer what else a restart does; without it only our side begins anew */
  constructor(url: string, restartServer?: () => Promise<void>) {
    this.#url = url;
    this.#restartServer = restartServer;
    this.#exporter = this.#newExporter();
    this.#reader = this.#newReader();
  }

  get traces(): ElasticsearchReader['traces'] {
    return this.#reader.traces;
  }

  get logs(): ElasticsearchReader['logs'] {
    return this.#reader.logs;
  }

  async write(records: readonly TestRecord[]): Promise<void> {
    const { refused } = await this.exported(records.map((record) => this.#maker.make(record)));
    assert.deepEqual(refused, []);
  }

  /** Resolves when they can be asked for. */
  async exported(records: readonly JournalRecord[]): Promise<ExportOutcome> {
    const { signal } = new AbortController();
    const outcome = await this.#exporter.export({ records, mayRepeat: false, signal });
    await refresh(this.#url, this.streams);
    return outcome;
  }

  /** What was answered is durable: Elasticsearch syncs before it answers. */
  flush(): Promise<void> {
    return Promise.resolve();
  }

  async restart(): Promise<void> {
    await this[Symbol.asyncDispose]();
    await this.#restartServer?.();
    this.#exporter = this.#newExporter();
    this.#reader = this.#newReader();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#exporter[Symbol.asyncDispose]();
    await this.#reader[Symbol.asyncDispose]();
  }

  #newExporter(): Exporter {
    const config = exporterConfig(this.#url, this.streams);
    return createElasticsearchExporter({ config, clock: systemClock, log: silentLogger });
  }

  #newReader(): ElasticsearchReader {
    const { logs, traces } = this.streams;
    return openElasticsearchReader({ connection: connectionTo(this.#url), logs: [logs], traces: [traces] });
  }
}

export async function refresh(url: string, { logs, traces }: Streams): Promise<void> {
  const path = `${url}/${logs},${traces}/_refresh?ignore_unavailable=true`;
  const answer = await fetch(path, { method: 'POST' });
  assert.equal(answer.status, 200, await answer.text());
}
