/**
 * Traces in the JSON of Jaeger's v1 API, as spans of a Jaeger client are read:
 * the translation to OTLP is the same. Pure.
 */
import type { JaegerLog, JaegerReference, JaegerSpan, JaegerTag, TagValue } from '#signals/jaeger/batch.ts';
import { translateSpans } from '#signals/jaeger/to-otlp.ts';

const encoder = new TextEncoder();

interface Json {
  readonly [name: string]: unknown;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isJson) : [];
}

function textIn(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Ids of the traces in an answer, 32 digits each. */
export function traceIdsIn(data: unknown): string[] {
  return listOf(data).map((trace) => textIn(trace['traceID']).toLowerCase().padStart(32, '0'));
}

/** OTLP request bodies of one trace, one a process. @throws CodedError `PLIM_BODY_MALFORMED` */
export function bodiesOf(trace: unknown): Uint8Array[] {
  if (!isJson(trace)) return [];
  const processes = isJson(trace['processes']) ? trace['processes'] : {};
  const byProcess = Map.groupBy(listOf(trace['spans']), (span) => textIn(span['processID']));
  return [...byProcess].map(([id, spans]) => {
    const process = isJson(processes[id]) ? processes[id] : {};
    const serviceName = encoder.encode(textIn(process['serviceName']));
    return translateSpans({ serviceName, tags: tagsOf(process['tags']) }, spans.map(spanOf)).body;
  });
}

function spanOf(span: Json): JaegerSpan {
  const [traceIdHigh, traceIdLow] = traceIdOf(span['traceID']);
  return {
    traceIdHigh,
    traceIdLow,
    spanId: hexOf(span['spanID']),
    parentSpanId: 0n,
    operationName: encoder.encode(textIn(span['operationName'])),
    references: listOf(span['references']).map(referenceOf),
    flags: Number(span['flags'] ?? 0),
    startMicros: integerOf(span['startTime']),
    durationMicros: integerOf(span['duration']),
    tags: tagsOf(span['tags']),
    logs: listOf(span['logs']).map(logOf),
  };
}

function referenceOf(reference: Json): JaegerReference {
  const [traceIdHigh, traceIdLow] = traceIdOf(reference['traceID']);
  const kind = reference['refType'] === 'FOLLOWS_FROM' ? 'follows_from' : 'child_of';
  return { kind, traceIdHigh, traceIdLow, spanId: hexOf(reference['spanID']) };
}

function logOf(log: Json): JaegerLog {
  return { timestampMicros: integerOf(log['timestamp']), fields: tagsOf(log['fields']) };
}

function tagsOf(tags: unknown): JaegerTag[] {
  return listOf(tags).map((tag) => ({ key: encoder.encode(textIn(tag['key'])), value: valueOf(tag) }));
}

function valueOf({ type, value }: Json): TagValue {
  switch (type) {
    case 'bool':
      return { kind: 'bool', value: value === true || value === 'true' };
    case 'int64':
      return { kind: 'int', value: integerOf(value) };
    case 'float64':
      return { kind: 'double', value: Number(value) };
    case 'binary':
      return { kind: 'bytes', bytes: bytesOf(textIn(value)) };
    default:
      return { kind: 'string', utf8: encoder.encode(textIn(value)) };
  }
}

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return encoder.encode(base64);
  }
}

function traceIdOf(value: unknown): readonly [high: bigint, low: bigint] {
  const id = hexOf(value);
  return [id >> 64n, BigInt.asUintN(64, id)];
}

function hexOf(value: unknown): bigint {
  const text = textIn(value);
  return /^[0-9a-f]{1,32}$/i.test(text) ? BigInt(`0x${text}`) : 0n;
}

function integerOf(value: unknown): bigint {
  const text = textIn(value);
  return /^-?\d+$/.test(text) ? BigInt(text) : 0n;
}
