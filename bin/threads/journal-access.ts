/** How a thread gets at the journal, whatever it is made of. */
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import type { Logger } from '#base/log.ts';
import { FileCommitted, SharedCommitted, type CommittedOffset } from '#journal/disk/committed.ts';
import { openDiskJournalSource } from '#journal/disk/reader.ts';
import type { JournalSource } from '#journal/ports.ts';

/** As it travels to a thread. */
export interface JournalAccess {
  readonly kind: 'disk';
  readonly directory: string;
  /** Undefined: the writer is another program; its file is watched. */
  readonly committed: SharedArrayBuffer | undefined;
}

export type OpenJournalSource = JournalSource & AsyncDisposable;

/** @param committed when the thread hears of commits in a way of its own */
export async function openJournalSource(
  access: JournalAccess,
  log: Logger,
  committed?: CommittedOffset,
): Promise<OpenJournalSource> {
  const { directory } = access;
  return openDiskJournalSource({
    disk: systemDisk,
    clock: systemClock,
    directory,
    committed: committed ?? committedOf(access),
    onDamage: (runs) => log.error({ runs }, 'damaged records in the journal were skipped'),
  });
}

function committedOf({ directory, committed }: JournalAccess): CommittedOffset {
  if (committed !== undefined) return new SharedCommitted(committed);
  return new FileCommitted({ disk: systemDisk, clock: systemClock, directory });
}
