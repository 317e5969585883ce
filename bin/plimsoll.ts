/**
 * The command `plimsoll`: finds the verb, runs it, turns what went wrong into
 * one readable sentence. Exit 0 good, 1 something is bad, 2 used wrongly.
 */
import { CodedError, errorText, type ErrorCode } from '#base/errors.ts';
import { nearestName } from '#base/nearest.ts';
import { takeLeash } from '#bin/leash.ts';
import { packageVersion } from '#bin/version.ts';

interface Verb {
  readonly summary: string;
  /** Resolves with the exit code. */
  run(argv: readonly string[]): Promise<number>;
}

/** Loaded when asked for: `plimsoll --help` should not pay for DuckDB. */
const VERBS: Readonly<Record<string, Verb>> = {
  start: {
    summary: 'set up and run everything, on the next free ports',
    run: async (argv) => (await import('#bin/verbs/start.ts')).start(argv),
  },
  up: {
    summary: 'the platform: receivers, journal, stores, alerting, APIs',
    run: async (argv) => (await import('#bin/verbs/up.ts')).up('up', argv),
  },
  collector: {
    summary: 'receivers and journal alone',
    run: async (argv) => (await import('#bin/verbs/up.ts')).up('collector', argv),
  },
  alerting: {
    summary: 'SLO engine and notifications alone, over a journal in the same data folder',
    run: async (argv) => (await import('#bin/verbs/up.ts')).up('alerting', argv),
  },
  prove: {
    summary: 'break a demo on purpose and show what paged, how fast, with whose name',
    run: async (argv) => (await import('#bin/verbs/prove.ts')).prove(argv),
  },
  validate: {
    summary: 'check configuration and SLO files: plimsoll validate FILE…',
    run: async (argv) => (await import('#bin/verbs/validate.ts')).validate(argv),
  },
  chaos: {
    summary: 'break the running demo: list, start, stop, run, doctor',
    run: async (argv) => (await import('#bin/verbs/chaos.ts')).chaos(argv),
  },
};

/** Mistakes of the person at the keyboard, as against a machine that is in a bad state. */
const USAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  'PLIM_USAGE',
  'PLIM_CONFIG_INVALID',
  'PLIM_SLO_INVALID',
  'PLIM_EXPERIMENT_INVALID',
  'PLIM_PARAMETER',
]);

async function main(argv: readonly string[]): Promise<number> {
  const [name = '--help', ...rest] = argv;
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(help());
    return argv.length === 0 ? 2 : 0;
  }
  if (name === '--version') {
    process.stdout.write(`${packageVersion()}\n`);
    return 0;
  }
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (verb === undefined) {
    const nearest = nearestName(name, Object.keys(VERBS));
    const hint = nearest === undefined ? 'plimsoll --help lists the commands' : `did you mean ${nearest}?`;
    throw new CodedError('PLIM_USAGE', `there is no command ${name}; ${hint}`);
  }
  return verb.run(rest);
}

function help(): string {
  const lines = Object.entries(VERBS).map(([name, verb]) => `  ${name.padEnd(11)}${verb.summary}`);
  return `plimsoll COMMAND [--flag VALUE]…

${lines.join('\n')}

plimsoll COMMAND --help lists the flags of a command.
`;
}

takeLeash();
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const code = error instanceof CodedError ? error.code : undefined;
  const detail = code === undefined && error instanceof Error ? error.stack : errorText(error);
  process.stderr.write(`plimsoll: ${detail ?? ''}${code === undefined ? '' : ` [${code}]`}\n`);
  process.exitCode = code !== undefined && USAGE_CODES.has(code) ? 2 : 1;
}
