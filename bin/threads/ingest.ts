/** Worker `ingest`: receivers' sockets, decoding, the journal's writer. */
import { present } from '#base/invariant.ts';
import { backlogRefusal, type Backlog } from '#collector/backlog.ts';
import { slowestRead } from '#journal/progress.ts';
import type { Address } from '#base/config/schema.ts';
import type { CodedError } from '#base/errors.ts';
import { systemClock } from '#base/real/clock.ts';
import { createLogger, type LogLevel } from '#base/real/log.ts';
import { systemNet } from '#base/real/net.ts';
import { createMeter } from '#base/real/metrics.ts';
import { systemRandom } from '#base/real/random.ts';
import { parentThreadPort } from '#base/real/rpc-ports.ts';
import { openJournalWriter, type JournalAccess } from '#bin/threads/journal-access.ts';
import { servePart, type RunningPart } from '#bin/threads/serve-part.ts';
import { itemCounter } from '#collector/receivers/http/door-metrics.ts';
import type { OtlpHttpConfig } from '#collector/config.ts';
import type { JaegerConfig } from '#collector/receivers/jaeger-thrift/config.ts';
import { startJaeger, type JaegerAddresses } from '#collector/receivers/jaeger-thrift/start.ts';
import type { PrometheusConfig } from '#collector/receivers/prometheus/config.ts';
import { startScraper } from '#collector/receivers/prometheus/start.ts';
import { startOtlpHttp } from '#collector/receivers/otlp-http/start.ts';
import type { ConsumerRegistration, JournalStatus, RecordDraft } from '#journal/ports.ts';
import type { RecordId } from '#signals/ids.ts';
import { METRICS } from '#signals/registry.ts';

export interface IngestOptions {
  readonly journal: JournalAccess;
  readonly otlpHttp: OtlpHttpConfig;
  readonly address: Address;
  readonly jaeger: JaegerConfig;
  /** The ports it had before; undefined at the first start. */
  readonly jaegerAddresses: JaegerAddresses | undefined;
  readonly prometheus: PrometheusConfig;
  readonly apiKey: string | undefined;
  /** Undefined: whoever has reported in the folder counts. */
  readonly consumers: readonly ConsumerRegistration[] | undefined;
  /** Names of those that must keep up: with too much before one of them the door refuses. */
  readonly watched: readonly string[];
  /** How far each of `watched` has read, in their order. */
  readonly reads: SharedArrayBuffer;
  readonly logLevel: LogLevel;
}

export interface IngestInfo {
  readonly otlpHttp: Address;
  readonly otlpHttpUrl: string;
  readonly jaeger: JaegerAddresses;
  readonly jaegerHttpUrl: string | undefined;
}

export interface IngestApi {
  journalStatus(): Promise<JournalStatus>;
  /** For records made inside the program. Rejects as `JournalWriter.append` does. */
  append(draft: RecordDraft): Promise<void>;
  /**
   * For records somebody sent to another part of the program: refused while
   * consumers are behind, and counted, as at a receiver's own door.
   */
  takeIn(draft: RecordDraft): Promise<RecordId>;
}

async function start(options: IngestOptions): Promise<RunningPart<IngestInfo>> {
  const log = createLogger('ingest', options.logLevel);
  const meter = createMeter();
  const syncSeconds = meter.histogram(METRICS.journalSyncSeconds);
  const { writer: journal, committed } = await openJournalWriter(options.journal, {
    consumers: options.consumers,
    onCommit: (commitMs) => syncSeconds.observe(commitMs / 1000),
    log,
  });
  exposeJournal(meter, () => journal.status());
  const door = {
    apiKey: options.apiKey,
    journal,
    refusalNow: refusalOf(options, committed),
    clock: systemClock,
    random: systemRandom,
    log,
    meter,
  };
  const countItems = itemCounter(meter, 'elasticsearch', 'http');
  const { jaegerAddresses } = options;
  const otlp = await startOtlpHttp({ ...door, address: options.address, config: options.otlpHttp });
  const jaeger = await startJaeger({
    ...door,
    config: options.jaeger,
    ...(jaegerAddresses === undefined ? {} : { addresses: jaegerAddresses }),
  });
  const scraper = startScraper({ ...door, config: options.prometheus, net: systemNet });
  return {
    info: {
      otlpHttp: otlp.address,
      otlpHttpUrl: otlp.url,
      jaeger: jaeger.addresses,
      jaegerHttpUrl: jaeger.httpUrl,
    },
    api: {
      journalStatus: () => Promise.resolve(journal.status()),
      append: async (draft) => {
        await journal.append(draft);
      },
      takeIn: async (draft) => {
        const refused = door.refusalNow();
        if (refused !== undefined) throw refused;
        const { id } = await journal.append(draft);
        countItems('logs', draft.items, 0);
        return id;
      },
    } satisfies IngestApi,
    collect: () => meter.collect(),
    async close() {
      await Promise.all([otlp, jaeger, scraper].map((receiver) => receiver[Symbol.asyncDispose]()));
      await journal[Symbol.asyncDispose]();
    },
  };
}

/** Kafka has its own door, and consumers of other programs have no cell: the journal's budget alone holds then. */
function refusalOf(
  options: IngestOptions,
  committed: () => number | undefined,
): () => CodedError | undefined {
  const { journal } = options;
  if (journal.kind === 'kafka') return () => undefined;
  return () => backlogRefusal(backlogOf(options, committed() ?? 0), journal.config.backlogBytesMax);
}

function backlogOf({ watched, reads }: IngestOptions, committed: number): Backlog {
  if (watched.length === 0) return { consumer: '', bytes: 0 };
  const slowest = slowestRead(reads);
  const consumer = present(watched[slowest.consumer], 'every cell belongs to a consumer');
  // One that has not begun yet is starting: it may have everything before it, or nothing.
  return { consumer, bytes: slowest.offset === 0 ? 0 : committed - slowest.offset };
}

function exposeJournal(meter: ReturnType<typeof createMeter>, status: () => JournalStatus): void {
  const bytes = meter.gauge(METRICS.journalBytes);
  const bytesMax = meter.gauge(METRICS.journalBytesMax);
  const held = meter.gauge(METRICS.journalHeldBytes);
  const counters = {
    records: meter.counter(METRICS.journalRecords),
    corruptRecords: meter.counter(METRICS.journalCorrupt),
    failedSyncs: meter.counter(METRICS.journalFailedSyncs),
  };
  const counted = { records: 0, corruptRecords: 0, failedSyncs: 0 };
  meter.onCollect(() => {
    const now = status();
    bytes.set(now.bytes);
    bytesMax.set(now.bytesMax);
    for (const consumer of now.consumers) held.set(consumer.heldBytes, { consumer: consumer.name });
    for (const name of ['records', 'corruptRecords', 'failedSyncs'] as const) {
      counters[name].add(Math.max(0, now[name] - counted[name]));
      counted[name] = now[name];
    }
  });
}

servePart(parentThreadPort(), start);
