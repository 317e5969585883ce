/**
 * The blast radius: `demo.json` says which processes and ports are the demo's
 * own. What it does not name is not touched.
 */
import { CodedError } from '#base/errors.ts';
import { nearestName } from '#base/nearest.ts';
import { readIdentity, type ProcessIdentity } from '#chaos/core/undo.ts';

export interface Target {
  readonly name: string;
  readonly process: ProcessIdentity;
  /** Where it listens itself, behind its proxy. */
  readonly port: number;
  /** Name of the proxy before it. */
  readonly proxy: string;
  /** Its own folder of state; undefined when the demo names none. */
  readonly dataDir: string | undefined;
}

export interface DemoFile {
  readonly origin: string;
  readonly otlpHttp: string;
  readonly chaos: string;
  readonly load: string;
  readonly gateway: string;
  readonly supervisor: ProcessIdentity | undefined;
  readonly targets: ReadonlyMap<string, Target>;
}

const VERSION = 1;

/**
 * Reads the text of `demo.json`.
 *
 * @param file its path, for the error
 * @throws CodedError `PLIM_DEMO_FILE`
 */
export function parseDemoFile(file: string, text: string): DemoFile {
  const value = parsed(file, text);
  if (value['version'] !== VERSION)
    throw unreadable(file, `expected version ${VERSION}, got ${JSON.stringify(value['version'])}`);
  const targets = value['targets'];
  if (!isRecord(targets)) throw unreadable(file, 'targets is no map');
  return {
    origin: textOf(value['origin']),
    otlpHttp: textOf(value['otlpHttp']),
    chaos: textOf(value['chaos']),
    load: textOf(value['load']),
    gateway: textOf(value['gateway']),
    supervisor: readIdentity(value['supervisor']),
    targets: new Map(Object.entries(targets).map(([name, target]) => [name, readTarget(file, name, target)])),
  };
}

/** @throws CodedError `PLIM_TARGET_REFUSED` when the demo has no such target */
export function targetNamed(demo: DemoFile, name: string): Target {
  const target = demo.targets.get(name);
  if (target !== undefined) return target;
  throw unknownTarget(name, [...demo.targets.keys()]);
}

/** The error for a target that is not one of `known`. */
export function unknownTarget(name: string, known: readonly string[]): CodedError {
  const nearest = nearestName(name, known);
  const hint =
    nearest === undefined ? `known are ${known.join(', ') || 'none yet'}` : `did you mean ${nearest}?`;
  return new CodedError('PLIM_TARGET_REFUSED', `the demo has no ${name} that this fault can act on; ${hint}`);
}

function readTarget(file: string, name: string, value: unknown): Target {
  const process = readIdentity(value);
  if (process === undefined || !isRecord(value))
    throw unreadable(file, `targets.${name} has no pid and startTicks`);
  const port = value['port'];
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535)
    throw unreadable(file, `targets.${name}.port is no port`);
  const { proxy, dataDir } = value;
  return {
    name,
    process,
    port,
    proxy: typeof proxy === 'string' ? proxy : name,
    dataDir: typeof dataDir === 'string' ? dataDir : undefined,
  };
}

function parsed(file: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable(file, 'it is no JSON');
  }
  if (!isRecord(value)) throw unreadable(file, 'it is no map');
  return value;
}

function unreadable(file: string, why: string): CodedError {
  return new CodedError(
    'PLIM_DEMO_FILE',
    `${file} does not say what the demo runs: ${why}; start the demo anew`,
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
