/**
 * A document as a log record in OTLP/JSON. What has a place in OTel mode goes
 * there, `message` is the body, `service` belongs to the resource; all else
 * becomes an attribute.
 */
import { isObject, type JsonObject } from '#server/elasticsearch/core/read.ts';
import { dateSpan } from '#server/elasticsearch/core/dates.ts';

/** A record with what it shares with others, and the text by which that is known to be the same. */
export interface LogOfDocument {
  readonly resource: JsonObject;
  readonly scope: JsonObject;
  readonly record: JsonObject;
}

/** Values in each other; deeper ones would only cost stack. */
const DEPTH_MAX = 20;
const PLACED = new Set([
  '@timestamp',
  'observed_timestamp',
  'data_stream',
  'severity_number',
  'severity_text',
  'log.level',
  'event_name',
  'body',
  'body.text',
  'body.structured',
  'message',
  'trace_id',
  'trace.id',
  'span_id',
  'span.id',
  'attributes',
  'resource',
  'scope',
  'service',
  'service.name',
  'dropped_attributes_count',
]);

/** @throws ElasticError, or Error with a reason, for what is no document of a data stream */
export function logOfDocument(document: JsonObject, nowMs: number): LogOfDocument {
  const at = document['@timestamp'];
  if (at === undefined || at === null) throw new Error('data stream timestamp field [@timestamp] is missing');
  const observed = document['observed_timestamp'];
  return {
    resource: {
      attributes: [...serviceOf(document), ...pairs(memberOf(document['resource'], 'attributes'))],
    },
    scope: scopeOf(document['scope']),
    record: {
      timeUnixNano: nanosText(at, nowMs),
      observedTimeUnixNano:
        observed === undefined || observed === null ? undefined : nanosText(observed, nowMs),
      severityNumber: severityOf(document['severity_number']),
      severityText: textOf(document['severity_text']) ?? levelOf(document),
      eventName: textOf(document['event_name']),
      body: bodyOf(document),
      traceId: idOf(document['trace_id'] ?? document['trace.id'] ?? memberOf(document['trace'], 'id'), 32),
      spanId: idOf(document['span_id'] ?? document['span.id'] ?? memberOf(document['span'], 'id'), 16),
      attributes: [...pairs(document['attributes']), ...otherPairs(document)],
    },
  };
}

function memberOf(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function levelOf(document: JsonObject): string | undefined {
  return textOf(document['log.level'] ?? memberOf(document['log'], 'level'));
}

function severityOf(value: unknown): number | undefined {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 24 ? Number(value) : undefined;
}

/** A malformed id is left out: the record is then uncorrelated. */
function idOf(value: unknown, digits: number): string | undefined {
  const text = textOf(value)?.toLowerCase();
  return text !== undefined && text.length === digits && /^[0-9a-f]+$/.test(text) ? text : undefined;
}

function serviceOf(document: JsonObject): readonly unknown[] {
  const name = document['service.name'] ?? memberOf(document['service'], 'name');
  return typeof name === 'string' ? [{ key: 'service.name', value: { stringValue: name } }] : [];
}

function scopeOf(scope: unknown): JsonObject {
  return {
    name: textOf(memberOf(scope, 'name')),
    version: textOf(memberOf(scope, 'version')),
    attributes: pairs(memberOf(scope, 'attributes')),
  };
}

/** What keeps its types counts before its text. */
function bodyOf(document: JsonObject): unknown {
  const structured = document['body.structured'] ?? memberOf(document['body'], 'structured');
  if (isObject(structured)) {
    const [only, second] = Object.keys(structured);
    return valueOf(only === 'value' && second === undefined ? structured['value'] : structured, 0);
  }
  const text =
    document['body.text'] ?? memberOf(document['body'], 'text') ?? document['message'] ?? document['body'];
  return text === undefined || text === null ? undefined : valueOf(text, 0);
}

function otherPairs(document: JsonObject): readonly unknown[] {
  const others = Object.entries(document).filter(([key]) => !PLACED.has(key) && !isUsedUp(key, document));
  return pairs(Object.fromEntries(others));
}

/** Objects of which one member has a place and there is no other. */
function isUsedUp(key: string, document: JsonObject): boolean {
  const value = document[key];
  const member = { log: 'level', trace: 'id', span: 'id' }[key];
  return member !== undefined && isObject(value) && Object.keys(value).every((name) => name === member);
}

function pairs(attributes: unknown): readonly unknown[] {
  if (!isObject(attributes)) return [];
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value, 0) }));
}

function valueOf(value: unknown, depth: number): unknown {
  if (depth > DEPTH_MAX) throw new Error(`the document is nested more than ${DEPTH_MAX} deep`);
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
  if (Array.isArray(value)) return { arrayValue: { values: value.map((one) => valueOf(one, depth + 1)) } };
  if (!isObject(value)) return {};
  const values = Object.entries(value).map(([key, one]) => ({ key, value: valueOf(one, depth + 1) }));
  return { kvlistValue: { values } };
}

const FRACTION = /T\d\d:\d\d:\d\d[.,](\d{1,9})/;
const DECIMAL_MS = /^(\d{1,14})(?:\.(\d{1,6}))?$/;
const NANOS_MAX = 2n ** 63n;

/** Nanoseconds since 1970 of a date or of milliseconds with a fraction. */
function nanosText(value: unknown, nowMs: number): string {
  if (typeof value !== 'string' && typeof value !== 'number')
    throw new Error('failed to parse field [@timestamp]');
  const text = String(value);
  const decimal = DECIMAL_MS.exec(text);
  const nanos =
    decimal !== null && text.length > 4
      ? BigInt(decimal[1] ?? '0') * 1_000_000n + BigInt((decimal[2] ?? '').padEnd(6, '0'))
      : nanosOfDate(text, nowMs);
  if (nanos <= 0n || nanos >= NANOS_MAX)
    throw new Error(`failed to parse field [@timestamp]: [${text}] is out of range`);
  return nanos.toString();
}

function nanosOfDate(text: string, nowMs: number): bigint {
  const { firstMs } = dateSpan(text, { nowMs });
  const fraction = (FRACTION.exec(text)?.[1] ?? '').padEnd(9, '0');
  return BigInt(Math.floor(firstMs / 1000)) * 1_000_000_000n + BigInt(fraction);
}
