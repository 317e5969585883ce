/** What every running exporter shows, however its cursor is kept. */
import type { CommonConfig } from '#collector/exporters/config.ts';
import type { SendingState } from '#collector/exporters/sending.ts';
import type { ConsumerRegistration, Cursor } from '#journal/ports.ts';
import type { RecordKind } from '#signals/records.ts';

/** Where an exporter stands, for people. */
export interface ExporterStatus {
  readonly name: string;
  /** Its name among the consumers of the journal. */
  readonly consumer: string;
  /** What it sends. */
  readonly kinds: readonly RecordKind[];
  /** Over all of the journal, or over its share. */
  readonly cursor: Cursor;
  /**
   * Partitions of the journal that are its own now, where several processes share
   * its work: none while they are being divided. Undefined: it works alone.
   */
  readonly share: readonly number[] | undefined;
  readonly state: SendingState;
}

export interface RunningExporter extends AsyncDisposable {
  /** Rejects when the exporter fails for good. */
  readonly finished: Promise<void>;
  status(): ExporterStatus;
}

/** The consumer behind an exporter: names of consumers know no slash. */
export function exporterConsumer(
  name: string,
  { onFull }: Pick<CommonConfig, 'onFull'>,
): ConsumerRegistration {
  return { name: name.replace('/', '-'), onFull };
}
