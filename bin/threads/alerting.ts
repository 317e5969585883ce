/** Worker `alerting`: SLO engine, router, outbox, SQLite. */
import path from 'node:path';
import type { AlertingConfig } from '#alerting/config.ts';
import { createSloEngine } from '#alerting/slo/core/engine.ts';
import { loadSloFolder } from '#alerting/slo/load.ts';
import { startAlerting } from '#alerting/start.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { createLogger, type LogLevel } from '#base/real/log.ts';
import { createMeter } from '#base/real/metrics.ts';
import { systemNet } from '#base/real/net.ts';
import { systemRandom } from '#base/real/random.ts';
import { parentThreadPort } from '#base/real/rpc-ports.ts';
import { openJournalSource, type JournalAccess } from '#bin/threads/journal-access.ts';
import { servePart, type RunningPart } from '#bin/threads/serve-part.ts';
import { watchCell, type ReadCell } from '#journal/progress.ts';

export interface AlertingOptions {
  readonly directory: string;
  readonly journal: JournalAccess;
  readonly sloDirectory: string | undefined;
  readonly config: AlertingConfig;
  readonly externalUrl: string;
  /** Says how far this consumer has read. */
  readonly read: ReadCell | undefined;
  readonly logLevel: LogLevel;
}

async function start(options: AlertingOptions): Promise<RunningPart<undefined>> {
  const log = createLogger('alerting', options.logLevel);
  const meter = createMeter();
  const { sloDirectory } = options;
  const journal = await openJournalSource(options.journal, log);
  await systemDisk.makeDir(options.directory);
  const alerting = await startAlerting({
    source: watchCell(journal, options.read),
    engine: createSloEngine({
      evaluation: options.config.evaluation,
      onUnreadableSnapshot: (slo, reason) =>
        log.warn({ slo, reason }, 'a snapshot cannot be read; its SLO counts anew'),
      onUnreadableRecord: ({ id }, reason) =>
        log.error({ record: id, reason }, 'a record cannot be read; its events are not counted'),
    }),
    loadDocuments: () =>
      sloDirectory === undefined
        ? Promise.resolve({ documents: [], problems: [] })
        : loadSloFolder(sloDirectory),
    config: options.config,
    databasePath: path.join(options.directory, 'state.sqlite'),
    externalUrl: options.externalUrl,
    clock: systemClock,
    net: systemNet,
    random: systemRandom,
    log,
    meter,
  });
  return {
    info: undefined,
    api: alerting,
    collect: () => meter.collect(),
    close: async () => {
      await alerting[Symbol.asyncDispose]();
      await journal[Symbol.asyncDispose]();
    },
  };
}

servePart(parentThreadPort(), start);
