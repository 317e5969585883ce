import type { Timer } from '#base/clock.ts';
import {
  AVAILABLE,
  defineFault,
  needsProc,
  unavailable,
  type Availability,
  type Files,
} from '#chaos/faults/fault.ts';
import type { Target } from '#chaos/core/targets.ts';

/** A file system larger than this is nobody's little one of its own: it would fill the machine's memory. */
const TMPFS_BYTES_MAX = 256 * 1024 * 1024;
/** What the target deletes meanwhile is taken up again this often. */
const REFILL_EVERY_MS = 250;
const BALLAST = '.ballast';

/** Only where the target's folder is a small tmpfs of its own: the disks of the machine are never filled. */
export const diskFull = defineFault({
  name: 'disk-full',
  layer: 'disk',
  summary: 'the disk of the target has no byte left',
  acts: 'process',
  parameters: {},
  available: (machine) =>
    machine.isRoot ? needsProc(machine) : unavailable('only root can give a target a small disk of its own'),
  availableOn: hasSmallDisk,
  async begin({ arm, clock, files, target }) {
    const dir = target?.dataDir;
    if (dir === undefined) return { end: async () => {} };
    const file = `${dir}/${BALLAST}`;
    let timer: Timer | undefined;
    let filling: Promise<void> = Promise.resolve();
    let ended = false;
    const refill = (): void => {
      filling = files.fill(file).then(
        () => {
          if (!ended) timer = clock.startTimer(REFILL_EVERY_MS, refill);
        },
        // The folder may be gone with its target; the undo does not mind.
        () => {},
      );
    };
    await arm({ kind: 'remove', file });
    refill();
    await filling;
    return {
      async end() {
        ended = true;
        timer?.cancel();
        await filling;
      },
    };
  },
});

function hasSmallDisk({ name, dataDir }: Target, files: Files): Availability {
  const bytes = dataDir === undefined ? undefined : files.tmpfsBytes(dataDir);
  if (bytes === undefined) return unavailable(`the folder of ${name} is no tmpfs of its own`);
  return bytes <= TMPFS_BYTES_MAX
    ? AVAILABLE
    : unavailable(`the tmpfs of ${name} holds ${bytes} bytes, at most ${TMPFS_BYTES_MAX} are filled`);
}
