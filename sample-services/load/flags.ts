/** Reads the command line of the load generator, and says all that is wrong with it at once. */
import { parseArgs } from 'node:util';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Settings {
  /** Where users come in, without a slash at the end. */
  readonly gateway: string;
  readonly requestsPerSecond: number;
  readonly seed: number;
  /** Length of a day for the daily curve; undefined for a flat one. */
  readonly dayMs: number | undefined;
  /** Undefined: until it is told to stop. */
  readonly forMs: number | undefined;
  readonly logFile: string | undefined;
  readonly control: Address;
  /** What customers saw, and nothing to do with it; undefined: on the control alone. */
  readonly metrics: Address | undefined;
  readonly timeoutMs: number;
}

/** One machine makes and takes so much with room to spare; more would measure the machine. */
export const REQUESTS_PER_SECOND = { min: 1, max: 500 } as const;

const DAY_MS = 86_400_000;
/** Customers wait so long before they turn away: longer than the gateway lets them. */
const TIMEOUT_MS = 10_000;
const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

const OPTIONS = {
  gateway: { type: 'string' },
  rate: { type: 'string', default: '20' },
  seed: { type: 'string', default: '1' },
  curve: { type: 'string', default: 'flat' },
  day: { type: 'string', default: '24h' },
  for: { type: 'string' },
  log: { type: 'string' },
  control: { type: 'string', default: '127.0.0.1:0' },
  metrics: { type: 'string' },
  timeout: { type: 'string', default: `${TIMEOUT_MS}ms` },
} as const;

/** @throws Error that names every flag that is missing or wrong */
export function readFlags(args: readonly string[]): Settings {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, strict: true });
  const problems: string[] = [];
  const inRange = (flag: string, text: string, [min, max]: readonly [number, number]): number => {
    const value = text === '' ? Number.NaN : Number(text);
    if (value >= min && value <= max) return value;
    problems.push(`--${flag} ${text}: must be a number from ${min} to ${max}`);
    return min;
  };
  const duration = (flag: string, text: string): number => {
    const [, digits, unit = ''] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
    const value = Number(digits) * (UNITS_MS[unit] ?? Number.NaN);
    if (value > 0) return value;
    problems.push(`--${flag} ${text}: must be a duration like 500ms, 60s, 5m or 24h`);
    return DAY_MS;
  };
  const { curve } = values;
  if (curve !== 'flat' && curve !== 'daily') problems.push(`--curve ${curve}: must be flat or daily`);
  const seed = inRange('seed', values.seed, [0, Number.MAX_SAFE_INTEGER]);
  if (!Number.isInteger(seed)) problems.push(`--seed ${values.seed}: must be a whole number`);
  const settings: Settings = {
    gateway: gatewayOf(values.gateway, problems),
    requestsPerSecond: inRange('rate', values.rate, [REQUESTS_PER_SECOND.min, REQUESTS_PER_SECOND.max]),
    seed,
    dayMs: curve === 'daily' ? duration('day', values.day) : undefined,
    forMs: values.for === undefined ? undefined : duration('for', values.for),
    logFile: values.log,
    control: controlOf(values.control, problems),
    metrics: values.metrics === undefined ? undefined : metricsOf(values.metrics, problems),
    timeoutMs: duration('timeout', values.timeout),
  };
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return settings;
}

function gatewayOf(text: string | undefined, problems: string[]): string {
  if (text === undefined || URL.parse(text)?.protocol !== 'http:') {
    problems.push(`--gateway ${text ?? ''}: must be an address like http://127.0.0.1:8080`);
  }
  return (text ?? '').replace(/\/+$/, '');
}

/** Whoever reaches the control can send a flood: nobody from outside does. */
function controlOf(text: string, problems: string[]): Address {
  const address = addressOf(text);
  if (address === undefined || !LOOPBACK.includes(address.host)) {
    problems.push(`--control ${text}: must be an address of this machine, like 127.0.0.1:0`);
  }
  return address ?? NOWHERE;
}

function metricsOf(text: string, problems: string[]): Address {
  const address = addressOf(text);
  if (address === undefined) problems.push(`--metrics ${text}: must be an address like 0.0.0.0:7401`);
  return address ?? NOWHERE;
}

const NOWHERE: Address = { host: '', port: 0 };

function addressOf(text: string): Address | undefined {
  const [, host = '', digits] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  return port <= 65_535 ? { host: host.replace(/^\[(.*)\]$/, '$1'), port } : undefined;
}
