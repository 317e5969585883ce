/**
 * Spans and log records as documents of Elasticsearch, in the names and places
 * of its OpenTelemetry mapping mode. The one shape for all: what an exporter
 * writes into a real server and what our own API shows.
 *
 *   log  = "@timestamp" observed_timestamp data_stream severity_number
 *          severity_text event_name body trace_id span_id attributes resource scope
 *   span = "@timestamp" data_stream trace_id span_id parent_span_id trace_state
 *          trace_flags name kind duration status events links attributes resource scope
 *   body = { text, structured }     structured only when the body is no string:
 *                                   a map as it is, anything else as { value }
 *
 * Keys of attributes keep their dots. Times are RFC 3339 with nine digits behind
 * the point, durations nanoseconds. Bytes are base64. What JSON has no number
 * for (NaN, infinities) is null: a server would refuse the whole document.
 */
import {
  SPAN_KINDS,
  STATUS_CODES,
  type Attribute,
  type AttributeValue,
  type LogRecord,
  type Resource,
  type Scope,
  type Span,
  type SpanKind,
  type StatusCode,
} from '#signals/model.ts';
import { civilDay } from '#signals/elasticsearch/calendar.ts';
import { toBase64, valueAsText } from '#signals/value-text.ts';

/** A bigint is an integer; a number is a double, and stays one in JSON (`5.0`). */
export type DocumentValue =
  | string
  | boolean
  | null
  | bigint
  | number
  | readonly DocumentValue[]
  | { readonly [field: string]: DocumentValue };

/** An object without a prototype: its keys come from strangers. */
export type SignalDocument = Readonly<Record<string, DocumentValue>>;

export interface DataStream {
  readonly type: 'logs' | 'traces';
  readonly dataset: string;
  readonly namespace: string;
}

export const LOGS_STREAM: DataStream = { type: 'logs', dataset: 'generic.otel', namespace: 'default' };
export const TRACES_STREAM: DataStream = { type: 'traces', dataset: 'generic.otel', namespace: 'default' };

/** `logs-generic.otel-default` and the like. */
export function dataStreamName({ type, dataset, namespace }: DataStream): string {
  return `${type}-${dataset}-${namespace}`;
}

/** Its id in Elasticsearch is `record.id`. */
export function logDocument(record: LogRecord, stream: DataStream = LOGS_STREAM): SignalDocument {
  return fields([
    ['@timestamp', timeText(record.unixNanos)],
    ['observed_timestamp', timeText(record.observedUnixNanos)],
    ['data_stream', streamFields(stream)],
    ['severity_number', record.severityNumber === 0 ? undefined : BigInt(record.severityNumber)],
    ['severity_text', textOrNone(record.severityText)],
    ['event_name', textOrNone(record.eventName)],
    ['body', bodyOf(record.body)],
    ['trace_id', record.traceId],
    ['span_id', record.spanId],
    ['attributes', attributesOf(record.attributes)],
    ['resource', resourceOf(record.resource)],
    ['scope', scopeOf(record.scope)],
  ]);
}

/** Its id in Elasticsearch is `span.id`. Events stay inside: a span is one document, stored whole or not at all. */
export function spanDocument(span: Span, stream: DataStream = TRACES_STREAM): SignalDocument {
  return fields([
    ['@timestamp', timeText(span.startUnixNanos)],
    ['data_stream', streamFields(stream)],
    ['trace_id', span.traceId],
    ['span_id', span.spanId],
    ['parent_span_id', span.parentSpanId],
    ['trace_state', textOrNone(span.traceState)],
    ['trace_flags', span.flags === 0 ? undefined : BigInt(span.flags)],
    ['name', span.name],
    ['kind', SPAN_KIND_NAMES[span.kind]],
    ['duration', durationOf(span)],
    ['status', statusOf(span)],
    ['events', span.events.length === 0 ? undefined : span.events.map(eventOf)],
    ['links', span.links.length === 0 ? undefined : span.links.map(linkOf)],
    ['attributes', attributesOf(span.attributes)],
    ['resource', resourceOf(span.resource)],
    ['scope', scopeOf(span.scope)],
  ]);
}

/** As OpenTelemetry's own Go packages print them, and with them Elastic's exporter. */
export const SPAN_KIND_NAMES: Readonly<Record<SpanKind, string>> = byName(SPAN_KINDS);
export const STATUS_CODE_NAMES: Readonly<Record<StatusCode, string>> = byName(STATUS_CODES);

function byName<Name extends string>(names: readonly Name[]): Readonly<Record<Name, string>> {
  const pairs = names.map((name) => [name, `${name.charAt(0).toUpperCase()}${name.slice(1)}`] as const);
  return Object.fromEntries(pairs) as Record<Name, string>;
}

/** Nanoseconds; 0 when the span ends before it starts. */
function durationOf({ startUnixNanos: start, endUnixNanos: end }: Span): bigint {
  return end > start ? end - start : 0n;
}

function statusOf({ statusCode, statusMessage }: Span): SignalDocument {
  return fields([
    ['code', STATUS_CODE_NAMES[statusCode]],
    ['message', textOrNone(statusMessage)],
  ]);
}

function eventOf(event: Span['events'][number]): SignalDocument {
  return fields([
    ['@timestamp', timeText(event.unixNanos)],
    ['name', event.name],
    ['attributes', attributesOf(event.attributes)],
  ]);
}

function linkOf(link: Span['links'][number]): SignalDocument {
  return fields([
    ['trace_id', link.traceId],
    ['span_id', link.spanId],
    ['attributes', attributesOf(link.attributes)],
  ]);
}

function bodyOf(body: AttributeValue): SignalDocument | undefined {
  switch (body.kind) {
    case 'empty':
      return undefined;
    case 'string':
      return fields([['text', body.value]]);
    case 'map':
      return fields([
        ['text', valueAsText(body)],
        ['structured', attributesOf(body.value)],
      ]);
    case 'bool':
    case 'int':
    case 'double':
    case 'bytes':
    case 'array':
      return fields([
        ['text', valueAsText(body)],
        ['structured', fields([['value', documentValue(body)]])],
      ]);
    default:
      return body satisfies never;
  }
}

function streamFields({ type, dataset, namespace }: DataStream): SignalDocument {
  return fields([
    ['type', type],
    ['dataset', dataset],
    ['namespace', namespace],
  ]);
}

function resourceOf(resource: Resource): SignalDocument {
  return fields([['attributes', attributesOf(resource.attributes)]]);
}

function scopeOf(scope: Scope): SignalDocument {
  return fields([
    ['name', textOrNone(scope.name)],
    ['version', textOrNone(scope.version)],
    ['attributes', scope.attributes.length === 0 ? undefined : attributesOf(scope.attributes)],
  ]);
}

/** Of two attributes with one key the last counts. */
export function attributesOf(attributes: readonly Attribute[]): SignalDocument {
  return fields(attributes.map(({ key, value }) => [key, documentValue(value)]));
}

export function documentValue(value: AttributeValue): DocumentValue {
  switch (value.kind) {
    case 'empty':
      return null;
    case 'double':
      return Number.isFinite(value.value) ? value.value : null;
    case 'string':
    case 'bool':
    case 'int':
      return value.value;
    case 'bytes':
      return toBase64(value.value);
    case 'array':
      return value.value.map(documentValue);
    case 'map':
      return attributesOf(value.value);
    default:
      return value satisfies never;
  }
}

function textOrNone(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function fields(pairs: readonly (readonly [string, DocumentValue | undefined])[]): SignalDocument {
  const document = Object.create(null) as Record<string, DocumentValue>;
  for (const [name, value] of pairs) if (value !== undefined) document[name] = value;
  return document;
}

const NANOS_PER_SECOND = 1_000_000_000n;
const SECONDS_PER_DAY = 86_400n;

/** RFC 3339 in UTC with nine digits, for all times an unsigned 64-bit number of nanoseconds can say. */
export function timeText(unixNanos: bigint): string {
  const seconds = unixNanos / NANOS_PER_SECOND;
  const { year, month, day } = civilDay(Number(seconds / SECONDS_PER_DAY));
  const rest = Number(seconds % SECONDS_PER_DAY);
  const clock = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60].map(twoDigits).join(':');
  const nanos = (unixNanos % NANOS_PER_SECOND).toString().padStart(9, '0');
  return `${year}-${twoDigits(month)}-${twoDigits(day)}T${clock}.${nanos}Z`;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** As JSON: integers with all their digits, doubles with a point or an exponent. */
export function documentToJson(value: DocumentValue): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return doubleText(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(documentToJson).join(',')}]`;
  let text = '{';
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (item !== undefined) text += `${text === '{' ? '' : ','}${keyText(key)}${documentToJson(item)}`;
  }
  return `${text}}`;
}

/** Keys of attributes repeat in nearly every document; strangers choose them, so not all are remembered. */
const KEYS_REMEMBERED_MAX = 5000;
const keyTexts = new Map<string, string>();

/** With its colon. */
function keyText(key: string): string {
  let text = keyTexts.get(key);
  if (text === undefined) {
    text = `${JSON.stringify(key)}:`;
    if (keyTexts.size >= KEYS_REMEMBERED_MAX) keyTexts.clear();
    keyTexts.set(key, text);
  }
  return text;
}

function isList(value: DocumentValue): value is readonly DocumentValue[] {
  return Array.isArray(value);
}

function doubleText(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
