/**
 * What a receiver answers: `Export…ServiceResponse` and `google.rpc.Status`, in
 * the encoding of the request (OTLP 1.11, "OTLP/HTTP Response").
 */

export type OtlpEncoding = 'protobuf' | 'json';

export const CONTENT_TYPES: Readonly<Record<OtlpEncoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

export type OtlpSignal = 'traces' | 'metrics' | 'logs';

/** JSON name of the count of refused items; its protobuf number is 1 for all. */
const REJECTED_NAME: Readonly<Record<OtlpSignal, string>> = {
  traces: 'rejectedSpans',
  metrics: 'rejectedDataPoints',
  logs: 'rejectedLogRecords',
};

const encoder = new TextEncoder();

/** `partial_success` is left out when nothing was rejected, as OTLP demands. */
export function exportResponse(
  signal: OtlpSignal,
  encoding: OtlpEncoding,
  rejected: number,
  message: string,
): Uint8Array {
  const partial = rejected > 0 || message !== '';
  if (encoding === 'json') {
    const partialSuccess = { [REJECTED_NAME[signal]]: String(rejected), errorMessage: message };
    return encoder.encode(JSON.stringify(partial ? { partialSuccess } : {}));
  }
  if (!partial) return new Uint8Array(0);
  return lengthDelimited(1, [...varintField(1, rejected), ...lengthDelimited(2, encoder.encode(message))]);
}

export interface RpcStatus {
  /** gRPC code; informative only (OTLP: not to be interpreted). */
  readonly code: number;
  /** For developers, in English. */
  readonly message: string;
  /** For 429 and 503: when to come again. */
  readonly retryAfterSeconds?: number;
  /** For 400: the place that is wrong and why. */
  readonly violation?: { readonly field: string; readonly description: string };
}

const TYPE_PREFIX = 'type.googleapis.com/google.rpc.';

/** `google.rpc.Status` with its details. */
export function statusBody(status: RpcStatus, encoding: OtlpEncoding): Uint8Array {
  return encoding === 'json' ? encoder.encode(JSON.stringify(statusJson(status))) : statusProtobuf(status);
}

function statusJson({ code, message, retryAfterSeconds, violation }: RpcStatus): object {
  const details: object[] = [];
  if (violation !== undefined)
    details.push({ '@type': `${TYPE_PREFIX}BadRequest`, fieldViolations: [violation] });
  if (retryAfterSeconds !== undefined) {
    details.push({ '@type': `${TYPE_PREFIX}RetryInfo`, retryDelay: `${retryAfterSeconds}s` });
  }
  return { code, message, ...(details.length === 0 ? {} : { details }) };
}

/** `Status{code 1, message 2, details 3}`; `Any{type_url 1, value 2}`. */
function statusProtobuf({ code, message, retryAfterSeconds, violation }: RpcStatus): Uint8Array {
  const bytes = [...varintField(1, code), ...lengthDelimited(2, encoder.encode(message))];
  if (violation !== undefined) {
    // BadRequest{field_violations 1}; FieldViolation{field 1, description 2}
    const entry = [
      ...lengthDelimited(1, encoder.encode(violation.field)),
      ...lengthDelimited(2, encoder.encode(violation.description)),
    ];
    bytes.push(...detail('BadRequest', lengthDelimited(1, entry)));
  }
  if (retryAfterSeconds !== undefined) {
    // RetryInfo{retry_delay 1}; Duration{seconds 1}
    bytes.push(...detail('RetryInfo', lengthDelimited(1, varintField(1, retryAfterSeconds))));
  }
  return Uint8Array.from(bytes);
}

function detail(type: string, value: Iterable<number>): Uint8Array {
  return lengthDelimited(3, [
    ...lengthDelimited(1, encoder.encode(`${TYPE_PREFIX}${type}`)),
    ...lengthDelimited(2, [...value]),
  ]);
}

function varintField(field: number, value: number): number[] {
  return value === 0 ? [] : [field << 3, ...varint(value)];
}

function lengthDelimited(field: number, content: Iterable<number>): Uint8Array {
  const bytes = Uint8Array.from(content);
  return Uint8Array.from([(field << 3) | 2, ...varint(bytes.length), ...bytes]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return bytes;
}
