/** `plimsoll chaos`: break a running demo, on a lease, and see it mended. */
import { CodedError } from '#base/errors.ts';
import { nearestName } from '#base/nearest.ts';
import { parseArguments, type FlagDefinition, type ParsedArguments } from '#bin/arguments.ts';
import { flagsText } from '#bin/verbs/flags.ts';

export interface ChaosVerb {
  /** What stands behind its name. */
  readonly usage: string;
  readonly summary: string;
  readonly flags: Readonly<Record<string, FlagDefinition>>;
  /** Resolves with the exit code. */
  run(args: ParsedArguments): Promise<number>;
}

/** Loaded when asked for, like the verbs above them. */
const VERBS: Readonly<Record<string, () => Promise<ChaosVerb>>> = {
  list: async () => (await import('#bin/verbs/chaos/list.ts')).list,
  start: async () => (await import('#bin/verbs/chaos/start.ts')).start,
  stop: async () => (await import('#bin/verbs/chaos/stop.ts')).stop,
  block: async () => (await import('#bin/verbs/chaos/stop.ts')).block,
  allow: async () => (await import('#bin/verbs/chaos/stop.ts')).allow,
  run: async () => (await import('#bin/verbs/chaos/run.ts')).run,
  doctor: async () => (await import('#bin/verbs/chaos/doctor.ts')).doctor,
};

const COMMON: Readonly<Record<string, FlagDefinition>> = {
  data: { value: 'DIR', help: 'data folder of the demo; default the one npm start uses' },
  json: { value: undefined, help: 'JSON for programs instead of text' },
  help: { value: undefined, help: 'this text' },
};

export async function chaos(argv: readonly string[]): Promise<number> {
  const [name = '--help', ...rest] = argv;
  if (name === '--help') {
    process.stdout.write(await help());
    return argv.length === 0 ? 2 : 0;
  }
  const load = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (load === undefined) {
    const nearest = nearestName(name, Object.keys(VERBS));
    const hint = nearest === undefined ? 'plimsoll chaos --help lists them' : `did you mean ${nearest}?`;
    throw new CodedError('PLIM_USAGE', `there is no plimsoll chaos ${name}; ${hint}`);
  }
  const verb = await load();
  const flags = { ...verb.flags, ...COMMON };
  const args = parseArguments(rest, flags);
  if (args.flags['help'] === undefined) return verb.run(args);
  process.stdout.write(flagsText(`chaos ${name} ${verb.usage}`.trimEnd(), flags));
  return 0;
}

async function help(): Promise<string> {
  const rows = await Promise.all(
    Object.entries(VERBS).map(async ([name, load]): Promise<[string, string]> => {
      const { usage, summary } = await load();
      return [`${name} ${usage}`, summary];
    }),
  );
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  const lines = rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`);
  return `plimsoll chaos COMMAND [--flag VALUE]…\n\n${lines.join('\n')}\n\nA fault acts on the demo alone, and ends by itself when whoever began it is gone.\n`;
}
