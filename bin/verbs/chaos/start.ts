/** `plimsoll chaos start FAULT`: for a time, or as long as the command runs. */
import { parseDurationMs } from '#base/duration.ts';
import { CodedError } from '#base/errors.ts';
import type { ParsedArguments } from '#bin/arguments.ts';
import type { ChaosVerb } from '#bin/verbs/chaos.ts';
import { findDemo } from '#bin/verbs/chaos/demo.ts';
import { faultText, printJson } from '#bin/verbs/chaos/text.ts';
import { stopSignal } from '#bin/verbs/stop-signal.ts';
import type { ChaosClient, FaultRequest } from '#chaos/client.ts';
import { FIXED_MS_MAX } from '#chaos/core/lease.ts';
import { faultNamed } from '#chaos/faults/registry.ts';

/** Longer than the daemon ever takes. */
const STOP_MS_MAX = 10_000;

export const start: ChaosVerb = {
  usage: 'FAULT --target NAME [--param KEY=VALUE …]',
  summary: 'begin a fault: for a time, or until Ctrl-C',
  flags: {
    target: { value: 'NAME', help: 'service it strikes: gateway, quotes, shipments …' },
    for: { value: 'TIME', help: 'it ends by itself after this time, at most 10m; without it at Ctrl-C' },
    param: { value: 'KEY=VALUE', help: 'a parameter; more KEY=VALUE may follow' },
    sham: { value: undefined, help: 'announce it, do nothing' },
    alongside: { value: undefined, help: 'begin it although another is on' },
  },
  async run(args) {
    const { flags } = args;
    const request = requestOf(args);
    const { client } = findDemo(args);
    if (request.forMs === undefined) return holdUntilStopped(client, request, flags['json'] !== undefined);
    const view = await client.start(request);
    if (flags['json'] !== undefined) printJson(view);
    else process.stdout.write(`${faultText(view)}: on for ${flags['for'] ?? ''} (${view.id})\n`);
    return 0;
  },
};

async function holdUntilStopped(client: ChaosClient, request: FaultRequest, json: boolean): Promise<number> {
  const stopping = stopSignal(STOP_MS_MAX);
  const held = await client.hold(request);
  if (json) printJson(held.view);
  else process.stdout.write(`${faultText(held.view)}: on until Ctrl-C (${held.view.id})\n`);
  const ended = await Promise.race([held.over, stopping.then(() => undefined)]);
  if (ended !== undefined) {
    throw new CodedError('PLIM_FAULT_FAILED', `${held.view.id} is over before it was stopped: ${ended}`);
  }
  const over = await held.release();
  if (json) printJson(over);
  else process.stdout.write(`${over.fault} on ${over.target}: over\n`);
  return 0;
}

/** @throws CodedError `PLIM_USAGE`, `PLIM_PARAMETER` */
function requestOf({ flags, positional }: ParsedArguments): FaultRequest {
  const [fault, ...words] = positional;
  if (fault === undefined)
    throw new CodedError(
      'PLIM_USAGE',
      'name a fault: plimsoll chaos start FAULT; plimsoll chaos list has them',
    );
  const { name, only } = faultNamed(fault);
  const target = flags['target'];
  if (target === undefined && only === undefined)
    throw new CodedError('PLIM_USAGE', `${name} needs a target: --target NAME`);
  const pairs = flags['param'] === undefined ? words : [flags['param'], ...words];
  const forMs = flags['for'] === undefined ? undefined : forTime(flags['for']);
  return {
    fault: name,
    parameters: Object.fromEntries(pairs.map(readPair)),
    sham: flags['sham'] !== undefined,
    alongside: flags['alongside'] !== undefined,
    ...(target === undefined ? {} : { target }),
    ...(forMs === undefined ? {} : { forMs }),
  };
}

function readPair(word: string): [string, string] {
  const equals = word.indexOf('=');
  if (equals <= 0) throw new CodedError('PLIM_USAGE', `${word}: expected KEY=VALUE`);
  return [word.slice(0, equals), word.slice(equals + 1)];
}

function forTime(text: string): number {
  const forMs = parseDurationMs(text);
  if (forMs !== undefined && forMs > 0 && forMs <= FIXED_MS_MAX) return forMs;
  throw new CodedError('PLIM_USAGE', `--for ${text}: expected a time such as 60s, at most 10m`);
}
