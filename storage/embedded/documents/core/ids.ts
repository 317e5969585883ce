/** Trace and span ids as the unsigned 64-bit numbers they are stored as (never as BLOB: see README). */
import type { SpanId, TraceId } from '#signals/ids.ts';

export interface TraceKey {
  readonly high: bigint;
  readonly low: bigint;
}

export function traceKey(id: TraceId): TraceKey {
  return { high: BigInt(`0x${id.slice(0, 16)}`), low: BigInt(`0x${id.slice(16)}`) };
}

export function traceIdOf(high: bigint, low: bigint): TraceId {
  return (hex64(high) + hex64(low)) as TraceId;
}

export function spanKey(id: SpanId): bigint {
  return BigInt(`0x${id}`);
}

export function spanIdOf(key: bigint): SpanId {
  return hex64(key) as SpanId;
}

function hex64(value: bigint): string {
  return value.toString(16).padStart(16, '0');
}
