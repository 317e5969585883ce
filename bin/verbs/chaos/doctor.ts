/** `plimsoll chaos doctor`: what can be done here, what cannot and why, and whether anything is left. */
import { errorText } from '#base/errors.ts';
import type { ParsedArguments } from '#bin/arguments.ts';
import type { ChaosVerb } from '#bin/verbs/chaos.ts';
import { findDemo } from '#bin/verbs/chaos/demo.ts';
import { printJson, table } from '#bin/verbs/chaos/text.ts';
import type { ResidueReport } from '#chaos/client.ts';
import type { CatalogueEntry } from '#chaos/daemon/daemon.ts';
import { FAULTS } from '#chaos/faults/registry.ts';
import { thisMachine } from '#chaos/world/machine.ts';

interface Diagnosis {
  /** `answers`, or why not. */
  readonly daemon: string;
  readonly faults: readonly Row[];
  readonly residue: ResidueReport | undefined;
}

interface Row {
  readonly fault: string;
  readonly verdict: 'available' | 'on some targets' | 'unavailable';
  /** Targets, or why there are none. */
  readonly detail: string;
}

export const doctor: ChaosVerb = {
  usage: '',
  summary: 'which faults this machine can do, and whether anything of one is left',
  flags: {},
  async run(args) {
    const diagnosis = await diagnose(args);
    if (args.flags['json'] === undefined) process.stdout.write(report(diagnosis));
    else printJson(diagnosis);
    return diagnosis.residue?.clean === false ? 1 : 0;
  },
};

async function diagnose(args: ParsedArguments): Promise<Diagnosis> {
  try {
    const { client } = findDemo(args);
    const faults = (await client.catalogue()).map(rowOf);
    return { daemon: 'answers', faults, residue: await client.residue() };
  } catch (error) {
    const machine = thisMachine();
    const faults = FAULTS.map((fault): Row => {
      const availability = fault.available(machine);
      return availability.kind === 'available'
        ? { fault: fault.name, verdict: 'available', detail: 'on this machine' }
        : { fault: fault.name, verdict: 'unavailable', detail: availability.reason };
    });
    return { daemon: errorText(error), faults, residue: undefined };
  }
}

function rowOf({ name, availability, targets }: CatalogueEntry): Row {
  if (availability.kind === 'unavailable')
    return { fault: name, verdict: 'unavailable', detail: availability.reason };
  const can = targets.filter((target) => target.availability.kind === 'available');
  const names = can.map((target) => target.name).join(' ');
  if (can.length === targets.length) return { fault: name, verdict: 'available', detail: names };
  const [reason = ''] = targets.flatMap((target) =>
    target.availability.kind === 'unavailable' ? [target.availability.reason] : [],
  );
  return can.length === 0
    ? { fault: name, verdict: 'unavailable', detail: reason }
    : { fault: name, verdict: 'on some targets', detail: `${names}; ${reason}` };
}

function report({ daemon, faults, residue }: Diagnosis): string {
  const rows = faults.map(({ fault, verdict, detail }) => [fault, verdict, detail]);
  const count = (verdict: Row['verdict']): number => faults.filter((row) => row.verdict === verdict).length;
  const left = residue?.residue.map((line) => `  ${line}\n`).join('') ?? '';
  return [
    table([['FAULT', 'HERE', ''], ...rows]),
    `\n${faults.length - count('unavailable')} available, ${count('unavailable')} skipped\n`,
    `daemon: ${daemon}\n`,
    residue === undefined ? '' : residue.clean ? 'residue: none\n' : `residue:\n${left}`,
  ].join('');
}
