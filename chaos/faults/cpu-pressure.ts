import type { Timer } from '#base/clock.ts';
import { number } from '#chaos/core/parameters.ts';
import type { ProcessIdentity } from '#chaos/core/undo.ts';
import { defineFault } from '#chaos/faults/fault.ts';

/** As the kernel's own quota has it (cpu.cfs_period_us): shorter ones cost more than they take. */
const PERIOD_MS = 100;

/**
 * The target gets the processor for a share of each period and is stopped for
 * the rest: what a spent quota does to it, and nobody beside it feels anything.
 */
export const cpuPressure = defineFault({
  name: 'cpu-pressure',
  layer: 'resource',
  summary: 'the target gets the processor for a share of the time only',
  acts: 'process',
  parameters: {
    share: number({
      min: 0.01,
      max: 0.95,
      unit: 'share',
      default: 0.1,
      doc: 'of the time that is left to it',
    }),
  },
  async begin({ arm, clock, processes, target }, { share }) {
    let timer: Timer | undefined;
    let process: ProcessIdentity | undefined;
    const stop = (): void => {
      if (process !== undefined) processes.signal(process, 'SIGSTOP');
      timer = clock.startTimer(PERIOD_MS * (1 - share), go);
    };
    const go = (): void => {
      if (process !== undefined) processes.signal(process, 'SIGCONT');
      timer = clock.startTimer(PERIOD_MS * share, stop);
    };
    const squeeze = async (next: ProcessIdentity): Promise<void> => {
      await arm({ kind: 'continue', process: next });
      process = next;
    };
    if (target !== undefined) await squeeze(target.process);
    stop();
    return {
      onProcess: squeeze,
      async end() {
        timer?.cancel();
        process = undefined;
      },
    };
  },
});
