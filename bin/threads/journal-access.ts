/** How a thread gets at the journal, whatever it is made of. */
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { systemRandom } from '#base/real/random.ts';
import { reasonText } from '#base/access.ts';
import type { Logger } from '#base/log.ts';
import type { JournalConfig } from '#journal/config.ts';
import {
  FileCommitted,
  publishCommitted,
  SharedCommitted,
  type CommittedOffset,
} from '#journal/disk/committed.ts';
import { openDiskJournalSource } from '#journal/disk/reader.ts';
import { openDiskJournal } from '#journal/disk/writer.ts';
import type { KafkaJournalConfig } from '#journal/kafka/config.ts';
import type { KafkaJournalSource } from '#journal/kafka/source.ts';
import type {
  ConsumerRegistration,
  JournalCapabilities,
  JournalSource,
  JournalWriter,
} from '#journal/ports.ts';

interface DiskAccess {
  readonly kind: 'disk';
  readonly directory: string;
  readonly config: JournalConfig;
  /** Cell of the committed offset. Undefined: the writer is another program; its file is watched. */
  readonly committed: SharedArrayBuffer | undefined;
}

export interface KafkaAccess {
  readonly kind: 'kafka';
  /** Of what a writer must know of itself. */
  readonly directory: string;
  readonly config: KafkaJournalConfig;
}

/** As it travels to a thread. */
export type JournalAccess = DiskAccess | KafkaAccess;

export type OpenJournalSource = JournalSource & AsyncDisposable;

/** @param committed when the thread hears of commits to the disk in a way of its own */
export async function openJournalSource(
  access: JournalAccess,
  log: Logger,
  committed?: CommittedOffset,
): Promise<OpenJournalSource> {
  if (access.kind === 'kafka') return openKafkaSource(access, log);
  const { directory } = access;
  return openDiskJournalSource({
    disk: systemDisk,
    clock: systemClock,
    directory,
    committed: committed ?? committedOf(access),
    onDamage: (runs) => log.error({ runs }, 'damaged records in the journal were skipped'),
  });
}

/** Where several processes can share a consumer's work. @throws CodedError `PLIM_CONFIG_INVALID` */
export async function openKafkaSource(access: KafkaAccess, log: Logger): Promise<KafkaJournalSource> {
  // Loaded where Kafka is the journal only: every thread starts with this file.
  const { openKafkaJournalSource } = await import('#journal/kafka/source.ts');
  return openKafkaJournalSource({
    clock: systemClock,
    config: access.config,
    onDamage: (count) => log.error({ count }, 'messages that cannot be read were skipped'),
  });
}

export interface OpenJournalWriter {
  readonly writer: JournalWriter;
  /** Offset behind the last record that is durable; undefined where the journal counts none. */
  readonly committed: () => number | undefined;
}

export interface WriterOptions {
  /** Undefined: whoever has reported counts. */
  readonly consumers: readonly ConsumerRegistration[] | undefined;
  readonly onCommit: (commitMs: number) => void;
  readonly log: Logger;
}

/** One at a time for a folder. @throws CodedError, DiskError */
export async function openJournalWriter(
  access: JournalAccess,
  { consumers, onCommit, log }: WriterOptions,
): Promise<OpenJournalWriter> {
  const common = {
    disk: systemDisk,
    clock: systemClock,
    random: systemRandom,
    directory: access.directory,
    ...(consumers === undefined ? {} : { consumers }),
  };
  if (access.kind === 'kafka') {
    const { openKafkaJournal } = await import('#journal/kafka/writer.ts');
    const writer = await openKafkaJournal({
      ...common,
      config: access.config,
      onCommit,
      onTrouble: (error) =>
        log.warn({ error: reasonText(error) }, 'the brokers do not take records; trying again'),
    });
    tellPromise(writer.capabilities, access.config, log);
    return { writer, committed: () => undefined };
  }
  const cell = access.committed;
  const publish = (offset: number): void => {
    if (cell !== undefined) publishCommitted(cell, offset);
  };
  const writer = await openDiskJournal({
    ...common,
    config: access.config,
    onCommit: (offset, commitMs) => {
      publish(offset);
      onCommit(commitMs);
    },
  });
  publish(writer.committed());
  return { writer, committed: () => writer.committed() };
}

/** A topic that was there may keep fewer copies than the configuration would have made. */
function tellPromise(
  { durability, survivesDiskLoss, partitions }: JournalCapabilities,
  config: KafkaJournalConfig,
  log: Logger,
): void {
  const facts = { topic: config.topic, durability };
  const isLess = partitions > 0 && config.minInsyncReplicas > 1 && !survivesDiskLoss;
  if (isLess) log.warn(facts, 'the topic of the journal keeps fewer copies than configured');
  else log.info(facts, 'the journal is on Kafka');
}

function committedOf({ directory, committed }: DiskAccess): CommittedOffset {
  if (committed !== undefined) return new SharedCommitted(committed);
  return new FileCommitted({ disk: systemDisk, clock: systemClock, directory });
}
