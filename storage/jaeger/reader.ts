/**
 * Traces of a real Jaeger: by its v3 API, which speaks OTLP, and by v1 where
 * there is no v3, or where only v1 looks at attributes. Jaeger's answers are
 * looked through again: it counts in microseconds, and its versions differ in
 * what they leave out of a question without saying so.
 */
import { CodedError, errorText } from '#base/errors.ts';
import type { TraceId } from '#signals/ids.ts';
import { SPAN_KINDS, type SpanKind } from '#signals/model.ts';
import { translateTracesJson } from '#signals/otlp/json.ts';
import { checkLimit, TRACE_IDS_MAX, TRACES_MAX } from '#storage/core/limits.ts';
import { JaegerApi, type JaegerOptions } from '#storage/jaeger/api.ts';
import { asPatterns, isRefusedPattern } from '#storage/jaeger/core/patterns.ts';
import { FIELDS_AS_TAGS, isTraceId, matchingTraces, tracesIn } from '#storage/jaeger/core/traces.ts';
import { bodiesOf, traceIdsIn } from '#storage/jaeger/core/v1.ts';
import type { Trace, TraceReader, TraceSearch } from '#storage/ports.ts';

/** As the embedded store. */
const SPANS_PER_TRACE_MAX = 100_000;
/** Traces asked for at once when they are looked up one by one. */
const AT_ONCE = 8;
/**
 * From 1970 to 2262 Jaeger's times fit, but on Elasticsearch it adds a day at both ends, and
 * counts without a sign: of an earlier start it finds nothing.
 */
const DAY_NANOS = 86_400_000_000_000n;
const NANOS_MIN = 2n * DAY_NANOS;
const NANOS_MAX = 9_223_372_036_000_000_000n - 2n * DAY_NANOS;

/** As they were sent: else Jaeger moves spans in time, adds warnings to them and leaves doubles out. */
const RAW = { raw_traces: 'true', rawTraces: 'true' };

export class JaegerReader implements TraceReader {
  readonly #api: JaegerApi;

  constructor(options: JaegerOptions) {
    this.#api = new JaegerApi(options);
  }

  traceCapabilities(): ReturnType<TraceReader['traceCapabilities']> {
    return Promise.resolve({ searchByAttributes: true, searchByDuration: true });
  }

  async services(): Promise<readonly string[]> {
    const v3 = await this.#api.ask('/api/v3/services', {});
    const names = v3.kind === 'absent' ? await this.#v1('/api/services', {}) : listIn(v3, 'services');
    return names.filter((name) => typeof name === 'string').toSorted();
  }

  async operations(service: string): ReturnType<TraceReader['operations']> {
    const v3 = await this.#api.ask('/api/v3/operations', { service });
    const found =
      v3.kind === 'absent' ? await this.#v1('/api/operations', { service }) : listIn(v3, 'operations');
    const operations = found.map((one) => ({
      name: textIn(one, 'name'),
      kind: kindOf(textIn(one, 'spanKind')),
    }));
    const unique = new Map(operations.map((one) => [`${one.name}\u0000${one.kind}`, one]));
    return [...unique.values()].toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  async trace(traceId: TraceId, signal?: AbortSignal): Promise<Trace | undefined> {
    const v3 = await this.#api.ask(`/api/v3/traces/${traceId}`, RAW, signal);
    if (v3.kind === 'nothing') return undefined;
    const traces =
      v3.kind === 'found'
        ? tracesIn(otlpIn(v3.body), SPANS_PER_TRACE_MAX)
        : fromV1(await this.#v1(`/api/traces/${traceId}`, { raw: 'true' }, signal));
    return traces.find((trace) => trace.traceId === traceId);
  }

  async traces(traceIds: readonly TraceId[], signal?: AbortSignal): Promise<readonly Trace[]> {
    checkLimit('traceIds', traceIds.length, TRACE_IDS_MAX);
    return this.#byIds([...new Set(traceIds)], signal);
  }

  /** The whole traces of what Jaeger finds; it may find fewer than there are when it looks at its newest first. */
  async searchTraces(search: TraceSearch, signal?: AbortSignal): Promise<readonly Trace[]> {
    checkLimit('tracesMax', search.tracesMax, TRACES_MAX);
    const asked = askable(search);
    const patterns = asPatterns(asked);
    const found =
      patterns === undefined
        ? await this.#matching(asked, signal)
        : await Promise.all([this.#matching(asked, signal), this.#matching(patterns, signal)]);
    const byId = new Map(found.flat().map((trace) => [trace.traceId, trace]));
    return matchingTraces([...byId.values()], search);
  }

  /** Nothing where its values are taken for expressions and are none, or too long for one. */
  async #matching(search: TraceSearch, signal: AbortSignal | undefined): Promise<readonly Trace[]> {
    return this.#found(search, signal).catch((error: unknown) => {
      const hasValues = Object.keys(search.attributes).length > 0;
      if (hasValues && isRefusedPattern(errorText(error))) return [];
      throw error;
    });
  }

  async #found(search: TraceSearch, signal: AbortSignal | undefined): Promise<readonly Trace[]> {
    // Jaeger up to 1.76 reads no attributes in v3, and does not say so; later ones have no search in v1.
    const needsV1 = Object.keys(search.attributes).length > 0;
    if (needsV1) {
      const v1 = await this.#api.ask('/api/traces', v1Parameters(search), signal);
      if (v1.kind !== 'absent') return this.#byIds(idsIn(listIn(v1, 'data')), signal);
    }
    const v3 = await this.#api.ask('/api/v3/traces', v3Parameters(search), signal);
    if (v3.kind === 'found') return tracesIn(otlpIn(v3.body), SPANS_PER_TRACE_MAX);
    if (v3.kind === 'nothing') return [];
    return fromV1(await this.#v1('/api/traces', v1Parameters(search), signal));
  }

  async #byIds(traceIds: readonly TraceId[], signal: AbortSignal | undefined): Promise<Trace[]> {
    const found: (Trace | undefined)[] = [];
    for (let from = 0; from < traceIds.length; from += AT_ONCE) {
      const some = traceIds.slice(from, from + AT_ONCE);
      found.push(...(await Promise.all(some.map((traceId) => this.trace(traceId, signal)))));
    }
    return found.filter((trace) => trace !== undefined);
  }

  async #v1(
    path: string,
    parameters: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<readonly unknown[]> {
    const answer = await this.#api.ask(path, parameters, signal);
    if (answer.kind === 'absent') {
      throw new CodedError('PLIM_STORE_UNAVAILABLE', `there is no API of Jaeger there: ${path}`);
    }
    return listIn(answer, 'data');
  }
}

/** Without what Jaeger does not look at; then more of what it finds is thrown away again. */
function askable(search: TraceSearch): TraceSearch {
  const attributes = Object.entries(search.attributes).filter(([key]) => !FIELDS_AS_TAGS.has(key));
  const isAll = attributes.length === Object.keys(search.attributes).length;
  return isAll ? search : { ...search, attributes: Object.fromEntries(attributes), tracesMax: TRACES_MAX };
}

/** Both spellings: servers up to 1.76 know the first alone, and others are to leave it out one day. */
function v3Parameters(search: TraceSearch): Record<string, string> {
  const { service, operation, attributes, durationNanosMin, durationNanosMax } = search;
  const start = rfc3339(search.startUnixNanosMin);
  // Exclusive there in some stores.
  const end = rfc3339(search.startUnixNanosMax + 1n);
  const parameters: Record<string, string> = { 'query.raw_traces': 'true', 'query.rawTraces': 'true' };
  const give = (snake: string, camel: string, value: string | undefined): void => {
    if (value === undefined) return;
    parameters[`query.${snake}`] = value;
    parameters[`query.${camel}`] = value;
  };
  give('service_name', 'serviceName', service);
  give('operation_name', 'operationName', operation);
  give('start_time_min', 'startTimeMin', start);
  give('start_time_max', 'startTimeMax', end);
  give('num_traces', 'searchDepth', String(search.tracesMax));
  give('duration_min', 'durationMin', durationNanosMin === undefined ? undefined : `${durationNanosMin}ns`);
  give('duration_max', 'durationMax', durationNanosMax === undefined ? undefined : `${durationNanosMax}ns`);
  if (Object.keys(attributes).length > 0) parameters['query.attributes'] = JSON.stringify(attributes);
  return parameters;
}

function v1Parameters(search: TraceSearch): Record<string, string> {
  const { service, operation, attributes, durationNanosMin, durationNanosMax } = search;
  return {
    service,
    ...(operation === undefined ? {} : { operation }),
    ...(Object.keys(attributes).length === 0 ? {} : { tags: JSON.stringify(attributes) }),
    start: String(clamped(search.startUnixNanosMin) / 1000n),
    end: String(clamped(search.startUnixNanosMax) / 1000n + 1n),
    ...(durationNanosMin === undefined ? {} : { minDuration: `${durationNanosMin}ns` }),
    ...(durationNanosMax === undefined ? {} : { maxDuration: `${durationNanosMax}ns` }),
    limit: String(search.tracesMax),
    raw: 'true',
  };
}

function clamped(nanos: bigint): bigint {
  return nanos < NANOS_MIN ? NANOS_MIN : nanos > NANOS_MAX ? NANOS_MAX : nanos;
}

function rfc3339(nanos: bigint): string {
  const at = clamped(nanos);
  const seconds = new Date(Number(at / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(at % 1_000_000_000n).padStart(9, '0')}Z`;
}

const WRAPPER = new TextEncoder().encode('{"result":');

/** The OTLP request inside `{"result": …}`, by its bytes: numbers keep all their digits. */
function otlpIn(body: Uint8Array): Uint8Array {
  const isWrapped = WRAPPER.every((byte, index) => body[index] === byte);
  const end = body.lastIndexOf('}'.charCodeAt(0));
  if (!isWrapped || end < WRAPPER.length) {
    throw new CodedError('PLIM_STORE_UNAVAILABLE', 'the answer of Jaeger has not the shape of its v3 API');
  }
  return translateTracesJson(body.subarray(WRAPPER.length, end));
}

function fromV1(data: readonly unknown[]): Trace[] {
  return data.flatMap((trace) => {
    const bodies = bodiesOf(trace);
    return tracesIn(Buffer.concat(bodies), SPANS_PER_TRACE_MAX);
  });
}

function idsIn(data: readonly unknown[]): TraceId[] {
  return traceIdsIn(data).filter(isTraceId);
}

function listIn(answer: Awaited<ReturnType<JaegerApi['ask']>>, name: string): readonly unknown[] {
  if (answer.kind !== 'found' || typeof answer.json !== 'object' || answer.json === null) return [];
  const list = new Map<string, unknown>(Object.entries(answer.json)).get(name);
  return Array.isArray(list) ? list : [];
}

function textIn(value: unknown, name: string): string {
  if (typeof value !== 'object' || value === null) return '';
  const text = new Map<string, unknown>(Object.entries(value)).get(name);
  return typeof text === 'string' ? text : '';
}

/** Not every store of Jaeger's keeps the kinds of operations. */
function kindOf(text: string): SpanKind {
  return SPAN_KINDS.find((kind) => kind === text.toLowerCase()) ?? 'unspecified';
}
