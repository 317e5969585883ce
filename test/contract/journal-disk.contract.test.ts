/** The disk journal against the contract: on this machine's disk, and on a simulated one. */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Disk } from '#base/disk.ts';
import { sleep, type Clock } from '#base/clock.ts';
import { present } from '#base/invariant.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { SimulatedDisk } from '#base/sim/disk.ts';
import { seededRandom } from '#base/sim/random.ts';
import { DEFAULT_JOURNAL_CONFIG } from '#journal/config.ts';
import { RECORD_HEADER_BYTES } from '#journal/core/format.ts';
import {
  createCommittedCell,
  FileCommitted,
  MessageCommitted,
  publishCommitted,
  readHint,
  SharedCommitted,
  type CommittedOffset,
} from '#journal/disk/committed.ts';
import { listSegments, segmentPath } from '#journal/disk/files.ts';
import { openDiskJournalSource } from '#journal/disk/reader.ts';
import { openDiskJournal } from '#journal/disk/writer.ts';
import { journalContract } from '#test/contract/journal.ts';
import type { JournalBackend } from '#test/contract/journal-backend.ts';
import { fastTimers } from '#test/support/fast-timers.ts';
import { until } from '#test/support/wait.ts';

type Corrupt = (path: string, position: number) => Promise<void>;

interface Wiring {
  readonly committed: () => CommittedOffset;
  readonly publish: (offset: number) => void;
  /** Resolves when a reader that is opened can know of what was published. */
  readonly published: () => Promise<void>;
}

const PUBLISHED_MS_MAX = 10_000;
const AT_ONCE = async (): Promise<void> => {};

journalContract('disk, shared memory', () => onRealDisk(() => sharedWiring()));
journalContract('disk, messages', () => onRealDisk((_, clock) => messageWiring(clock)));
journalContract('disk, polled file', () => onRealDisk(fileWiring));
journalContract('disk, simulated', async () => {
  const disk = new SimulatedDisk({ random: seededRandom(7) });
  const directory = 'data/journal';
  return backendOn({
    disk,
    directory,
    wiring: sharedWiring(),
    corrupt: async (path, position) => disk.corrupt(path, position, 0x10),
    remove: async () => {},
  });
});

async function onRealDisk(wire: (directory: string, clock: Clock) => Wiring): Promise<JournalBackend> {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-journal-'));
  const directory = join(folder, 'journal');
  return backendOn({
    disk: systemDisk,
    directory,
    wiring: wire(directory, systemClock),
    corrupt: corruptRealFile,
    remove: () => rm(folder, { recursive: true, force: true }),
  });
}

function backendOn(place: {
  readonly disk: Disk;
  readonly directory: string;
  readonly wiring: Wiring;
  readonly corrupt: Corrupt;
  readonly remove: () => Promise<void>;
}): JournalBackend {
  const { disk, directory, wiring } = place;
  const clock = fastTimers;
  return {
    clock,
    lacks: {},
    openWriter: ({ bytesMax = 2 ** 24, consumers } = {}) =>
      openDiskJournal({
        disk,
        clock,
        random: seededRandom(11),
        directory,
        config: { ...DEFAULT_JOURNAL_CONFIG, bytesMax, segmentBytes: 4096 },
        ...(consumers === undefined ? {} : { consumers }),
        onCommit: wiring.publish,
      }),
    async openSource() {
      await wiring.published();
      return openDiskJournalSource({ disk, clock, directory, committed: wiring.committed() });
    },
    // Upkeep looks at the reports once a second of this clock.
    reclaim: () => sleep(clock, 2500),
    async damage(offset) {
      const bases = await listSegments(disk, directory);
      const base = present(
        bases.findLast((candidate) => candidate <= offset),
        'a segment holds the offset',
      );
      await place.corrupt(segmentPath(directory, base), offset - base + RECORD_HEADER_BYTES + 3);
    },
    [Symbol.asyncDispose]: place.remove,
  };
}

function sharedWiring(): Wiring {
  const cell = createCommittedCell();
  return {
    committed: () => new SharedCommitted(cell),
    publish: (offset) => publishCommitted(cell, offset),
    published: AT_ONCE,
  };
}

function messageWiring(clock: Clock): Wiring {
  const committed = new MessageCommitted(clock);
  return {
    committed: () => committed,
    publish: (offset) => committed.set(offset),
    published: AT_ONCE,
  };
}

function fileWiring(directory: string, clock: Clock): Wiring {
  let newest = 0;
  return {
    committed: () => new FileCommitted({ disk: systemDisk, clock, directory }),
    publish: (offset) => (newest = offset),
    // An append is answered before the file has been written.
    published: () =>
      until('the file', async () => (await readHint(systemDisk, directory)).offset >= newest, {
        timeoutMs: PUBLISHED_MS_MAX,
        everyMs: 1,
      }).then(AT_ONCE),
  };
}

async function corruptRealFile(path: string, position: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const byte = new Uint8Array(1);
    await file.read(byte, 0, 1, position);
    byte[0] = (byte[0] ?? 0) ^ 0x10;
    await file.write(byte, 0, 1, position);
  } finally {
    await file.close();
  }
}
