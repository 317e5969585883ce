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
import { DocumentFields, type DocumentValue, type Field } from '#signals/elasticsearch/document-json.ts';
import { toBase64, valueAsText } from '#signals/value-text.ts';

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
export function logDocument(record: LogRecord, stream: DataStream = LOGS_STREAM): DocumentFields {
  return new DocumentFields([
    ...logFields(record, stream),
    resourceField(record.resource),
    scopeField(record.scope),
  ]);
}

/** Its id in Elasticsearch is `span.id`. Events stay inside: a span is one document, stored whole or not at all. */
export function spanDocument(span: Span, stream: DataStream = TRACES_STREAM): DocumentFields {
  return new DocumentFields([
    ...spanFields(span, stream),
    resourceField(span.resource),
    scopeField(span.scope),
  ]);
}

/** Those that come from the record itself. */
export function logFields(record: Omit<LogRecord, 'resource' | 'scope'>, stream: DataStream): Field[] {
  return [
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
  ];
}

/** Those that come from the span itself. */
export function spanFields(span: Omit<Span, 'resource' | 'scope'>, stream: DataStream): Field[] {
  return [
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
  ];
}

/** The same of all items of one resource. */
export function resourceField(resource: Resource): Field {
  return ['resource', new DocumentFields([['attributes', attributesOf(resource.attributes)]])];
}

/** The same of all items of one scope. */
export function scopeField(scope: Scope): Field {
  return ['scope', scopeOf(scope)];
}

/** As OpenTelemetry's own Go packages print them, and with them Elastic's exporter. */
export const SPAN_KIND_NAMES: Readonly<Record<SpanKind, string>> = byName(SPAN_KINDS);
export const STATUS_CODE_NAMES: Readonly<Record<StatusCode, string>> = byName(STATUS_CODES);

function byName<Name extends string>(names: readonly Name[]): Readonly<Record<Name, string>> {
  const pairs = names.map((name) => [name, `${name.charAt(0).toUpperCase()}${name.slice(1)}`] as const);
  return Object.fromEntries(pairs) as Record<Name, string>;
}

/** Nanoseconds; 0 when the span ends before it starts. */
function durationOf({
  startUnixNanos: start,
  endUnixNanos: end,
}: Pick<Span, 'startUnixNanos' | 'endUnixNanos'>): bigint {
  return end > start ? end - start : 0n;
}

function statusOf({ statusCode, statusMessage }: Pick<Span, 'statusCode' | 'statusMessage'>): DocumentFields {
  return new DocumentFields([
    ['code', STATUS_CODE_NAMES[statusCode]],
    ['message', textOrNone(statusMessage)],
  ]);
}

function eventOf(event: Span['events'][number]): DocumentFields {
  return new DocumentFields([
    ['@timestamp', timeText(event.unixNanos)],
    ['name', event.name],
    ['attributes', attributesOf(event.attributes)],
  ]);
}

function linkOf(link: Span['links'][number]): DocumentFields {
  return new DocumentFields([
    ['trace_id', link.traceId],
    ['span_id', link.spanId],
    ['attributes', attributesOf(link.attributes)],
  ]);
}

function bodyOf(body: AttributeValue): DocumentFields | undefined {
  switch (body.kind) {
    case 'empty':
      return undefined;
    case 'string':
      return new DocumentFields([['text', body.value]]);
    case 'map':
      return new DocumentFields([
        ['text', valueAsText(body)],
        ['structured', attributesOf(body.value)],
      ]);
    case 'bool':
    case 'int':
    case 'double':
    case 'bytes':
    case 'array':
      return new DocumentFields([
        ['text', valueAsText(body)],
        ['structured', new DocumentFields([['value', documentValue(body)]])],
      ]);
    default:
      return body satisfies never;
  }
}

function streamFields({ type, dataset, namespace }: DataStream): DocumentFields {
  return new DocumentFields([
    ['type', type],
    ['dataset', dataset],
    ['namespace', namespace],
  ]);
}

function scopeOf(scope: Scope): DocumentFields {
  return new DocumentFields([
    ['name', textOrNone(scope.name)],
    ['version', textOrNone(scope.version)],
    ['attributes', scope.attributes.length === 0 ? undefined : attributesOf(scope.attributes)],
  ]);
}

/** Of two attributes with one key the last counts. */
function attributesOf(attributes: readonly Attribute[]): DocumentFields {
  return DocumentFields.lastOfEach(attributes.map(({ key, value }) => [key, documentValue(value)]));
}

function documentValue(value: AttributeValue): DocumentValue {
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

const NANOS_PER_SECOND = 1_000_000_000n;
const SECONDS_PER_DAY = 86_400n;

/** RFC 3339 in UTC with nine digits, for all times an unsigned 64-bit number of nanoseconds can say. */
export function timeText(unixNanos: bigint): string {
  const seconds = unixNanos / NANOS_PER_SECOND;
  if (seconds !== lastSecond.seconds) lastSecond = { seconds, text: secondText(seconds) };
  return `${lastSecond.text}.${(unixNanos - seconds * NANOS_PER_SECOND).toString().padStart(9, '0')}Z`;
}

/** Times of one request lie close together. */
let lastSecond = { seconds: 0n, text: '1970-01-01T00:00:00' };

function secondText(seconds: bigint): string {
  const { year, month, day } = civilDay(Number(seconds / SECONDS_PER_DAY));
  const rest = Number(seconds % SECONDS_PER_DAY);
  const clock = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60].map(twoDigits).join(':');
  return `${year}-${twoDigits(month)}-${twoDigits(day)}T${clock}`;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
