/** Worker `exporters`: everything that leaves for somebody else's store. */
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { createLogger, type LogLevel } from '#base/real/log.ts';
import { createMeter } from '#base/real/metrics.ts';
import { systemNet } from '#base/real/net.ts';
import { systemRandom } from '#base/real/random.ts';
import { parentThreadPort } from '#base/real/rpc-ports.ts';
import { openJournalSource, openKafkaSource, type JournalAccess } from '#bin/threads/journal-access.ts';
import { dieWith, servePart, type RunningPart } from '#bin/threads/serve-part.ts';
import { createExporter } from '#collector/exporters/create.ts';
import { commonOf, type ExporterComponent } from '#collector/exporters/types.ts';
import { exporterMetrics } from '#collector/exporters/expose.ts';
import type { Exporter } from '#collector/exporters/ports.ts';
import { startSharedExporter } from '#collector/exporters/run-shared.ts';
import { startExporter } from '#collector/exporters/run.ts';
import type { SendingOptions } from '#collector/exporters/sending.ts';
import { exporterConsumer, type ExporterStatus, type RunningExporter } from '#collector/exporters/status.ts';
import { kindsFor, type PipelinesConfig } from '#collector/pipelines/config.ts';

export interface ExportersOptions {
  /** A folder for each stands below it. */
  readonly directory: string;
  readonly journal: JournalAccess;
  readonly exporters: readonly ExporterComponent[];
  readonly pipelines: PipelinesConfig;
  readonly logLevel: LogLevel;
}

export interface ExportersApi {
  exporterStatus(): Promise<readonly ExporterStatus[]>;
}

async function start(options: ExportersOptions): Promise<RunningPart<undefined>> {
  const meter = createMeter();
  const running: RunningExporter[] = [];
  const sources: AsyncDisposable[] = [];
  for (const component of options.exporters) {
    const log = createLogger(`exporter ${component.id}`, options.logLevel);
    const exporter = narrowed(
      createExporter(component, { net: systemNet, clock: systemClock, log }),
      kindsFor(component.id, options.pipelines),
    );
    const { running: one, source } = await startOne(options.journal, {
      name: component.id,
      exporter,
      config: commonOf(component),
      directory: `${options.directory}/${component.id.replace('/', '-')}`,
      disk: systemDisk,
      clock: systemClock,
      random: systemRandom,
      log,
      metrics: exporterMetrics(meter, component.id, () => systemClock.wallMs()),
    });
    sources.push(source);
    dieWith(one.finished, log);
    running.push(one);
  }
  const api: ExportersApi = {
    exporterStatus: () => Promise.resolve(running.map((one) => one.status())),
  };
  return {
    info: undefined,
    api,
    collect: () => meter.collect(),
    async close() {
      await Promise.all(running.map((one) => one[Symbol.asyncDispose]()));
      await Promise.all(sources.map((source) => source[Symbol.asyncDispose]()));
    },
  };
}

/** On the disk each exporter is the only one of its name; on Kafka those of all collectors are members of a group. */
async function startOne(
  journal: JournalAccess,
  options: SendingOptions,
): Promise<{ readonly running: RunningExporter; readonly source: AsyncDisposable }> {
  if (journal.kind === 'disk') {
    const source = await openJournalSource(journal, options.log);
    return { source, running: await startExporter({ ...options, source }) };
  }
  const source = await openKafkaSource(journal, options.log);
  const reader = await source.openShared({ consumer: exporterConsumer(options.name, options.config) });
  return { source, running: await startSharedExporter({ ...options, reader }) };
}

/** The same exporter, of what it can take given only what its pipelines say. */
function narrowed(exporter: Exporter, kinds: ReturnType<typeof kindsFor>): Exporter {
  return {
    kinds: new Set([...exporter.kinds].filter((kind) => kinds.has(kind))),
    batchBytesMax: exporter.batchBytesMax,
    export: (batch) => exporter.export(batch),
    [Symbol.asyncDispose]: () => exporter[Symbol.asyncDispose](),
  };
}

servePart(parentThreadPort(), start);
