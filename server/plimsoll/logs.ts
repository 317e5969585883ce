/** `GET /api/plimsoll/v1/logs`: search in log records, page by page. */
import { Router } from 'express';
import { CodedError } from '#base/errors.ts';
import type { TraceId } from '#signals/ids.ts';
import type { Attribute, AttributeValue, LogRecord } from '#signals/model.ts';
import type { LogReader, LogSearch } from '#storage/ports.ts';
import { sendError } from '#server/http/errors.ts';

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 5000;
/** Conditions on attributes in one search; each is a scan of texts. */
const ATTRIBUTES_MAX = 20;
const TEXT_LENGTH_MAX = 1000;
const NANOS_MAX = 2n ** 63n - 1n;
const ATTRIBUTE_PREFIX = 'attr.';

/** Lowest number of each range of OTLP's severities. */
const SEVERITIES: Readonly<Record<string, number>> = {
  trace: 1,
  debug: 5,
  info: 9,
  warn: 13,
  error: 17,
  fatal: 21,
};

/** Mounted at `/api/plimsoll/v1`. */
export function logsRoute(reader: LogReader): Router {
  const router = Router();
  router.get('/logs', async (request, response) => {
    const abort = new AbortController();
    response.once('close', () => abort.abort(new Error('the caller has gone')));
    try {
      const search = parseLogSearch(request.query as Readonly<Record<string, unknown>>);
      const page = await reader.searchLogs(search, abort.signal);
      response.json({ records: page.records.map(toJson), next: page.next ?? null });
    } catch (error) {
      if (!response.destroyed) sendError(response, error);
    }
  });
  return router;
}

/** Reads the query string. @throws CodedError `PLIM_PARAMETER` */
export function parseLogSearch(query: Readonly<Record<string, unknown>>): LogSearch {
  const get = (name: string): string | undefined => one(query, name);
  const order = get('order') ?? 'newest-first';
  if (order !== 'newest-first' && order !== 'oldest-first') {
    throw bad('order', order, 'newest-first or oldest-first');
  }
  const text = get('text');
  if (text !== undefined && text.length > TEXT_LENGTH_MAX) {
    throw bad('text', `${text.length} characters`, `at most ${TEXT_LENGTH_MAX}`);
  }
  return {
    service: get('service'),
    text,
    severityNumberMin: severity(get('severity')),
    traceId: traceId(get('trace_id')),
    attributes: attributes(query),
    unixNanosMin: nanos('start', get('start')) ?? 0n,
    unixNanosMax: nanos('end', get('end')) ?? NANOS_MAX,
    order,
    recordsMax: limit(get('limit')),
    after: get('after'),
  };
}

function one(query: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw bad(name, 'several values', 'one value');
  return value;
}

function bad(name: string, value: string, expected: string): CodedError {
  return new CodedError('PLIM_PARAMETER', `${name} is ${JSON.stringify(value)}; expected ${expected}`);
}

function severity(text: string | undefined): number {
  if (text === undefined) return 0;
  const named = SEVERITIES[text.toLowerCase()];
  if (named !== undefined && Object.hasOwn(SEVERITIES, text.toLowerCase())) return named;
  const number = Number(text);
  if (/^\d{1,2}$/.test(text) && number <= 24) return number;
  throw bad('severity', text, `a number from 0 to 24 or one of ${Object.keys(SEVERITIES).join(', ')}`);
}

function traceId(text: string | undefined): TraceId | undefined {
  if (text === undefined) return undefined;
  if (!/^[0-9a-f]{32}$/i.test(text)) throw bad('trace_id', text, '32 hex digits');
  return text.toLowerCase() as TraceId;
}

/** Nanoseconds since the Unix epoch, or a date and time as RFC 3339 writes it. */
function nanos(name: string, text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,19}$/.test(text)) return BigInt(text) > NANOS_MAX ? NANOS_MAX : BigInt(text);
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  const ms = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`);
  if (!(ms >= 0))
    throw bad(name, text, 'nanoseconds since the Unix epoch or a time such as 2026-01-31T12:00:00Z');
  return BigInt(ms) * 1_000_000n + BigInt((match?.[2] ?? '').padEnd(9, '0'));
}

function limit(text: string | undefined): number {
  if (text === undefined) return LIMIT_DEFAULT;
  const number = Number(text);
  if (/^\d{1,5}$/.test(text) && number >= 1 && number <= LIMIT_MAX) return number;
  throw bad('limit', text, `a whole number from 1 to ${LIMIT_MAX}`);
}

function attributes(query: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const found: [string, string][] = [];
  for (const [name, value] of Object.entries(query)) {
    if (!name.startsWith(ATTRIBUTE_PREFIX)) continue;
    if (typeof value !== 'string') throw bad(name, 'several values', 'one value');
    found.push([name.slice(ATTRIBUTE_PREFIX.length), value]);
  }
  if (found.length > ATTRIBUTES_MAX) {
    throw bad('attr.*', `${found.length} conditions`, `at most ${ATTRIBUTES_MAX}`);
  }
  return Object.fromEntries(found);
}

/** 64-bit numbers and nanoseconds as text: JSON readers would round them. */
function toJson(record: LogRecord): Readonly<Record<string, unknown>> {
  return {
    id: record.id,
    unixNanos: record.unixNanos.toString(),
    observedUnixNanos: record.observedUnixNanos.toString(),
    severityNumber: record.severityNumber,
    severityText: record.severityText,
    eventName: record.eventName,
    body: plain(record.body),
    traceId: record.traceId ?? null,
    spanId: record.spanId ?? null,
    attributes: plainMap(record.attributes),
    resource: plainMap(record.resource.attributes),
    scope: {
      name: record.scope.name,
      version: record.scope.version,
      attributes: plainMap(record.scope.attributes),
    },
  };
}

function plainMap(list: readonly Attribute[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(list.map(({ key, value }) => [key, plain(value)]));
}

function plain(value: AttributeValue): unknown {
  switch (value.kind) {
    case 'empty':
      return null;
    case 'string':
    case 'bool':
      return value.value;
    case 'double':
      return Number.isFinite(value.value) ? value.value : String(value.value);
    case 'int': {
      const number = Number(value.value);
      return Number.isSafeInteger(number) ? number : value.value.toString();
    }
    case 'bytes':
      return Buffer.from(value.value).toString('base64');
    case 'array':
      return value.value.map(plain);
    case 'map':
      return plainMap(value.value);
    default:
      return value satisfies never;
  }
}
