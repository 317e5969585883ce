import { integer } from '#chaos/core/parameters.ts';
import type { ProcessIdentity } from '#chaos/core/undo.ts';
import { AVAILABLE, defineFault, needsProc, unavailable } from '#chaos/faults/fault.ts';

const MIB = 1024 * 1024;

/**
 * The target's own data segment gets a limit (RLIMIT_DATA, getrlimit(2)) little
 * above what it uses: it runs out of memory, the machine does not.
 */
export const memoryPressure = defineFault({
  name: 'memory-pressure',
  layer: 'resource',
  summary: 'the target can get little more memory than it has, and fails for want of it',
  acts: 'process',
  parameters: {
    headroom: integer({ min: 0, max: 1024, unit: 'MiB', default: 8, doc: 'that it may still take' }),
  },
  available: (machine) =>
    machine.prlimit === undefined
      ? unavailable('prlimit(1) of util-linux is not installed')
      : needsProc(machine).kind === 'available'
        ? AVAILABLE
        : needsProc(machine),
  async begin({ arm, processes, target }, { headroom }) {
    let softBytes: number | undefined;
    const limit = async (process: ProcessIdentity): Promise<void> => {
      const segment = await processes.dataSegment(process);
      if (segment === undefined) return;
      // A new process gets what the first one was left with, or it could not even start.
      softBytes ??= segment.usedBytes + headroom * MIB;
      await arm({ kind: 'data-limit', process, soft: segment.soft });
      await processes.limitData(process, softBytes);
    };
    if (target !== undefined) await limit(target.process);
    return { onProcess: limit, end: async () => {} };
  },
});
