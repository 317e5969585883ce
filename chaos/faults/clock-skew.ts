import { integer } from '#chaos/core/parameters.ts';
import type { ProcessIdentity } from '#chaos/core/undo.ts';
import { AVAILABLE, defineFault, unavailable } from '#chaos/faults/fault.ts';

const DAY_S = 86_400;
/** What libfaketime reads as "the true time". */
export const TRUE_TIME = '+0\n';

/** The target must have been started under libfaketime with FAKETIME_TIMESTAMP_FILE. */
export const clockSkew = defineFault({
  name: 'clock-skew',
  layer: 'time',
  summary: "the target's wall clock is wrong",
  acts: 'process',
  parameters: {
    offset: integer({ min: -DAY_S, max: DAY_S, unit: 's', default: 90, doc: 'from the true time' }),
  },
  available: (machine) =>
    machine.libfaketime === undefined ? unavailable('libfaketime is not installed') : AVAILABLE,
  availableOn: (target, files) =>
    files.clockFileOf(target.process) === undefined
      ? unavailable(
          `${target.name} was not started under libfaketime with FAKETIME_TIMESTAMP_FILE (plimsoll start --faketime)`,
        )
      : AVAILABLE,
  async begin({ arm, files, target }, { offset }) {
    const skew = async (process: ProcessIdentity): Promise<void> => {
      const file = files.clockFileOf(process);
      if (file === undefined) return;
      await arm({ kind: 'write', file, text: TRUE_TIME });
      await files.write(file, `${offset < 0 ? '' : '+'}${offset}\n`);
    };
    if (target !== undefined) await skew(target.process);
    return { onProcess: skew, end: async () => {} };
  },
});
