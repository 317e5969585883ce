/** Query strings of `/api/plimsoll/v1/logs` and what is below it. */
import { CodedError } from '#base/errors.ts';
import type { SpanId, TraceId } from '#signals/ids.ts';
import { SEVERITY_RANGES, severityNumberMin, type SeverityRange } from '#signals/severity.ts';
import type { LogExclusions, LogFilter, LogSearch, LogSteps } from '#storage/ports.ts';

const RECORDS = { usual: 100, max: 5000 };
const BUCKETS = { usual: 60, max: 500 };
/** Conditions on attributes in one search; each is a scan of texts. */
const ATTRIBUTES_MAX = 20;
/** What is left out, of all kinds together; each is a scan as well. */
const EXCLUSIONS_MAX = 20;
const TEXT_LENGTH_MAX = 1000;
const NANOS_MAX = 2n ** 63n - 1n;
const ATTRIBUTE_PREFIX = 'attr.';
const NOT_PREFIX = 'not.';
/** Beside attributes. */
const EXCLUDABLE: ReadonlySet<string> = new Set(['service', 'text', 'severity']);

export type LogQuery = Readonly<Record<string, unknown>>;

/** Which records. @throws CodedError `PLIM_PARAMETER`, as all below */
export function parseLogFilter(query: LogQuery): LogFilter {
  const get = (name: string): string | undefined => one(query, name);
  const excluded = exclusions(query);
  return {
    service: get('service'),
    text: shortText('text', get('text')),
    severityNumberMin: severity(get('severity')),
    traceId: traceId(get('trace_id')),
    spanId: spanId(get('span_id')),
    attributes: attributes(query),
    unixNanosMin: nanos('start', get('start')) ?? 0n,
    unixNanosMax: nanos('end', get('end')) ?? NANOS_MAX,
    ...(excluded === undefined ? {} : { excluded }),
  };
}

export function parseLogSearch(query: LogQuery): LogSearch {
  const order = one(query, 'order') ?? 'newest-first';
  if (order !== 'newest-first' && order !== 'oldest-first') {
    throw bad('order', order, 'newest-first or oldest-first');
  }
  return {
    ...parseLogFilter(query),
    order,
    recordsMax: whole('limit', one(query, 'limit'), RECORDS),
    after: one(query, 'after'),
  };
}

/**
 * Steps from `start` until `end`, as many as `buckets` or, where that would make
 * them shorter than a nanosecond, fewer. The last may reach beyond `end`; what
 * is there is not counted.
 */
export function parseLogSteps(query: LogQuery): { readonly filter: LogFilter; readonly steps: LogSteps } {
  const start = nanos('start', one(query, 'start'));
  const end = nanos('end', one(query, 'end'));
  if (start === undefined) throw bad('start', '', 'a time: it is needed here');
  if (end === undefined) throw bad('end', '', 'a time: it is needed here');
  if (end <= start) throw bad('end', end.toString(), 'a time after start');
  const buckets = BigInt(whole('buckets', one(query, 'buckets'), BUCKETS));
  const stepNanos = roundedUp(end - start, buckets);
  return {
    filter: { ...parseLogFilter(query), unixNanosMax: end - 1n },
    steps: { startUnixNanos: start, stepNanos, steps: Number(roundedUp(end - start, stepNanos)) },
  };
}

/** When the time of comparison begins; it ends where `filter` begins. */
export function parseBaseline(query: LogQuery, filter: LogFilter): bigint | undefined {
  const baseline = nanos('baseline_start', one(query, 'baseline_start'));
  if (baseline === undefined || baseline < filter.unixNanosMin) return baseline;
  throw bad('baseline_start', baseline.toString(), 'a time before start');
}

function roundedUp(length: bigint, parts: bigint): bigint {
  return (length + parts - 1n) / parts;
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

function shortText(name: string, text: string | undefined): string | undefined {
  if (text === undefined || text.length <= TEXT_LENGTH_MAX) return text;
  throw bad(name, `${text.length} characters`, `at most ${TEXT_LENGTH_MAX}`);
}

function rangeOf(text: string): SeverityRange | undefined {
  return SEVERITY_RANGES.find((range) => range === text.toLowerCase());
}

function severity(text: string | undefined): number {
  if (text === undefined) return 0;
  const named = rangeOf(text);
  if (named !== undefined) return severityNumberMin(named);
  const number = Number(text);
  if (/^\d{1,2}$/.test(text) && number <= 24) return number;
  throw bad('severity', text, `a number from 0 to 24 or one of ${SEVERITY_RANGES.join(', ')}`);
}

function traceId(text: string | undefined): TraceId | undefined {
  if (text === undefined) return undefined;
  if (!/^[0-9a-f]{32}$/i.test(text)) throw bad('trace_id', text, '32 hex digits');
  return text.toLowerCase() as TraceId;
}

function spanId(text: string | undefined): SpanId | undefined {
  if (text === undefined) return undefined;
  if (!/^[0-9a-f]{16}$/i.test(text)) throw bad('span_id', text, '16 hex digits');
  return text.toLowerCase() as SpanId;
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

function whole(
  name: string,
  text: string | undefined,
  limits: { readonly usual: number; readonly max: number },
): number {
  if (text === undefined) return limits.usual;
  const number = Number(text);
  if (/^\d{1,5}$/.test(text) && number >= 1 && number <= limits.max) return number;
  throw bad(name, text, `a whole number from 1 to ${limits.max}`);
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

/** Every name may come several times. Undefined when nothing is left out. */
function exclusions(query: LogQuery): LogExclusions | undefined {
  const pairs = Object.entries(query)
    .filter(([name]) => name.startsWith(NOT_PREFIX))
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((one) => ({
        name,
        of: name.slice(NOT_PREFIX.length),
        value: String(one),
      })),
    )
    .filter(({ value }) => value !== '');
  if (pairs.length === 0) return undefined;
  if (pairs.length > EXCLUSIONS_MAX) {
    throw bad('not.*', `${pairs.length} conditions`, `at most ${EXCLUSIONS_MAX}`);
  }
  const unknown = pairs.find(({ of }) => !EXCLUDABLE.has(of) && !of.startsWith(ATTRIBUTE_PREFIX));
  if (unknown !== undefined) {
    throw bad(unknown.name, unknown.value, `one of not.service, not.text, not.severity, not.attr.KEY`);
  }
  const of = (what: string) => pairs.filter((pair) => pair.of === what);
  return {
    services: of('service').map(({ value }) => value),
    texts: of('text').map(({ name, value }) => shortText(name, value) ?? ''),
    severities: of('severity').map(({ name, value }) => {
      const range = rangeOf(value);
      if (range === undefined) throw bad(name, value, `one of ${SEVERITY_RANGES.join(', ')}`);
      return range;
    }),
    attributes: pairs
      .filter((pair) => pair.of.startsWith(ATTRIBUTE_PREFIX))
      .map((pair) => [pair.of.slice(ATTRIBUTE_PREFIX.length), pair.value]),
  };
}
