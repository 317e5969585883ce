/** What a pino line says, in the fields of an OpenTelemetry log record (Logs Data Model). */
import type { AnyValue, Attributes, HrTime, SpanContext } from '@opentelemetry/api';

export interface LineRecord {
  readonly hrTime: HrTime;
  readonly hrTimeObserved: HrTime;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: string;
  readonly attributes: Attributes;
  readonly spanContext?: SpanContext;
  readonly droppedAttributesCount: number;
}

/** Pino's levels, with the severity numbers of the data model. */
const SEVERITIES: Readonly<Record<number, readonly [number, string]>> = {
  10: [1, 'TRACE'],
  20: [5, 'DEBUG'],
  30: [9, 'INFO'],
  40: [13, 'WARN'],
  50: [17, 'ERROR'],
  60: [21, 'FATAL'],
};
/** Own levels between pino's count as nothing in particular. */
const UNSPECIFIED = [0, ''] as const;
/** They stand in fields of the record, or in its resource. */
const NOT_ATTRIBUTES = new Set([
  'level',
  'time',
  'msg',
  'trace_id',
  'span_id',
  'trace_flags',
  'service.name',
]);
const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;

/** A line that is not one of pino's becomes a record with the line as its body. */
export function readLine(line: string): LineRecord {
  const fields = parse(line);
  const [severityNumber, severityText] = SEVERITIES[Number(fields['level'])] ?? UNSPECIFIED;
  const time = hrTime(fields['time']);
  const spanContext = readSpanContext(fields);
  return {
    hrTime: time,
    hrTimeObserved: time,
    severityNumber,
    severityText,
    body: text(fields['msg']),
    attributes: readAttributes(fields),
    ...(spanContext === undefined ? {} : { spanContext }),
    droppedAttributesCount: 0,
  };
}

type Fields = Readonly<Record<string, unknown>>;

function parse(line: string): Fields {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Fields;
  } catch {
    // Told as it is.
  }
  return { msg: line.trimEnd() };
}

/** @param epochMs as pino writes it, whole milliseconds */
function hrTime(epochMs: unknown): HrTime {
  const ms = typeof epochMs === 'number' && epochMs >= 0 ? epochMs : 0;
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

function readSpanContext(fields: Fields): SpanContext | undefined {
  const { trace_id: traceId, span_id: spanId, trace_flags: flags } = fields;
  if (typeof traceId !== 'string' || typeof spanId !== 'string') return undefined;
  if (!TRACE_ID.test(traceId) || !SPAN_ID.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: typeof flags === 'number' ? flags : 0 };
}

/** An error under `err`, as pino writes it, gets the names of the exception conventions. */
function readAttributes(fields: Fields): Attributes {
  const attributes: Record<string, AnyValue> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (NOT_ATTRIBUTES.has(name)) continue;
    if (name === 'err' && typeof value === 'object' && value !== null) {
      const { type, message, stack } = value as Fields;
      attributes['exception.type'] = text(type);
      attributes['exception.message'] = text(message);
      attributes['exception.stacktrace'] = text(stack);
    } else attributes[name] = value as AnyValue;
  }
  return attributes as Attributes;
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
