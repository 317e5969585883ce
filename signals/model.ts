/**
 * Telemetry as a reader returns it: objects, for people and APIs. The hot path
 * never builds these; it works on columns (`signals/otlp`).
 */
import type { SpanId, TraceId } from '#signals/ids.ts';

/** OTLP `AnyValue`. Integers are bigint, so that 64 bits survive. */
export type AttributeValue =
  | { readonly kind: 'empty' }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'double'; readonly value: number }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'array'; readonly value: readonly AttributeValue[] }
  | { readonly kind: 'map'; readonly value: readonly Attribute[] };

export interface Attribute {
  readonly key: string;
  readonly value: AttributeValue;
}

export type SpanKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
/** By the number OTLP gives them. */
export const SPAN_KINDS = [
  'unspecified',
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
] as const satisfies readonly SpanKind[];

export type StatusCode = 'unset' | 'ok' | 'error';
export const STATUS_CODES = ['unset', 'ok', 'error'] as const satisfies readonly StatusCode[];

export interface Resource {
  readonly attributes: readonly Attribute[];
}

export interface Scope {
  readonly name: string;
  readonly version: string;
  readonly attributes: readonly Attribute[];
}

export interface SpanEvent {
  readonly unixNanos: bigint;
  readonly name: string;
  readonly attributes: readonly Attribute[];
}

export interface SpanLink {
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  readonly attributes: readonly Attribute[];
}

export interface Span {
  /** See `itemId` in signals/ids.ts; the same span sent twice is two items. */
  readonly id: string;
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  readonly parentSpanId: SpanId | undefined;
  readonly traceState: string;
  /** W3C trace flags, already masked to 8 bits. */
  readonly flags: number;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startUnixNanos: bigint;
  readonly endUnixNanos: bigint;
  readonly statusCode: StatusCode;
  readonly statusMessage: string;
  readonly attributes: readonly Attribute[];
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  readonly resource: Resource;
  readonly scope: Scope;
}

export interface LogRecord {
  readonly id: string;
  /** `time_unix_nano`, else the observed time. */
  readonly unixNanos: bigint;
  readonly observedUnixNanos: bigint;
  /** 1 … 24 (OTLP severity number); 0 when unset. */
  readonly severityNumber: number;
  readonly severityText: string;
  readonly eventName: string;
  readonly body: AttributeValue;
  /** Undefined when missing or malformed: the record is then uncorrelated. */
  readonly traceId: TraceId | undefined;
  readonly spanId: SpanId | undefined;
  readonly attributes: readonly Attribute[];
  readonly resource: Resource;
  readonly scope: Scope;
}

/** The service a resource belongs to when it names none (OTel resource semantic conventions). */
export const UNKNOWN_SERVICE = 'unknown_service';
