/** A request to begin a fault: read from JSON, checked against registry and machine. */
import { CodedError } from '#base/errors.ts';
import { FIXED_MS_MAX, LEASE_MS_DEFAULT, LEASE_MS_MAX, LEASE_MS_MIN } from '#chaos/core/lease.ts';
import { readParameters, type ParameterValues } from '#chaos/core/parameters.ts';
import type { FaultDefinition } from '#chaos/faults/fault.ts';
import { faultNamed } from '#chaos/faults/registry.ts';

export interface StartRequest {
  readonly definition: FaultDefinition;
  readonly target: string;
  readonly parameters: ParameterValues;
  readonly lease:
    | { readonly kind: 'renewed'; readonly leaseMs: number }
    | { readonly kind: 'fixed'; readonly forMs: number };
  readonly sham: boolean;
  readonly alongside: boolean;
}

const FIELDS = ['fault', 'target', 'parameters', 'leaseMs', 'forMs', 'sham', 'alongside'];

/** @throws CodedError `PLIM_PARAMETER` */
export function readStartRequest(body: unknown): StartRequest {
  if (!isRecord(body)) throw wrong('expected a JSON object with fault and target');
  const unknown = Object.keys(body).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw wrong(`${unknown} is not known here; known are ${FIELDS.join(', ')}`);
  const { fault, target, parameters = {} } = body;
  if (typeof fault !== 'string') throw wrong('fault: expected the name of a fault');
  const definition = faultNamed(fault);
  if (!isRecord(parameters)) throw wrong('parameters: expected a map');
  const read = readParameters(definition.parameters, parameters);
  if ('problems' in read) throw wrong(`${fault}: ${read.problems.join('; ')}`);
  return {
    definition,
    target: readTarget(definition, target),
    parameters: read.values,
    lease: readLease(body['leaseMs'], body['forMs']),
    sham: flag('sham', body['sham']),
    alongside: flag('alongside', body['alongside']),
  };
}

function readTarget(definition: FaultDefinition, target: unknown): string {
  const { name, only } = definition;
  const wanted = target ?? only?.[0];
  if (typeof wanted !== 'string' || wanted === '') throw wrong(`target: ${name} needs the name of a target`);
  if (only !== undefined && !only.includes(wanted))
    throw wrong(`target: ${name} acts on ${only.join(' or ')}, got ${wanted}`);
  return wanted;
}

function readLease(leaseMs: unknown, forMs: unknown): StartRequest['lease'] {
  if (forMs !== undefined && leaseMs !== undefined) throw wrong('give leaseMs or forMs, not both');
  if (forMs !== undefined) return { kind: 'fixed', forMs: milliseconds('forMs', forMs, 1, FIXED_MS_MAX) };
  const wanted = leaseMs ?? LEASE_MS_DEFAULT;
  return { kind: 'renewed', leaseMs: milliseconds('leaseMs', wanted, LEASE_MS_MIN, LEASE_MS_MAX) };
}

function milliseconds(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw wrong(
    `${name}: expected a number of milliseconds from ${min} to ${max}, got ${JSON.stringify(value)}`,
  );
}

function flag(name: string, value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value === 'boolean') return value;
  throw wrong(`${name}: expected true or false, got ${JSON.stringify(value)}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(message: string): CodedError {
  return new CodedError('PLIM_PARAMETER', message);
}
