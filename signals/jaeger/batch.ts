/**
 * Jaeger's `Batch` as it stands in jaeger.thrift: a process and its spans. The
 * process can come after the spans; each span is handed over as it is read, and
 * only one is held at a time. Text stays the bytes it came as.
 */
import type { ThriftReader, ThriftType } from '#signals/jaeger/thrift.ts';
import { ITEMS_MAX } from '#signals/otlp/envelope.ts';

export type TagValue =
  | { readonly kind: 'string'; readonly utf8: Uint8Array }
  | { readonly kind: 'double'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

export interface JaegerTag {
  readonly key: Uint8Array;
  readonly value: TagValue;
}

export interface JaegerLog {
  readonly timestampMicros: bigint;
  readonly fields: readonly JaegerTag[];
}

export interface JaegerReference {
  readonly kind: 'child_of' | 'follows_from';
  readonly traceIdLow: bigint;
  readonly traceIdHigh: bigint;
  readonly spanId: bigint;
}

export interface JaegerSpan {
  readonly traceIdLow: bigint;
  readonly traceIdHigh: bigint;
  readonly spanId: bigint;
  /** 0 when it has none, or says so by a reference. */
  readonly parentSpanId: bigint;
  readonly operationName: Uint8Array;
  readonly references: readonly JaegerReference[];
  /** Bit 0 sampled, bit 1 debug. */
  readonly flags: number;
  readonly startMicros: bigint;
  readonly durationMicros: bigint;
  readonly tags: readonly JaegerTag[];
  readonly logs: readonly JaegerLog[];
}

export interface JaegerProcess {
  readonly serviceName: Uint8Array;
  readonly tags: readonly JaegerTag[];
}

/**
 * Tags, log fields, logs and references of one span together: a hostile one
 * packs millions into a body, an honest one has a few hundred.
 */
export const SPAN_ELEMENTS_MAX = 100_000;

const NOTHING = new Uint8Array(0);

/** @throws CodedError `PLIM_BODY_MALFORMED` */
export function readBatch(reader: ThriftReader, onSpan: (span: JaegerSpan) => void): JaegerProcess {
  let process: JaegerProcess | undefined;
  reader.struct((id, type) => {
    if (id === 1 && type === 'struct') process = new ElementReader(reader).process();
    else if (id === 2 && type === 'list') readSpans(reader, onSpan);
    else return false;
    return true;
  });
  return process ?? reader.fail('the batch has no process');
}

function readSpans(reader: ThriftReader, onSpan: (span: JaegerSpan) => void): void {
  const { element, count } = reader.list();
  if (count > 0 && element !== 'struct') reader.fail('spans are not structs');
  if (count > ITEMS_MAX) reader.fail(`more than ${ITEMS_MAX} spans in one batch`);
  for (let index = 0; index < count; index += 1) onSpan(new ElementReader(reader).span());
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Reads one process or span, counting what it holds. */
class ElementReader {
  readonly #reader: ThriftReader;
  #elements = 0;

  constructor(reader: ThriftReader) {
    this.#reader = reader;
  }

  process(): JaegerProcess {
    let serviceName: Uint8Array = NOTHING;
    let tags: readonly JaegerTag[] = [];
    this.#reader.struct((id, type) => {
      if (id === 1 && type === 'binary') serviceName = this.#reader.binary();
      else if (id === 2 && type === 'list') tags = this.#structs(() => this.#tag());
      else return false;
      return true;
    });
    return { serviceName, tags };
  }

  span(): JaegerSpan {
    const span: Mutable<JaegerSpan> = {
      traceIdLow: 0n,
      traceIdHigh: 0n,
      spanId: 0n,
      parentSpanId: 0n,
      operationName: NOTHING,
      references: [],
      flags: 0,
      startMicros: 0n,
      durationMicros: 0n,
      tags: [],
      logs: [],
    };
    this.#reader.struct((id, type) => {
      if (type === 'i64') return this.#number(span, id);
      if (type === 'list') return this.#list(span, id);
      if (id === 5 && type === 'binary') span.operationName = this.#reader.binary();
      else if (id === 7 && type === 'i32') span.flags = this.#reader.i32();
      else return false;
      return true;
    });
    return span;
  }

  #number(span: Mutable<JaegerSpan>, id: number): boolean {
    if (id === 1) span.traceIdLow = this.#reader.i64();
    else if (id === 2) span.traceIdHigh = this.#reader.i64();
    else if (id === 3) span.spanId = this.#reader.i64();
    else if (id === 4) span.parentSpanId = this.#reader.i64();
    else if (id === 8) span.startMicros = this.#reader.i64();
    else if (id === 9) span.durationMicros = this.#reader.i64();
    else return false;
    return true;
  }

  #list(span: Mutable<JaegerSpan>, id: number): boolean {
    if (id === 6) span.references = this.#structs(() => this.#reference());
    else if (id === 10) span.tags = this.#structs(() => this.#tag());
    else if (id === 11) span.logs = this.#structs(() => this.#log());
    else return false;
    return true;
  }

  #structs<T>(read: () => T): readonly T[] {
    const { element, count } = this.#reader.list();
    if (count > 0 && element !== 'struct') this.#reader.fail('elements are not structs');
    this.#elements += count;
    if (this.#elements > SPAN_ELEMENTS_MAX) {
      this.#reader.fail(`more than ${SPAN_ELEMENTS_MAX} tags, logs and references in one span`);
    }
    const items: T[] = [];
    for (let index = 0; index < count; index += 1) items.push(read());
    return items;
  }

  #reference(): JaegerReference {
    const reference: Mutable<JaegerReference> = {
      kind: 'child_of',
      traceIdLow: 0n,
      traceIdHigh: 0n,
      spanId: 0n,
    };
    this.#reader.struct((id, type) => {
      if (id === 1 && type === 'i32') reference.kind = this.#reader.i32() === 0 ? 'child_of' : 'follows_from';
      else if (id === 2 && type === 'i64') reference.traceIdLow = this.#reader.i64();
      else if (id === 3 && type === 'i64') reference.traceIdHigh = this.#reader.i64();
      else if (id === 4 && type === 'i64') reference.spanId = this.#reader.i64();
      else return false;
      return true;
    });
    return reference;
  }

  #log(): JaegerLog {
    let timestampMicros: bigint | undefined;
    let fields: readonly JaegerTag[] = [];
    this.#reader.struct((id, type) => {
      if (id === 1 && type === 'i64') timestampMicros = this.#reader.i64();
      else if (id === 2 && type === 'list') fields = this.#structs(() => this.#tag());
      else return false;
      return true;
    });
    return { timestampMicros: timestampMicros ?? this.#reader.fail('a log has no timestamp'), fields };
  }

  /** Writers send the values of all types; `vType` says which of them is meant. */
  #tag(): JaegerTag {
    const tag = new TagFields();
    this.#reader.struct((id, type) => tag.take(this.#reader, id, type));
    const { key, type } = tag;
    if (key === undefined || type === undefined) this.#reader.fail('a tag has no key or no type');
    return { key, value: tag.value() ?? this.#reader.fail(`tag type ${type} is not known`) };
  }
}

class TagFields {
  key: Uint8Array | undefined;
  /** `TagType` of jaeger.thrift. */
  type: number | undefined;
  #text: Uint8Array = NOTHING;
  #double = 0;
  #bool = false;
  #long = 0n;
  #bytes: Uint8Array = NOTHING;

  take(reader: ThriftReader, id: number, type: ThriftType): boolean {
    if (type === 'binary') return this.#takeBytes(reader, id);
    if (id === 2 && type === 'i32') this.type = reader.i32();
    else if (id === 4 && type === 'double') this.#double = reader.double();
    else if (id === 5 && type === 'bool') this.#bool = reader.bool();
    else if (id === 6 && type === 'i64') this.#long = reader.i64();
    else return false;
    return true;
  }

  value(): TagValue | undefined {
    switch (this.type) {
      case 0:
        return { kind: 'string', utf8: this.#text };
      case 1:
        return { kind: 'double', value: this.#double };
      case 2:
        return { kind: 'bool', value: this.#bool };
      case 3:
        return { kind: 'int', value: this.#long };
      case 4:
        return { kind: 'bytes', bytes: this.#bytes };
      case undefined:
      default:
        return undefined;
    }
  }

  #takeBytes(reader: ThriftReader, id: number): boolean {
    if (id === 1) this.key = reader.binary();
    else if (id === 3) this.#text = reader.binary();
    else if (id === 7) this.#bytes = reader.binary();
    else return false;
    return true;
  }
}
