/** `plimsoll chaos list`: what is on, and every fault there is. */
import { isCoded } from '#base/errors.ts';
import type { ParsedArguments } from '#bin/arguments.ts';
import type { ChaosVerb } from '#bin/verbs/chaos.ts';
import { findDemo } from '#bin/verbs/chaos/demo.ts';
import { activeLine, printJson, table } from '#bin/verbs/chaos/text.ts';
import type { FaultList } from '#chaos/client.ts';
import type { FaultDefinition } from '#chaos/faults/fault.ts';
import { FAULTS, faultNamed } from '#chaos/faults/registry.ts';
import { thisMachine } from '#chaos/world/machine.ts';

export const list: ChaosVerb = {
  usage: '[FAULT]',
  summary: 'what is on, and every fault; or one with its parameters',
  flags: {},
  async run(args) {
    const [name] = args.positional;
    if (name !== undefined) {
      const fault = faultNamed(name);
      if (args.flags['json'] === undefined) process.stdout.write(faultText(fault));
      else printJson(catalogueEntry(fault));
      return 0;
    }
    const now = await activeNow(args);
    if (args.flags['json'] === undefined) process.stdout.write(`${nowText(now)}\n${catalogueText()}`);
    else printJson({ running: now !== undefined, ...now, faults: FAULTS.map(catalogueEntry) });
    return 0;
  },
};

/** Undefined when no demo runs: the catalogue can be read all the same. */
async function activeNow(args: ParsedArguments): Promise<FaultList | undefined> {
  try {
    return await findDemo(args).client.list();
  } catch (error) {
    if (isCoded(error, 'PLIM_DEMO_FILE') || isCoded(error, 'PLIM_CHAOS_UNREACHABLE')) return undefined;
    throw error;
  }
}

function nowText(now: FaultList | undefined): string {
  if (now === undefined) return 'No demo is running; npm start starts one.\n';
  const blocked = now.blocked ? 'Faults are blocked; plimsoll chaos allow lifts that.\n' : '';
  if (now.active.length === 0) return `${blocked}No fault is on.\n`;
  return `${blocked}On now:\n${now.active.map(activeLine).join('')}`;
}

function catalogueText(): string {
  const machine = thisMachine();
  const rows = FAULTS.flatMap((fault) => {
    const availability = fault.available(machine);
    const summary = availability.kind === 'available' ? fault.summary : `not here: ${availability.reason}`;
    const settings = Object.entries(fault.parameters)
      .map(([name, { default: byDefault }]) => `${name}=${byDefault}`)
      .join(' ');
    return [[fault.name, fault.layer, summary], ...(settings === '' ? [] : [['', '', settings]])];
  });
  return `${table([['FAULT', 'LAYER', 'WHAT HAPPENS'], ...rows])}\nplimsoll chaos list FAULT explains its parameters\n`;
}

function faultText({ name, summary, only, parameters }: FaultDefinition): string {
  const rows = Object.entries(parameters).map(([parameter, { default: byDefault, expected, doc }]) => [
    `  ${parameter}`,
    `${doc}; ${expected}${byDefault === '' ? '' : `, by default ${byDefault}`}`,
  ]);
  return `${name}: ${summary}\ntargets: ${only?.join(', ') ?? 'any service'}\n${table(rows)}`;
}

function catalogueEntry(fault: FaultDefinition): object {
  const { name, layer, summary, acts, only, parameters } = fault;
  return {
    name,
    layer,
    summary,
    acts,
    ...(only === undefined ? {} : { only }),
    parameters: Object.entries(parameters).map(
      ([parameter, { default: byDefault, unit, expected, doc }]) => ({
        name: parameter,
        default: byDefault,
        unit,
        expected,
        doc,
      }),
    ),
    availability: fault.available(thisMachine()),
  };
}
