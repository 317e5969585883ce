/** OTLP bodies as traces, and whether a trace has what a search asks for. Pure. */
import type { TraceId } from '#signals/ids.ts';
import type { Attribute, Span } from '#signals/model.ts';
import { scalarText } from '#signals/otlp/attributes.ts';
import { decodeSpan } from '#signals/otlp/decode.ts';
import { scanSpans } from '#signals/otlp/scan-traces.ts';
import type { Trace, TraceSearch } from '#storage/ports.ts';

/** The traces in a body, their spans by time. Ids of items are made of places: Jaeger has no other. */
export function tracesIn(body: Uint8Array, spansMax: number): Trace[] {
  const columns = scanSpans(body);
  const spans = Array.from({ length: columns.count }, (_, ordinal) =>
    decodeSpan(columns, ordinal, { node: 'jaeger', epoch: 0, sequence: 0 }),
  );
  return [...Map.groupBy(spans, ({ traceId }) => traceId)].map(([traceId, own]) => {
    const sorted = own.toSorted((a, b) => compare(a.startUnixNanos, b.startUnixNanos));
    const named = sorted.map((span, index) => ({ ...span, id: `${traceId}-${span.spanId}-${index}` }));
    return named.length <= spansMax
      ? { traceId, spans: named }
      : { traceId, spans: named.slice(0, spansMax), truncated: true };
  });
}

/** The newest matching first; those without a match left out. */
export function matchingTraces(traces: readonly Trace[], search: TraceSearch): Trace[] {
  return traces
    .map((trace) => ({ trace, newest: newestMatch(trace, search) }))
    .filter(({ newest }) => newest !== undefined)
    .toSorted((a, b) => compare(b.newest ?? 0n, a.newest ?? 0n))
    .map(({ trace }) => trace)
    .slice(0, search.tracesMax);
}

/** Start of the newest span that meets every criterion. */
function newestMatch({ spans }: Trace, search: TraceSearch): bigint | undefined {
  const starts = spans.filter((span) => matches(span, search)).map(({ startUnixNanos }) => startUnixNanos);
  return starts.reduce<bigint | undefined>(
    (most, at) => (most === undefined || at > most ? at : most),
    undefined,
  );
}

function matches(span: Span, search: TraceSearch): boolean {
  const { startUnixNanos: start, endUnixNanos: end } = span;
  const duration = end > start ? end - start : 0n;
  return (
    textOf(span.resource.attributes, 'service.name') === search.service &&
    (search.operation === undefined || span.name === search.operation) &&
    start >= search.startUnixNanosMin &&
    start <= search.startUnixNanosMax &&
    duration >= (search.durationNanosMin ?? 0n) &&
    (search.durationNanosMax === undefined || duration <= search.durationNanosMax) &&
    Object.entries(search.attributes).every(([key, value]) => hasAttribute(span, key, value))
  );
}

/**
 * What Jaeger shows among tags but is a field in OTLP: asked for as an attribute,
 * and not found by Jaeger's stores, or only by some.
 */
export const FIELDS_AS_TAGS: ReadonlySet<string> = new Set([
  'error',
  'span.kind',
  'otel.scope.name',
  'otel.scope.version',
  'otel.status_code',
  'otel.status_description',
  'w3c.tracestate',
]);

function hasAttribute(span: Span, key: string, value: string): boolean {
  return virtualText(span, key) === value || textsOf(span, key).includes(value);
}

function virtualText(span: Span, key: string): string | undefined {
  switch (key) {
    case 'error':
      return span.statusCode === 'error' ? 'true' : undefined;
    case 'span.kind':
      return span.kind === 'unspecified' ? undefined : span.kind;
    case 'otel.scope.name':
      return span.scope.name;
    case 'otel.scope.version':
      return span.scope.version;
    case 'otel.status_code':
      return span.statusCode.toUpperCase();
    case 'otel.status_description':
      return span.statusMessage;
    case 'w3c.tracestate':
      return span.traceState;
    default:
      return undefined;
  }
}

function textsOf(span: Span, key: string): (string | undefined)[] {
  return [span.attributes, span.resource.attributes, span.scope.attributes].map((list) => textOf(list, key));
}

function textOf(attributes: readonly Attribute[], key: string): string | undefined {
  const found = attributes.findLast((attribute) => attribute.key === key);
  return found === undefined ? undefined : scalarText(found.value);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function isTraceId(text: string): text is TraceId {
  return /^[0-9a-f]{32}$/.test(text) && !/^0+$/.test(text);
}
