/**
 * A Jaeger batch as an OTLP `ExportTraceServiceRequest`. Spans keep their order;
 * a run of spans with one scope shares its `ScopeSpans`. Spans without ids are
 * left out and counted: no retry can heal them.
 */
import {
  readBatch,
  type JaegerLog,
  type JaegerProcess,
  type JaegerReference,
  type JaegerSpan,
  type JaegerTag,
} from '#signals/jaeger/batch.ts';
import { spanFacts, type SpanFacts } from '#signals/jaeger/span-facts.ts';
import type { ThriftReader } from '#signals/jaeger/thrift.ts';
import { SPAN_KINDS, STATUS_CODES } from '#signals/model.ts';
import { ProtobufSink } from '#signals/otlp/protobuf-sink.ts';
import { FIXED32, FIXED64, VARINT } from '#signals/otlp/wire.ts';

export interface TranslatedBatch {
  /** `ExportTraceServiceRequest`; empty when no span is left. */
  readonly body: Uint8Array;
  readonly spans: number;
  /** Spans whose trace id or span id is zero. */
  readonly rejected: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const U64_MAX = 2n ** 64n - 1n;

/** @throws CodedError `PLIM_BODY_MALFORMED` */
export function translateBatch(reader: ThriftReader): TranslatedBatch {
  const writer = new SpansWriter();
  const process = readBatch(reader, (span) => writer.span(span));
  return writer.finish(process);
}

/** Spans of one process that were read in another way. */
export function translateSpans(process: JaegerProcess, spans: Iterable<JaegerSpan>): TranslatedBatch {
  const writer = new SpansWriter();
  for (const span of spans) writer.span(span);
  return writer.finish(process);
}

class SpansWriter {
  /** The `scope_spans` of the one `ResourceSpans`. */
  readonly #out = new ProtobufSink();
  #spans = 0;
  #rejected = 0;
  /** Start of the open `ScopeSpans`, and its scope. */
  #open: { readonly start: number; readonly name: string; readonly version: string } | undefined;

  span(span: JaegerSpan): void {
    if ((span.traceIdLow === 0n && span.traceIdHigh === 0n) || span.spanId === 0n) {
      this.#rejected += 1;
      return;
    }
    const facts = spanFacts(span.tags);
    this.#enterScope(facts);
    const start = this.#out.open(2);
    this.#identity(span, facts);
    this.#contents(span, facts);
    this.#out.close(start);
    this.#spans += 1;
  }

  finish(process: JaegerProcess): TranslatedBatch {
    const counts = { spans: this.#spans, rejected: this.#rejected };
    if (this.#spans === 0) return { body: new Uint8Array(0), ...counts };
    this.#leaveScope();
    const body = new ProtobufSink();
    const start = body.open(1);
    writeResource(body, process);
    body.append(this.#out.take());
    body.close(start);
    return { body: body.take(), ...counts };
  }

  #enterScope({ scopeName: name, scopeVersion: version }: SpanFacts): void {
    if (this.#open?.name === name && this.#open.version === version) return;
    this.#leaveScope();
    this.#open = { start: this.#out.open(2), name, version };
    if (name === '' && version === '') return;
    const scope = this.#out.open(1);
    writeText(this.#out, 1, encoder.encode(name));
    writeText(this.#out, 2, encoder.encode(version));
    this.#out.close(scope);
  }

  #leaveScope(): void {
    if (this.#open !== undefined) this.#out.close(this.#open.start);
    this.#open = undefined;
  }

  #identity(span: JaegerSpan, facts: SpanFacts): void {
    const out = this.#out;
    const parent = parentOf(span);
    writeId(out, 1, [span.traceIdHigh, span.traceIdLow]);
    writeId(out, 2, [span.spanId]);
    writeText(out, 3, encoder.encode(facts.traceState));
    if (parent !== 0n) writeId(out, 4, [parent]);
    writeText(out, 5, span.operationName);
    writeCount(out, 6, SPAN_KINDS.indexOf(facts.kind));
    writeNanos(out, 7, span.startMicros);
    writeNanos(out, 8, span.startMicros + span.durationMicros);
    if ((span.flags & 1) !== 0) {
      out.tag(16, FIXED32);
      out.fixed32(1);
    }
    for (const reference of span.references) writeLink(out, reference, parent);
  }

  #contents(span: JaegerSpan, facts: SpanFacts): void {
    const out = this.#out;
    for (const tag of facts.attributes) writeAttribute(out, 9, tag);
    writeCount(out, 10, facts.droppedAttributes);
    for (const log of span.logs) writeEvent(out, log);
    writeCount(out, 12, facts.droppedEvents);
    writeCount(out, 14, facts.droppedLinks);
    if (facts.statusCode === 'unset') return;
    const status = out.open(15);
    writeText(out, 2, encoder.encode(facts.statusMessage));
    writeCount(out, 3, STATUS_CODES.indexOf(facts.statusCode));
    out.close(status);
  }
}

/** A span without a parent's id may name it by a reference into its own trace; a child before a follower. */
function parentOf(span: JaegerSpan): bigint {
  if (span.parentSpanId !== 0n) return span.parentSpanId;
  const own = span.references.filter(
    (reference) => reference.traceIdLow === span.traceIdLow && reference.traceIdHigh === span.traceIdHigh,
  );
  return (own.find(({ kind }) => kind === 'child_of') ?? own[0])?.spanId ?? 0n;
}

/** The reference to the parent is no link: the parent's id says it. */
function writeLink(out: ProtobufSink, reference: JaegerReference, parent: bigint): void {
  const { kind, traceIdHigh, traceIdLow, spanId } = reference;
  const isNobody = (traceIdHigh === 0n && traceIdLow === 0n) || spanId === 0n;
  if (isNobody || (kind === 'child_of' && spanId === parent)) return;
  const link = out.open(13);
  writeId(out, 1, [traceIdHigh, traceIdLow]);
  writeId(out, 2, [spanId]);
  writeAttribute(out, 4, textTag('opentracing.ref_type', encoder.encode(kind)));
  out.close(link);
}

/** The field `event` is the name, as OpenTracing has it. */
function writeEvent(out: ProtobufSink, log: JaegerLog): void {
  const event = out.open(11);
  writeNanos(out, 1, log.timestampMicros);
  let named = false;
  for (const field of log.fields) {
    const key = field.key.length > EVENT_KEY_BYTES_MAX ? '' : decoder.decode(field.key);
    if (key === 'event' && field.value.kind === 'string' && !named) {
      writeText(out, 2, field.value.utf8);
      named = true;
    } else if (key === 'otel.event.dropped_attributes_count' && isCount(field)) {
      writeCount(out, 4, Number(field.value.value));
    } else {
      writeAttribute(out, 3, field);
    }
  }
  out.close(event);
}

const EVENT_KEY_BYTES_MAX = 35;

function isCount(tag: JaegerTag): tag is JaegerTag & {
  readonly value: { readonly kind: 'int' | 'double'; readonly value: bigint | number };
} {
  if (tag.value.kind !== 'int' && tag.value.kind !== 'double') return false;
  const count = Number(tag.value.value);
  return Number.isInteger(count) && count >= 0 && count <= 0xffff_ffff;
}

/** Names that Jaeger's clients gave to what OpenTelemetry calls otherwise. */
const RESOURCE_NAMES: ReadonlyMap<string, string> = new Map([['hostname', 'host.name']]);

function writeResource(out: ProtobufSink, { serviceName, tags }: JaegerProcess): void {
  const keys = new Set(tags.map(({ key }) => decoder.decode(key.subarray(0, 256))));
  const resource = out.open(1);
  if (serviceName.length > 0 && !keys.has('service.name')) {
    writeAttribute(out, 1, textTag('service.name', serviceName));
  }
  for (const tag of tags) {
    const name = RESOURCE_NAMES.get(decoder.decode(tag.key.subarray(0, 256)));
    const isFree = name !== undefined && !keys.has(name);
    writeAttribute(out, 1, isFree ? { ...tag, key: encoder.encode(name) } : tag);
  }
  out.close(resource);
}

function textTag(key: string, utf8: Uint8Array): JaegerTag {
  return { key: encoder.encode(key), value: { kind: 'string', utf8 } };
}

/** `KeyValue`: key 1, value 2 of `AnyValue`: string 1, bool 2, int 3, double 4, bytes 7. */
function writeAttribute(out: ProtobufSink, field: number, { key, value }: JaegerTag): void {
  const attribute = out.open(field);
  writeText(out, 1, key);
  const any = out.open(2);
  switch (value.kind) {
    case 'string':
      writeBytes(out, 1, value.utf8);
      break;
    case 'bool':
      out.tag(2, VARINT);
      out.varint(value.value ? 1 : 0);
      break;
    case 'int':
      out.tag(3, VARINT);
      out.varint64(value.value);
      break;
    case 'double':
      out.tag(4, FIXED64);
      out.double(value.value);
      break;
    case 'bytes':
      writeBytes(out, 7, value.bytes);
      break;
    default:
      value satisfies never;
  }
  out.close(any);
  out.close(attribute);
}

function writeId(out: ProtobufSink, field: number, words: readonly bigint[]): void {
  const bytes = new Uint8Array(words.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, word] of words.entries()) view.setBigInt64(index * 8, word);
  writeBytes(out, field, bytes);
}

/** Nothing is written of what is empty: that is the default of the field. */
function writeText(out: ProtobufSink, field: number, utf8: Uint8Array): void {
  if (utf8.length > 0) writeBytes(out, field, utf8);
}

function writeBytes(out: ProtobufSink, field: number, bytes: Uint8Array): void {
  const start = out.open(field);
  out.append(bytes);
  out.close(start);
}

function writeCount(out: ProtobufSink, field: number, count: number): void {
  if (count === 0) return;
  out.tag(field, VARINT);
  out.varint(count);
}

/** Times before 1970 and beyond 64 bits of nanoseconds become the nearest there is. */
function writeNanos(out: ProtobufSink, field: number, micros: bigint): void {
  const nanos = micros * 1000n;
  out.tag(field, FIXED64);
  out.fixed64(nanos < 0n ? 0n : nanos > U64_MAX ? U64_MAX : nanos);
}
