/** The daemon's command line. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseAddress, type Address } from '#base/config/schema.ts';
import { CodedError, errorText } from '#base/errors.ts';
import { isLoopback } from '#base/real/http-access.ts';
import type { ProxyDefinition } from '#chaos/proxy/types.ts';

export interface Options {
  readonly data: string;
  readonly control: Address;
  readonly proxies: readonly ProxyDefinition[];
  /** Of toxicity, jitter and shares; undefined for a fresh one. */
  readonly seed: number | undefined;
  readonly targetsFile: string | undefined;
}

const CONTROL_DEFAULT = '127.0.0.1:8474';
const SEED_MAX = 2 ** 32 - 1;

/** @throws CodedError `PLIM_USAGE` */
export function readOptions(argv: readonly string[]): Options {
  const values = parsed(argv);
  if (values.data === undefined) throw usage('--data DIR is missing: the folder of the journal of faults');
  const control = parseAddress(values.control ?? CONTROL_DEFAULT);
  if (control === undefined || !isLoopback(control.host))
    throw usage(
      `--control ${values.control ?? ''}: expected HOST:PORT on loopback; whoever reaches it can break things`,
    );
  return {
    data: values.data,
    control,
    proxies: values.proxies === undefined ? [] : readProxies(values.proxies),
    seed: values.seed === undefined ? undefined : readSeed(values.seed),
    targetsFile: values.targets,
  };
}

function parsed(argv: readonly string[]) {
  const value = { type: 'string' } as const;
  const options = { data: value, control: value, proxies: value, seed: value, targets: value };
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    throw usage(errorText(error));
  }
}

function readSeed(text: string): number {
  const seed = Number(text);
  if (Number.isInteger(seed) && seed >= 0 && seed <= SEED_MAX) return seed;
  throw usage(`--seed ${text}: expected a whole number from 0 to ${SEED_MAX}`);
}

/** JSON, or the name of a file with JSON: [{"name", "listen", "upstream"}, …] as Toxiproxy's own. */
function readProxies(given: string): readonly ProxyDefinition[] {
  let value: unknown;
  try {
    value = JSON.parse(given.trimStart().startsWith('[') ? given : readFileSync(given, 'utf8'));
  } catch (error) {
    throw usage(`--proxies: ${errorText(error)}; expected JSON, or a file with JSON`);
  }
  if (!Array.isArray(value) || !value.every(isDefinition))
    throw usage('--proxies: expected a list of {"name", "listen", "upstream"}');
  return value;
}

function isDefinition(value: unknown): value is ProxyDefinition {
  if (typeof value !== 'object' || value === null) return false;
  const { name, listen, upstream } = value as Readonly<Record<string, unknown>>;
  return [name, listen, upstream].every((text) => typeof text === 'string');
}

function usage(message: string): CodedError {
  return new CodedError('PLIM_USAGE', message);
}
