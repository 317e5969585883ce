import type { Timer } from '#base/clock.ts';
import { milliseconds } from '#chaos/core/parameters.ts';
import type { ProcessIdentity } from '#chaos/core/undo.ts';
import { defineFault } from '#chaos/faults/fault.ts';

/** Needs no undo: whoever supervises the target starts it again, as ever. */
export const kill = defineFault({
  name: 'kill',
  layer: 'process',
  summary: 'the target is killed (SIGKILL), and again whenever it is started: a crash loop',
  acts: 'process',
  parameters: { after: milliseconds('a new process of it lives so long', 0) },
  async begin({ processes, target, clock }, { after }) {
    let timer: Timer | undefined;
    const strike = (process: ProcessIdentity): void => void processes.signal(process, 'SIGKILL');
    if (target !== undefined) strike(target.process);
    return {
      async onProcess(process) {
        timer?.cancel();
        timer = clock.startTimer(after, () => strike(process));
      },
      async end() {
        timer?.cancel();
      },
    };
  },
});
