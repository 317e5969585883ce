/**
 * The OTLP messages by their JSON names: number and type of each field, from
 * opentelemetry-proto 1.11. One table drives the whole translation.
 */
import type { JsonReader } from '#signals/otlp/json-reader.ts';

export type JsonFieldType =
  | 'string'
  | 'bool'
  /** Varint of up to 32 bits, also every enum: integers only. */
  | 'uint32'
  | 'int32'
  | 'int64'
  | 'uint64'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | 'double'
  | 'sint32'
  /** Bytes written as hex: trace and span ids. */
  | 'hex'
  /** All other bytes. */
  | 'base64'
  | MessageSchema;

export interface JsonField {
  /** lowerCamelCase, the only spelling OTLP/JSON knows. */
  readonly name: string;
  readonly number: number;
  readonly type: JsonFieldType;
  readonly repeated: boolean;
}

export interface MessageSchema {
  /** Read when needed: `AnyValue` holds itself. */
  readonly fields: () => readonly JsonField[];
}

type Unnamed = Omit<JsonField, 'name'>;

function one(number: number, type: JsonFieldType): Unnamed {
  return { number, type, repeated: false };
}

function many(number: number, type: JsonFieldType): Unnamed {
  return { number, type, repeated: true };
}

function message(fields: () => Record<string, Unnamed>): MessageSchema {
  let made: readonly JsonField[] | undefined;
  return {
    fields: () => (made ??= Object.entries(fields()).map(([name, field]) => ({ name, ...field }))),
  };
}

/** The field whose key `reader` has just read; undefined for one OTLP does not know. */
export function fieldOfKey(schema: MessageSchema, reader: JsonReader): JsonField | undefined {
  // A key may be written with escapes; nobody does, but it is the same key.
  const text = reader.escaped ? reader.text() : undefined;
  for (const field of schema.fields()) {
    if (text === undefined ? isKey(reader, field.name) : text === field.name) return field;
  }
  return undefined;
}

/** Whether the string scanned last is `name`, which is ASCII: compared in place, without making a string. */
function isKey({ bytes, textStart, textEnd }: JsonReader, name: string): boolean {
  if (textEnd - textStart !== name.length) return false;
  for (let at = 0; at < name.length; at += 1) {
    if (bytes[textStart + at] !== name.charCodeAt(at)) return false;
  }
  return true;
}

const ANY_VALUE: MessageSchema = message(() => ({
  stringValue: one(1, 'string'),
  boolValue: one(2, 'bool'),
  intValue: one(3, 'int64'),
  doubleValue: one(4, 'double'),
  arrayValue: one(5, ARRAY_VALUE),
  kvlistValue: one(6, KEY_VALUE_LIST),
  bytesValue: one(7, 'base64'),
}));

const ARRAY_VALUE = message(() => ({ values: many(1, ANY_VALUE) }));
const KEY_VALUE_LIST = message(() => ({ values: many(1, KEY_VALUE) }));

/** The messages a value nests by: each is one level of depth. */
export const LIST_MESSAGES: ReadonlySet<MessageSchema> = new Set([ARRAY_VALUE, KEY_VALUE_LIST]);

const KEY_VALUE: MessageSchema = message(() => ({ key: one(1, 'string'), value: one(2, ANY_VALUE) }));

const RESOURCE = message(() => ({
  attributes: many(1, KEY_VALUE),
  droppedAttributesCount: one(2, 'uint32'),
}));

const SCOPE = message(() => ({
  name: one(1, 'string'),
  version: one(2, 'string'),
  attributes: many(3, KEY_VALUE),
  droppedAttributesCount: one(4, 'uint32'),
}));

function request(entries: string, scopes: string, items: string, item: MessageSchema): MessageSchema {
  const scopeEntry = message(() => ({
    scope: one(1, SCOPE),
    [items]: many(2, item),
    schemaUrl: one(3, 'string'),
  }));
  const entry = message(() => ({
    resource: one(1, RESOURCE),
    [scopes]: many(2, scopeEntry),
    schemaUrl: one(3, 'string'),
  }));
  return message(() => ({ [entries]: many(1, entry) }));
}

const SPAN = message(() => ({
  traceId: one(1, 'hex'),
  spanId: one(2, 'hex'),
  traceState: one(3, 'string'),
  parentSpanId: one(4, 'hex'),
  name: one(5, 'string'),
  kind: one(6, 'int32'),
  startTimeUnixNano: one(7, 'fixed64'),
  endTimeUnixNano: one(8, 'fixed64'),
  attributes: many(9, KEY_VALUE),
  droppedAttributesCount: one(10, 'uint32'),
  events: many(11, EVENT),
  droppedEventsCount: one(12, 'uint32'),
  links: many(13, LINK),
  droppedLinksCount: one(14, 'uint32'),
  status: one(
    15,
    message(() => ({ message: one(2, 'string'), code: one(3, 'int32') })),
  ),
  flags: one(16, 'fixed32'),
}));

const EVENT = message(() => ({
  timeUnixNano: one(1, 'fixed64'),
  name: one(2, 'string'),
  attributes: many(3, KEY_VALUE),
  droppedAttributesCount: one(4, 'uint32'),
}));

const LINK = message(() => ({
  traceId: one(1, 'hex'),
  spanId: one(2, 'hex'),
  traceState: one(3, 'string'),
  attributes: many(4, KEY_VALUE),
  droppedAttributesCount: one(5, 'uint32'),
  flags: one(6, 'fixed32'),
}));

const LOG_RECORD = message(() => ({
  timeUnixNano: one(1, 'fixed64'),
  severityNumber: one(2, 'int32'),
  severityText: one(3, 'string'),
  body: one(5, ANY_VALUE),
  attributes: many(6, KEY_VALUE),
  droppedAttributesCount: one(7, 'uint32'),
  flags: one(8, 'fixed32'),
  traceId: one(9, 'hex'),
  spanId: one(10, 'hex'),
  observedTimeUnixNano: one(11, 'fixed64'),
  eventName: one(12, 'string'),
}));

const EXEMPLAR = message(() => ({
  timeUnixNano: one(2, 'fixed64'),
  asDouble: one(3, 'double'),
  spanId: one(4, 'hex'),
  traceId: one(5, 'hex'),
  asInt: one(6, 'sfixed64'),
  filteredAttributes: many(7, KEY_VALUE),
}));

const NUMBER_POINT = message(() => ({
  startTimeUnixNano: one(2, 'fixed64'),
  timeUnixNano: one(3, 'fixed64'),
  asDouble: one(4, 'double'),
  exemplars: many(5, EXEMPLAR),
  asInt: one(6, 'sfixed64'),
  attributes: many(7, KEY_VALUE),
  flags: one(8, 'uint32'),
}));

const HISTOGRAM_POINT = message(() => ({
  startTimeUnixNano: one(2, 'fixed64'),
  timeUnixNano: one(3, 'fixed64'),
  count: one(4, 'fixed64'),
  sum: one(5, 'double'),
  bucketCounts: many(6, 'fixed64'),
  explicitBounds: many(7, 'double'),
  exemplars: many(8, EXEMPLAR),
  attributes: many(9, KEY_VALUE),
  flags: one(10, 'uint32'),
  min: one(11, 'double'),
  max: one(12, 'double'),
}));

const BUCKETS = message(() => ({ offset: one(1, 'sint32'), bucketCounts: many(2, 'uint64') }));

const EXPONENTIAL_POINT = message(() => ({
  attributes: many(1, KEY_VALUE),
  startTimeUnixNano: one(2, 'fixed64'),
  timeUnixNano: one(3, 'fixed64'),
  count: one(4, 'fixed64'),
  sum: one(5, 'double'),
  scale: one(6, 'sint32'),
  zeroCount: one(7, 'fixed64'),
  positive: one(8, BUCKETS),
  negative: one(9, BUCKETS),
  flags: one(10, 'uint32'),
  exemplars: many(11, EXEMPLAR),
  min: one(12, 'double'),
  max: one(13, 'double'),
  zeroThreshold: one(14, 'double'),
}));

const SUMMARY_POINT = message(() => ({
  startTimeUnixNano: one(2, 'fixed64'),
  timeUnixNano: one(3, 'fixed64'),
  count: one(4, 'fixed64'),
  sum: one(5, 'double'),
  quantileValues: many(
    6,
    message(() => ({ quantile: one(1, 'double'), value: one(2, 'double') })),
  ),
  attributes: many(7, KEY_VALUE),
  flags: one(8, 'uint32'),
}));

function points(point: MessageSchema, more: Record<string, Unnamed> = {}): MessageSchema {
  return message(() => ({ dataPoints: many(1, point), ...more }));
}

const TEMPORALITY = { aggregationTemporality: one(2, 'int32') };

const METRIC = message(() => ({
  name: one(1, 'string'),
  description: one(2, 'string'),
  unit: one(3, 'string'),
  gauge: one(5, points(NUMBER_POINT)),
  sum: one(7, points(NUMBER_POINT, { ...TEMPORALITY, isMonotonic: one(3, 'bool') })),
  histogram: one(9, points(HISTOGRAM_POINT, TEMPORALITY)),
  exponentialHistogram: one(10, points(EXPONENTIAL_POINT, TEMPORALITY)),
  summary: one(11, points(SUMMARY_POINT)),
  metadata: many(12, KEY_VALUE),
}));

export const TRACES_REQUEST = request('resourceSpans', 'scopeSpans', 'spans', SPAN);
export const LOGS_REQUEST = request('resourceLogs', 'scopeLogs', 'logRecords', LOG_RECORD);
export const METRICS_REQUEST = request('resourceMetrics', 'scopeMetrics', 'metrics', METRIC);
