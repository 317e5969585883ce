/** Faults as the daemon lists them, and what starting one would do, in words. */
import { formatDuration } from '#dashboards/console/core/times.ts';

export type Availability =
  | { readonly kind: 'available' }
  | { readonly kind: 'unavailable'; readonly reason: string };

export interface FaultParameter {
  readonly name: string;
  readonly unit: string;
  readonly default: string | number;
  readonly expected: string;
  readonly doc: string;
}

export interface FaultKind {
  readonly name: string;
  readonly layer: string;
  readonly summary: string;
  readonly acts: 'proxy' | 'process';
  readonly parameters: readonly FaultParameter[];
  readonly availability: Availability;
  readonly targets: readonly { readonly name: string; readonly availability: Availability }[];
}

export interface Fault {
  readonly id: string;
  readonly fault: string;
  readonly target: string;
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly sham: boolean;
  readonly startedMs: number;
  readonly endedMs?: number;
  readonly endedBy?: string;
  /** What is left of its lease. */
  readonly leaseMs: number;
}

export interface FaultList {
  readonly blocked: boolean;
  readonly active: readonly Fault[];
  /** Oldest first. */
  readonly ended: readonly Fault[];
}

/** Always a lease: the longest that is offered is the five minutes in which every page policy has fired. */
export const LEASES_MS = [15_000, 30_000, 60_000, 120_000, 300_000];
export const LEASE_MS_DEFAULT = 60_000;

/** A lease out of an address: what is not offered is the default. */
export function leaseOf(text: string): number {
  const ms = Number(text) * 1000;
  return LEASES_MS.includes(ms) ? ms : LEASE_MS_DEFAULT;
}

/** Available ones first, each in the order of the catalogue. */
export function startable(kinds: readonly FaultKind[]): {
  readonly can: readonly FaultKind[];
  readonly cannot: readonly { readonly kind: FaultKind; readonly reason: string }[];
} {
  const cannot = kinds.flatMap((kind) => {
    const reason = reasonAgainst(kind);
    return reason === undefined ? [] : [{ kind, reason }];
  });
  const names = new Set(cannot.map(({ kind }) => kind.name));
  return { can: kinds.filter(({ name }) => !names.has(name)), cannot };
}

/** Why it can be done nowhere; undefined when it can somewhere. */
function reasonAgainst({ availability, targets }: FaultKind): string | undefined {
  if (availability.kind === 'unavailable') return availability.reason;
  if (targets.length === 0) return 'there is nothing here that it could act on';
  const reasons = targets.flatMap((target) =>
    target.availability.kind === 'unavailable' ? [target.availability.reason] : [],
  );
  return reasons.length === targets.length ? reasons[0] : undefined;
}

/** Targets it can act on now. */
export function targetsOf({ targets }: FaultKind): readonly string[] {
  return targets.filter(({ availability }) => availability.kind === 'available').map(({ name }) => name);
}

/** Values to send: numbers where the default is one, nothing where nothing was changed. */
export function parametersOf(
  { parameters }: FaultKind,
  typed: (name: string) => string,
): Readonly<Record<string, string | number>> {
  const values: Record<string, string | number> = {};
  for (const parameter of parameters) {
    const text = typed(parameter.name).trim();
    if (text === '' || text === String(parameter.default)) continue;
    const number = Number(text);
    values[parameter.name] = typeof parameter.default === 'number' && !Number.isNaN(number) ? number : text;
  }
  return values;
}

/** A parameter with its unit: `latency 1000 ms`, `share 50 %`. */
export function parameterText({ name, unit }: FaultParameter, value: string | number): string {
  if (value === '') return `any ${name}`;
  if (unit === 'share' && typeof value === 'number') return `${name} ${Math.round(value * 1000) / 10} %`;
  return `${name} ${value}${unit === '' || unit === 'share' ? '' : ` ${unit}`}`;
}

/** What will happen, before it does. */
export function willHappen(
  kind: FaultKind,
  target: string,
  options: { readonly parameters: Readonly<Record<string, string | number>>; readonly forMs: number },
): string {
  const what = kind.summary.replaceAll('the target', target);
  const settings = kind.parameters
    .map((parameter) => parameterText(parameter, options.parameters[parameter.name] ?? parameter.default))
    .join(', ');
  const lease = formatDuration(options.forMs);
  return (
    `For ${lease}, ${what}${settings === '' ? '' : ` (${settings})`}. ` +
    `It ends by itself then, also when this page is closed. ${consequence(target)}`
  );
}

/** What to watch, by what is hit. */
function consequence(target: string): string {
  switch (target) {
    case 'pager':
      return 'Pages that fire meanwhile are kept and delivered afterwards: Receiver shows the attempts.';
    case 'collector':
      return 'Services keep their telemetry and send it again: Pipeline shows what is held and what is lost.';
    default:
      return `Expect ${target} and whoever calls it to burn on Now, and a page on Receiver once a policy holds.`;
  }
}
