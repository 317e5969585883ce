import type { ProcessIdentity } from '#chaos/core/undo.ts';
import { defineFault } from '#chaos/faults/fault.ts';

export const pause = defineFault({
  name: 'pause',
  layer: 'process',
  summary: 'the target stands still (SIGSTOP), its connections stay',
  acts: 'process',
  parameters: {},
  async begin({ arm, processes, target }) {
    const stop = async (process: ProcessIdentity): Promise<void> => {
      await arm({ kind: 'continue', process });
      processes.signal(process, 'SIGSTOP');
    };
    if (target !== undefined) await stop(target.process);
    return { onProcess: stop, end: async () => {} };
  },
});
