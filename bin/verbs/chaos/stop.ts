/** `plimsoll chaos stop`, `block` and `allow`: the levers that end faults and keep them from beginning. */
import { CodedError } from '#base/errors.ts';
import type { ChaosVerb } from '#bin/verbs/chaos.ts';
import { findDemo } from '#bin/verbs/chaos/demo.ts';
import { faultText, printJson } from '#bin/verbs/chaos/text.ts';

export const stop: ChaosVerb = {
  usage: '[ID | --all]',
  summary: 'end a fault; without ID the only one, with --all everything, toxics of others too',
  flags: { all: { value: undefined, help: 'end everything' } },
  async run(args) {
    const { client } = findDemo(args);
    const json = args.flags['json'] !== undefined;
    if (args.flags['all'] !== undefined) {
      const stopped = await client.stopAll();
      if (json) printJson({ stopped });
      else
        process.stdout.write(`${stopped} ${stopped === 1 ? 'fault' : 'faults'} ended, all proxies reset\n`);
      return 0;
    }
    const [id] = args.positional;
    const { active } = id === undefined ? await client.list() : { active: [] };
    const only = active.length === 1 ? active[0]?.id : undefined;
    const chosen = id ?? only;
    if (chosen === undefined) {
      const on = active.map((fault) => fault.id).join(', ');
      throw new CodedError('PLIM_USAGE', on === '' ? 'no fault is on' : `name one of ${on}, or --all`);
    }
    const view = await client.stop(chosen);
    if (json) printJson(view);
    else process.stdout.write(`${faultText(view)}: over\n`);
    return 0;
  },
};

export const block: ChaosVerb = {
  usage: '',
  summary: 'end everything and let no fault begin',
  flags: {},
  async run(args) {
    const { client } = findDemo(args);
    await client.block(true);
    const stopped = await client.stopAll();
    if (args.flags['json'] !== undefined) printJson({ blocked: true, stopped });
    else process.stdout.write(`${stopped} ended; no fault begins until plimsoll chaos allow\n`);
    return 0;
  },
};

export const allow: ChaosVerb = {
  usage: '',
  summary: 'let faults begin again',
  flags: {},
  async run(args) {
    await findDemo(args).client.block(false);
    if (args.flags['json'] !== undefined) printJson({ blocked: false });
    else process.stdout.write('faults may begin\n');
    return 0;
  },
};
