/** A journal on a simulated disk from one start of ours to the next crash. */
import { SimulatedClock } from '#base/sim/clock.ts';
import type { SimulatedDisk } from '#base/sim/disk.ts';
import type { Random } from '#base/random.ts';
import { DEFAULT_JOURNAL_CONFIG } from '#journal/config.ts';
import { MessageCommitted } from '#journal/disk/committed.ts';
import { openDiskJournalSource } from '#journal/disk/reader.ts';
import { openDiskJournal, type DiskJournalWriter } from '#journal/disk/writer.ts';
import type { ConsumerRegistration, JournalSource } from '#journal/ports.ts';

const DIRECTORY = 'data/journal';

export interface JournalLife {
  readonly clock: SimulatedClock;
  readonly writer: DiskJournalWriter;
  readonly source: JournalSource;
}

/** What a life begins with. */
export interface Birth {
  readonly disk: SimulatedDisk;
  /** Of the wall clock, milliseconds since the Unix epoch: where the last life ended. */
  readonly wallMs: number;
  readonly random: Random;
}

export async function openJournalLife(
  { disk, wallMs, random }: Birth,
  consumer: ConsumerRegistration,
): Promise<JournalLife> {
  const clock = new SimulatedClock(wallMs);
  const committed = new MessageCommitted(clock);
  const place = { disk, clock, directory: DIRECTORY };
  const writer = await openDiskJournal({
    ...place,
    random,
    config: DEFAULT_JOURNAL_CONFIG,
    consumers: [consumer],
    onCommit: (offset) => committed.set(offset),
  });
  committed.set(writer.committed());
  return { clock, writer, source: openDiskJournalSource({ ...place, committed }) };
}
