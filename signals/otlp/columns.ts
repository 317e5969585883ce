/**
 * OTLP requests as columns: numbers and offsets into the body, no object per
 * item. Offsets point at the bytes of the value itself, after its length;
 * offset 0 means "not set". Strings are read on demand with {@link textAt}.
 */

/** What all items of one `Resource…` entry share. */
export interface ResourceColumns {
  /** `Resource` message; length 0 when absent. */
  readonly resourceOffset: number;
  readonly resourceLength: number;
  /** `service.name`, or `unknown_service`. */
  readonly serviceName: string;
  /** `service.namespace`, or ''. */
  readonly serviceNamespace: string;
  /** `service.instance.id`, or ''. */
  readonly serviceInstanceId: string;
}

export interface ScopeColumns {
  /** `InstrumentationScope` message; length 0 when absent. */
  readonly scopeOffset: number;
  readonly scopeLength: number;
}

export interface SpanColumns {
  readonly body: Uint8Array;
  readonly count: number;
  readonly resources: readonly ResourceColumns[];
  readonly scopes: readonly ScopeColumns[];
  /** Index into `resources`, by span. */
  readonly resource: Uint32Array;
  /** Index into `scopes`, by span. */
  readonly scope: Uint32Array;
  /** The whole `Span` message, by span. */
  readonly spanOffset: Uint32Array;
  readonly spanLength: Uint32Array;
  /** 16 bytes each. */
  readonly traceIdOffset: Uint32Array;
  /** 8 bytes each. */
  readonly spanIdOffset: Uint32Array;
  /** 8 bytes each; 0 for a root span. */
  readonly parentSpanIdOffset: Uint32Array;
  readonly nameOffset: Uint32Array;
  readonly nameLength: Uint32Array;
  /** Number of OTLP's SpanKind, 0 … 5. */
  readonly kind: Uint8Array;
  /** Number of OTLP's StatusCode, 0 … 2. */
  readonly statusCode: Uint8Array;
  readonly startUnixNanos: BigUint64Array;
  readonly endUnixNanos: BigUint64Array;
}

export interface LogColumns {
  readonly body: Uint8Array;
  readonly count: number;
  readonly resources: readonly ResourceColumns[];
  readonly scopes: readonly ScopeColumns[];
  readonly resource: Uint32Array;
  readonly scope: Uint32Array;
  /** The whole `LogRecord` message, by record. */
  readonly recordOffset: Uint32Array;
  readonly recordLength: Uint32Array;
  /** `time_unix_nano`, else the observed time; 0 when neither is set. */
  readonly unixNanos: BigUint64Array;
  readonly severityNumber: Uint8Array;
  /** 0 when missing, malformed or all zero. */
  readonly traceIdOffset: Uint32Array;
  readonly spanIdOffset: Uint32Array;
}

const decoder = new TextDecoder('utf-8');

/** UTF-8 text at `offset`; malformed sequences become U+FFFD. */
export function textAt(body: Uint8Array, offset: number, length: number): string {
  return length === 0 ? '' : decoder.decode(body.subarray(offset, offset + length));
}
