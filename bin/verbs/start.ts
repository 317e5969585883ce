/**
 * `npm start`: the living demo on the usual ports, or the next free ones. Says
 * what runs where and what to try, then shows the pages as they arrive.
 */
import path from 'node:path';
import { parseAddress } from '#base/config/schema.ts';
import { parseDurationMs } from '#base/duration.ts';
import { CodedError } from '#base/errors.ts';
import { systemRandom } from '#base/real/random.ts';
import { parseArguments, type FlagDefinition } from '#bin/arguments.ts';
import { pageLines, welcome } from '#bin/demo/console-text.ts';
import { startDemo, type DemoOptions } from '#bin/demo/demo.ts';
import { enginesFlags } from '#bin/verbs/engines-flags.ts';
import { isPortFree } from '#bin/demo/free-ports.ts';
import { DEMO_SLOS, ROOT } from '#bin/demo/layout.ts';
import { AS_WRITTEN } from '#bin/demo/platform-config.ts';
import { flagsText } from '#bin/verbs/flags.ts';
import { stopSignal } from '#bin/verbs/stop-signal.ts';
import { thisMachine } from '#chaos/world/machine.ts';

const FLAGS: Readonly<Record<string, FlagDefinition>> = {
  rate: { value: 'N', help: 'requests a second of the customers, 1 to 200; default 20' },
  for: { value: 'TIME', help: 'stop by itself after this time, 60s for example' },
  headless: { value: undefined, help: 'one line of JSON once it is ready, and nothing else' },
  data: { value: 'DIR', help: 'data folder; default .data/start of the project' },
  listen: { value: 'HOST:PORT', help: 'address of the APIs; default 127.0.0.1:7300 or the next free port' },
  'otlp-http': {
    value: 'HOST:PORT',
    help: 'address of OTLP over HTTP; default 127.0.0.1:4318 or the next free',
  },
  slo: { value: 'DIR', help: 'folder of OpenSLO files; default those of the freight company' },
  config: {
    value: 'FILE',
    help: 'engines to stand on: journal, storage, exporters, service, alerting.alertmanagers, server.grafana_url',
  },
  'pages-port': { value: 'N', help: 'where pages are taken, for an Alertmanager outside; default any free' },
  faketime: { value: undefined, help: 'start the services under libfaketime, for the fault clock-skew' },
  seed: { value: 'N', help: 'of customers, carriers and faults; default a fresh one' },
  help: { value: undefined, help: 'this text' },
};

const RATE_DEFAULT = 20;
const RATE_MAX = 200;
/** How far to look for a free port before saying so. */
const PORTS_TRIED_MAX = 50;
/** Where `npm start` and `plimsoll chaos` meet. */
export const START_DATA = path.join(ROOT, '.data', 'start');
/** A stop that takes longer than this is cut short. */
const STOP_MS_MAX = 2900;

export async function start(argv: readonly string[]): Promise<number> {
  const { flags, positional } = parseArguments(argv, FLAGS);
  if (flags['help'] !== undefined) {
    process.stdout.write(flagsText('start', FLAGS));
    return 0;
  }
  if (positional.length > 0)
    throw new CodedError('PLIM_USAGE', `plimsoll start takes no argument, got ${positional.join(' ')}`);
  const say = flags['headless'] === undefined ? (text: string) => void process.stdout.write(text) : () => {};
  const startedMs = performance.now();
  const stopping = stopSignal(STOP_MS_MAX);
  const abort = new AbortController();
  void stopping.then(() => abort.abort(new CodedError('PLIM_USAGE', 'stopped while starting')));
  const lost = Promise.withResolvers<CodedError>();
  const options = await readOptions(flags, say, lost.resolve);
  const timeMs = flags['for'] === undefined ? undefined : durationFlag(flags['for']);
  let demo;
  try {
    demo = await startDemo(options, abort.signal);
  } catch (error) {
    if (abort.signal.aborted) return 0;
    throw error;
  }
  await using running = demo;
  say(welcome(running, (performance.now() - startedMs) / 1000, process.cwd()));
  if (flags['headless'] !== undefined) {
    const { origin, gateway, chaos, ports, folders } = running;
    const ready = {
      origin,
      otlpHttp: `http://127.0.0.1:${ports.otlpHttp}`,
      gateway,
      chaos,
      data: folders.data,
    };
    process.stdout.write(`${JSON.stringify(ready)}\n`);
  }
  const end = await Promise.race([stopping, lost.promise, ...(timeMs === undefined ? [] : [after(timeMs)])]);
  if (end instanceof CodedError) throw end;
  say('Stopping.\n');
  return 0;
}

async function readOptions(
  flags: Readonly<Record<string, string>>,
  say: (text: string) => void,
  onLost: (error: CodedError) => void,
): Promise<DemoOptions> {
  return {
    dataDirectory: flags['data'] ?? START_DATA,
    originPort: await nextFree(flags['listen'], 7300, '--listen', say),
    otlpHttpPort: await nextFree(flags['otlp-http'], 4318, '--otlp-http', say),
    requestsPerSecond: numberFlag(flags['rate'], '--rate', {
      byDefault: RATE_DEFAULT,
      min: 1,
      max: RATE_MAX,
    }),
    dailyCurve: flags['rate'] === undefined,
    seed: numberFlag(flags['seed'], '--seed', {
      byDefault: systemRandom.below(2 ** 31),
      min: 0,
      max: 2 ** 32 - 1,
    }),
    sloDirectory: flags['slo'] ?? DEMO_SLOS,
    evaluation: AS_WRITTEN,
    ...enginesFlags(flags),
    pagerListens: true,
    libfaketime: flags['faketime'] === undefined ? undefined : faketimeHere(),
    events: {
      onProgress: (text) => say(`  started  ${text}\n`),
      onPage: (page) => say(pageLines(page)),
      onDeath: (name, how) =>
        say(`${new Date().toISOString().slice(11, 19)}  ${name} ended (${how}), starting it again\n`),
      onLost,
    },
  };
}

function faketimeHere(): string {
  const { libfaketime } = thisMachine();
  if (libfaketime !== undefined) return libfaketime;
  throw new CodedError(
    'PLIM_USAGE',
    '--faketime: libfaketime is not installed (Debian: apt install libfaketime)',
  );
}

/** The port wanted, or the next free one unless the person named it; 0 stays 0. */
async function nextFree(
  wanted: string | undefined,
  byDefault: number,
  flag: string,
  say: (text: string) => void,
): Promise<number> {
  const address = wanted === undefined ? { host: '127.0.0.1', port: byDefault } : parseAddress(wanted);
  if (address?.host !== '127.0.0.1')
    throw new CodedError('PLIM_USAGE', `${flag} ${wanted ?? ''}: the demo listens on 127.0.0.1:PORT only`);
  if (address.port === 0) return 0;
  for (let port = address.port; port < address.port + PORTS_TRIED_MAX; port += 1) {
    if (!(await isPortFree(address.host, port))) continue;
    if (port !== address.port) say(`Port ${address.port} is in use, taking ${port} (${flag}).\n`);
    return port;
  }
  throw new CodedError('PLIM_PORT_IN_USE', `no free port from ${address.port} on; choose one with ${flag}`);
}

function numberFlag(
  value: string | undefined,
  flag: string,
  range: { readonly byDefault: number; readonly min: number; readonly max: number },
): number {
  if (value === undefined) return range.byDefault;
  const number = Number(value);
  if (value.trim() !== '' && number >= range.min && number <= range.max) return number;
  throw new CodedError('PLIM_USAGE', `${flag} ${value}: expected a number from ${range.min} to ${range.max}`);
}

function durationFlag(value: string): number {
  const durationMs = parseDurationMs(value);
  if (durationMs === undefined || durationMs <= 0)
    throw new CodedError('PLIM_USAGE', `--for ${value}: expected a time such as 60s or 1h`);
  return durationMs;
}

function after(durationMs: number): Promise<'time'> {
  return new Promise((resolve) => void setTimeout(() => resolve('time'), durationMs));
}
