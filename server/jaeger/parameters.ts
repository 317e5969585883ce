/** What callers write in the query string of Jaeger's API. Pure. */
import { CodedError } from '#base/errors.ts';
import type { TraceId } from '#signals/ids.ts';
import { SPAN_KINDS, type SpanKind } from '#signals/model.ts';
import type { TraceSearch } from '#storage/ports.ts';

/** Express' simple query parser: text, or a list when a name is repeated. */
export type QueryValues = Readonly<Record<string, unknown>>;

/** Jaeger's own default and the most it takes. */
const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1500;
/** Tags in one search; each is a scan of texts. */
const TAGS_MAX = 20;
/** Trace ids asked for in one search. */
const TRACE_IDS_MAX = 100;
/** Of dependencies: a day, as in Jaeger. */
const DEPENDENCIES_LOOKBACK_MS = 86_400_000;
const LOOKBACK_NANOS = 2n * 86_400n * 1_000_000_000n;
const NANOS_MAX = 2n ** 63n - 1n;
/** Microseconds below this would be before the year 1973: so small a number is milliseconds. */
const MICROS_MIN = 100_000_000_000_000n;

export function values(query: QueryValues, name: string): readonly string[] {
  const value = query[name];
  const list: readonly unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return list.filter((one) => typeof one === 'string');
}

/** The first value; an empty one counts as not given. */
export function single(query: QueryValues, name: string): string | undefined {
  const value = values(query, name)[0];
  return value === '' ? undefined : value;
}

export function bad(name: string, value: string, expected: string): CodedError {
  return new CodedError(
    'PLIM_PARAMETER',
    `unable to parse param '${name}': ${JSON.stringify(value)}; expected ${expected}`,
  );
}

/** Hex of any length up to 32, leading zeros may be missing; base64 of 16 or 8 bytes is taken too. */
export function parseTraceId(text: string): TraceId {
  const hex = /^[0-9a-fA-F]{1,32}$/.test(text) ? text : fromBase64(text);
  if (hex === undefined || /^0*$/.test(hex)) throw bad('traceID', text, '1 to 32 hex digits, not all zero');
  return hex.toLowerCase().padStart(32, '0') as TraceId;
}

function fromBase64(text: string): string | undefined {
  if (!/^[A-Za-z0-9+/_-]{11}=?$|^[A-Za-z0-9+/_-]{22}(?:==)?$/.test(text)) return undefined;
  return Buffer.from(text, 'base64').toString('hex');
}

const DURATION_PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
const UNIT_NANOS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** A duration as Go writes it: `1.2s`, `100us`, `1m30s`; nanoseconds, or undefined. */
export function parseGoDuration(text: string): bigint | undefined {
  if (text === '0') return 0n;
  let nanos = 0;
  let at = 0;
  while (at < text.length) {
    DURATION_PART.lastIndex = at;
    const match = DURATION_PART.exec(text);
    if (match === null) return undefined;
    nanos += Number(match[1]) * (UNIT_NANOS[match[2] ?? ''] ?? Number.NaN);
    at = DURATION_PART.lastIndex;
  }
  return text === '' || !Number.isFinite(nanos) || nanos > Number(NANOS_MAX)
    ? undefined
    : BigInt(Math.round(nanos));
}

function duration(query: QueryValues, name: string): bigint | undefined {
  const text = single(query, name);
  if (text === undefined) return undefined;
  const nanos = parseGoDuration(text);
  if (nanos === undefined) throw bad(name, text, 'a duration such as 1.2s, 100ms or 250us');
  return nanos;
}

/** Microseconds by contract; milliseconds, which Grafana sends at one place, are told by their size. */
export function time(query: QueryValues, name: string): bigint | undefined {
  const text = single(query, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,19}$/.test(text)) throw bad(name, text, 'microseconds since the Unix epoch');
  const number = BigInt(text);
  const nanos = number * (number < MICROS_MIN ? 1_000_000n : 1000n);
  return nanos > NANOS_MAX ? NANOS_MAX : nanos;
}

function limit(query: QueryValues): number {
  const text = single(query, 'limit');
  if (text === undefined || text === '0') return LIMIT_DEFAULT;
  if (!/^\d{1,9}$/.test(text)) throw bad('limit', text, `a whole number from 1 to ${LIMIT_MAX}`);
  return Math.min(Number(text), LIMIT_MAX);
}

function tags(query: QueryValues): Readonly<Record<string, string>> {
  const result = Object.create(null) as Record<string, string>;
  for (const pair of values(query, 'tag')) {
    const colon = pair.indexOf(':');
    if (colon <= 0) throw bad('tag', pair, 'key:value');
    result[pair.slice(0, colon)] = pair.slice(colon + 1);
  }
  for (const text of values(query, 'tags')) if (text !== '') Object.assign(result, jsonTags(text));
  const count = Object.keys(result).length;
  if (count > TAGS_MAX) throw bad('tags', `${count} tags`, `at most ${TAGS_MAX}`);
  // A plain object: one without a prototype does not survive the way to the store's process.
  return { ...result };
}

function jsonTags(text: string): Readonly<Record<string, string>> {
  const expected = 'a JSON object of strings, such as {"error":"true"}';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw bad('tags', text, expected);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw bad('tags', text, expected);
  const entries: [string, unknown][] = Object.entries(json);
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
    throw bad('tags', text, expected);
  }
  return Object.fromEntries(entries);
}

export type TracesRequest =
  | { readonly kind: 'ids'; readonly traceIds: readonly TraceId[] }
  | { readonly kind: 'search'; readonly search: TraceSearch };

/** @throws CodedError `PLIM_PARAMETER` */
export function parseTraces(query: QueryValues, nowNanos: bigint): TracesRequest {
  const ids = values(query, 'traceID').map(parseTraceId);
  if (ids.length > TRACE_IDS_MAX) throw bad('traceID', `${ids.length} ids`, `at most ${TRACE_IDS_MAX}`);
  if (ids.length > 0) return { kind: 'ids', traceIds: [...new Set(ids)] };
  const service = single(query, 'service');
  if (service === undefined) throw new CodedError('PLIM_PARAMETER', "parameter 'service' is required");
  const end = time(query, 'end') ?? nowNanos;
  const start = time(query, 'start') ?? (end > LOOKBACK_NANOS ? end - LOOKBACK_NANOS : 0n);
  const durationNanosMin = duration(query, 'minDuration');
  const durationNanosMax = duration(query, 'maxDuration');
  if (
    durationNanosMin !== undefined &&
    durationNanosMax !== undefined &&
    durationNanosMax < durationNanosMin
  ) {
    throw new CodedError('PLIM_PARAMETER', "'maxDuration' should be greater than 'minDuration'");
  }
  return {
    kind: 'search',
    search: {
      service,
      operation: single(query, 'operation'),
      attributes: tags(query),
      durationNanosMin,
      durationNanosMax,
      startUnixNanosMin: start,
      startUnixNanosMax: end,
      tracesMax: limit(query),
    },
  };
}

export function parseSpanKind(query: QueryValues): SpanKind | undefined {
  const text = single(query, 'spanKind');
  if (text === undefined) return undefined;
  const kind = SPAN_KINDS.find((name) => name === text);
  if (kind === undefined) throw bad('spanKind', text, `one of ${SPAN_KINDS.join(', ')}`);
  return kind;
}

export interface DependenciesRequest {
  readonly startMs: number;
  readonly endMs: number;
  /** Only pairs with this service; all when undefined. */
  readonly service: string | undefined;
}

/** `endTs` and `lookback` are milliseconds. @throws CodedError `PLIM_PARAMETER` */
export function parseDependencies(query: QueryValues, nowMs: number): DependenciesRequest {
  const endMs = millis(query, 'endTs') ?? nowMs;
  const lookbackMs = millis(query, 'lookback') ?? DEPENDENCIES_LOOKBACK_MS;
  return { startMs: endMs - lookbackMs, endMs, service: single(query, 'service') };
}

function millis(query: QueryValues, name: string): number | undefined {
  const text = single(query, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw bad(name, text, 'whole milliseconds');
  return Number(text);
}
