/** A process with nothing but the documents store, to be killed: argv is the journal's folder and the store's. */
import { silentLogger } from '#base/log.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { createMeter } from '#base/real/metrics.ts';
import { parentProcessPort } from '#base/real/rpc-ports.ts';
import { serveRpc } from '#base/rpc.ts';
import { FileCommitted } from '#journal/disk/committed.ts';
import { openDiskJournalSource } from '#journal/disk/reader.ts';
import { startDocuments } from '#storage/embedded/documents/start.ts';

const [journalDirectory = '', directory = ''] = process.argv.slice(2);
const committed = new FileCommitted({ disk: systemDisk, clock: systemClock, directory: journalDirectory });
const store = await startDocuments({
  disk: systemDisk,
  clock: systemClock,
  log: silentLogger,
  meter: createMeter(),
  directory,
  source: openDiskJournalSource({
    disk: systemDisk,
    clock: systemClock,
    directory: journalDirectory,
    committed,
  }),
  // Small, so that it is nearly always in the middle of a seal.
  config: {
    retentionMs: 3_600_000,
    retentionBytes: 2 ** 30,
    sealRows: 200,
    sealIntervalMs: 1000,
    memoryLimitBytes: 2 ** 27,
  },
});
process.once('disconnect', () => process.exit(0));
serveRpc(parentProcessPort(), store);
