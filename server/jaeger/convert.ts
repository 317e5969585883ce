/**
 * Traces in the JSON of Jaeger's query API, by OpenTelemetry's rules for the
 * translation to Jaeger. Pure.
 */
import type { SpanId, TraceId } from '#signals/ids.ts';
import { UNKNOWN_SERVICE, type Attribute, type AttributeValue, type Span } from '#signals/model.ts';
import type { Trace } from '#storage/ports.ts';

export type JaegerValue =
  | { readonly type: 'string' | 'binary'; readonly value: string }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'float64' | 'int64'; readonly value: number | string };

export type JaegerTag = { readonly key: string } & JaegerValue;

export interface JaegerReference {
  readonly refType: 'CHILD_OF' | 'FOLLOWS_FROM';
  readonly traceID: TraceId;
  readonly spanID: SpanId;
}

export interface JaegerSpan {
  readonly traceID: TraceId;
  readonly spanID: SpanId;
  readonly processID: string;
  readonly operationName: string;
  readonly flags: number;
  /** Microseconds since the Unix epoch. */
  readonly startTime: number;
  /** Microseconds. */
  readonly duration: number;
  readonly references: readonly JaegerReference[];
  readonly tags: readonly JaegerTag[];
  readonly logs: readonly { readonly timestamp: number; readonly fields: readonly JaegerTag[] }[];
  readonly warnings: readonly string[] | null;
}

export interface JaegerProcess {
  readonly serviceName: string;
  readonly tags: readonly JaegerTag[];
}

export interface JaegerTrace {
  readonly traceID: TraceId;
  readonly spans: readonly JaegerSpan[];
  readonly processes: Readonly<Record<string, JaegerProcess>>;
  readonly warnings: readonly string[] | null;
}

export function toJaegerTrace(trace: Trace): JaegerTrace {
  const processes = new Processes();
  const spans = trace.spans.map((span) => toJaegerSpan(span, processes.idOf(span)));
  const warning = `the trace has more than the ${spans.length} spans shown here`;
  return {
    traceID: trace.traceId,
    spans,
    processes: processes.all,
    warnings: trace.truncated === true ? [warning] : null,
  };
}

/** Resources become processes `p1` …, equal ones the same. */
class Processes {
  readonly #ids = new Map<string, string>();
  /** Parsing gives equal resources as one object: most look-ups end here. */
  readonly #byResource = new Map<object, string>();
  readonly all: Record<string, JaegerProcess> = {};

  idOf({ resource }: Span): string {
    const known = this.#byResource.get(resource);
    if (known !== undefined) return known;
    const process = toProcess(resource.attributes);
    const key = JSON.stringify(process);
    const id = this.#ids.get(key) ?? `p${this.#ids.size + 1}`;
    this.#ids.set(key, id);
    this.#byResource.set(resource, id);
    this.all[id] = process;
    return id;
  }
}

function toProcess(attributes: readonly Attribute[]): JaegerProcess {
  const name = attributes.findLast(({ key }) => key === 'service.name')?.value;
  const given = name?.kind === 'string' && name.value !== '' ? name.value : UNKNOWN_SERVICE;
  return {
    serviceName: given,
    tags: attributes.filter(({ key }) => key !== 'service.name').map(toTag),
  };
}

function toJaegerSpan(span: Span, processID: string): JaegerSpan {
  const backwards = span.endUnixNanos < span.startUnixNanos;
  return {
    traceID: span.traceId,
    spanID: span.spanId,
    processID,
    operationName: span.name,
    flags: span.flags,
    startTime: micros(span.startUnixNanos),
    duration: backwards ? 0 : micros(span.endUnixNanos - span.startUnixNanos),
    references: referencesOf(span),
    tags: tagsOf(span),
    logs: span.events.map((event) => ({
      timestamp: micros(event.unixNanos),
      fields: [...eventName(event.name), ...event.attributes.map(toTag)],
    })),
    warnings: backwards ? ['the span ends before it starts; its duration is shown as 0'] : null,
  };
}

function referencesOf(span: Span): JaegerReference[] {
  const parent =
    span.parentSpanId === undefined
      ? []
      : [{ refType: 'CHILD_OF', traceID: span.traceId, spanID: span.parentSpanId } as const];
  const links = span.links.map((link) => ({
    refType: linkType(link.attributes),
    traceID: link.traceId,
    spanID: link.spanId,
  }));
  return [...parent, ...links];
}

/** OpenTracing's shim says by attribute which kind of reference a link was. */
function linkType(attributes: readonly Attribute[]): JaegerReference['refType'] {
  const type = attributes.find(({ key }) => key === 'opentracing.ref_type')?.value;
  return type?.kind === 'string' && type.value === 'child_of' ? 'CHILD_OF' : 'FOLLOWS_FROM';
}

function tagsOf(span: Span): JaegerTag[] {
  const tags: JaegerTag[] = [];
  const text = (key: string, value: string): void => {
    if (value !== '') tags.push({ key, type: 'string', value });
  };
  text('otel.scope.name', span.scope.name);
  text('otel.scope.version', span.scope.version);
  tags.push(...span.attributes.map(toTag));
  if (span.kind !== 'unspecified') text('span.kind', span.kind);
  if (span.statusCode !== 'unset') text('otel.status_code', span.statusCode.toUpperCase());
  if (span.statusCode === 'error') tags.push({ key: 'error', type: 'bool', value: true });
  text('otel.status_description', span.statusMessage);
  text('w3c.tracestate', span.traceState);
  return unique(tags);
}

/** Of tags a span had itself and those made from its fields, the latter count. */
function unique(tags: readonly JaegerTag[]): JaegerTag[] {
  const made = new Map(tags.map((tag) => [tag.key, tag]));
  return [...made.values()];
}

/** An attribute called `event` already says it. */
function eventName(name: string): JaegerTag[] {
  return name === '' ? [] : [{ key: 'event', type: 'string', value: name }];
}

function toTag({ key, value }: Attribute): JaegerTag {
  return { key, ...toJaegerValue(value) };
}

function toJaegerValue(value: AttributeValue): JaegerValue {
  switch (value.kind) {
    case 'empty':
      return { type: 'string', value: '' };
    case 'string':
      return { type: 'string', value: value.value };
    case 'bool':
      return { type: 'bool', value: value.value };
    case 'int':
      return { type: 'int64', value: exactInteger(value.value) };
    case 'double':
      return { type: 'float64', value: Number.isFinite(value.value) ? value.value : String(value.value) };
    case 'bytes':
      return { type: 'binary', value: base64(value.value) };
    case 'array':
    case 'map':
      return { type: 'string', value: JSON.stringify(plain(value)) };
    default:
      return value satisfies never;
  }
}

/** A number JSON readers round would be a wrong one: such an integer goes as text. */
function exactInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function plain(value: AttributeValue): unknown {
  switch (value.kind) {
    case 'empty':
      return null;
    case 'array':
      return value.value.map(plain);
    case 'map':
      return Object.fromEntries(value.value.map(({ key, value: item }) => [key, plain(item)]));
    case 'string':
    case 'bool':
    case 'int':
    case 'double':
    case 'bytes':
      return toJaegerValue(value).value;
    default:
      return value satisfies never;
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function micros(nanos: bigint): number {
  return Number(nanos / 1000n);
}
