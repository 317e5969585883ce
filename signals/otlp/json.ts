/**
 * OTLP/JSON to OTLP/protobuf (OTLP 1.11, "JSON Protobuf Encoding"): hex ids,
 * 64-bit integers as string or number without loss, enums as integers only,
 * lowerCamelCase keys only, unknown keys ignored, `null` as absent, the last of
 * two equal keys counts. What comes out is admitted like any protobuf body.
 */
import { JsonReader, type JsonKind } from '#signals/otlp/json-reader.ts';
import { base64Bytes, doubleOf, writeHex, wholeNumber, RANGES } from '#signals/otlp/json-scalars.ts';
import {
  fieldOfKey,
  LOGS_REQUEST,
  METRICS_REQUEST,
  TRACES_REQUEST,
  type JsonField,
  type JsonFieldType,
  type MessageSchema,
} from '#signals/otlp/json-schema.ts';
import { ProtobufSink } from '#signals/otlp/protobuf-sink.ts';
import { FIXED32, FIXED64, VARINT } from '#signals/otlp/wire.ts';

/** @throws CodedError `PLIM_BODY_MALFORMED` with line, column and field */
export function translateTracesJson(text: Uint8Array): Uint8Array {
  return new Translator(text).request(TRACES_REQUEST);
}

/** @throws CodedError `PLIM_BODY_MALFORMED` with line, column and field */
export function translateLogsJson(text: Uint8Array): Uint8Array {
  return new Translator(text).request(LOGS_REQUEST);
}

/** @throws CodedError `PLIM_BODY_MALFORMED` with line, column and field */
export function translateMetricsJson(text: Uint8Array): Uint8Array {
  return new Translator(text).request(METRICS_REQUEST);
}

type ScalarType = Exclude<JsonFieldType, MessageSchema>;
type IntegerType = keyof typeof RANGES;

/** Where a field was written, so that the same key can replace it. */
interface Written {
  readonly field: JsonField;
  start: number;
  end: number;
}

class Translator {
  readonly #reader: JsonReader;
  readonly #sink = new ProtobufSink();
  /** Keys and indexes down to the present value, for errors only. */
  readonly #path: (string | number)[] = [];

  constructor(text: Uint8Array) {
    this.#reader = new JsonReader(text);
  }

  request(schema: MessageSchema): Uint8Array {
    this.#message(schema);
    this.#reader.end();
    return this.#sink.take();
  }

  /** Writes the fields of the object that stands next. */
  #message(schema: MessageSchema): void {
    this.#expect('object');
    const reader = this.#reader;
    const written: Written[] = [];
    for (let first = true; reader.nextKey(first); first = false) {
      const field = fieldOfKey(schema, reader);
      if (field === undefined) {
        reader.skip();
        continue;
      }
      this.#removeEarlier(written, field);
      const start = this.#sink.length;
      this.#path.push(field.name);
      this.#field(field);
      this.#path.pop();
      written.push({ field, start, end: this.#sink.length });
    }
  }

  /** What moves when a key comes again was written since its last mention, so all of it stays linear. */
  #removeEarlier(written: Written[], field: JsonField): void {
    const index = written.findIndex((entry) => entry.field === field);
    const [earlier] = index < 0 ? [] : written.splice(index, 1);
    if (earlier === undefined) return;
    this.#sink.remove(earlier.start, earlier.end);
    const removed = earlier.end - earlier.start;
    for (const entry of written.slice(index)) {
      entry.start -= removed;
      entry.end -= removed;
    }
  }

  #field(field: JsonField): void {
    if (this.#reader.peek() === 'null') this.#reader.null();
    else if (field.repeated) this.#list(field);
    else this.#value(field);
  }

  #list(field: JsonField): void {
    this.#expect('array');
    for (let index = 0; this.#reader.nextElement(index === 0); index += 1) {
      this.#path.push(index);
      this.#value(field);
      this.#path.pop();
    }
  }

  #value({ number, type }: JsonField): void {
    if (typeof type === 'object') {
      const start = this.#sink.open(number);
      this.#message(type);
      this.#sink.close(start);
    } else {
      this.#scalar(number, type);
    }
  }

  #scalar(number: number, type: ScalarType): void {
    if (type === 'string' || type === 'hex' || type === 'base64') {
      this.#bytes(number, type);
    } else if (type === 'bool') {
      this.#expect('boolean');
      this.#sink.tag(number, VARINT);
      this.#sink.varint(this.#reader.boolean() ? 1 : 0);
    } else if (type === 'double') {
      this.#sink.tag(number, FIXED64);
      this.#sink.double(this.#double());
    } else {
      this.#writeInteger(number, type, this.#integer(type));
    }
  }

  #bytes(number: number, type: 'string' | 'hex' | 'base64'): void {
    this.#expect('string');
    const reader = this.#reader;
    const start = this.#sink.open(number);
    if (type === 'string') {
      reader.scanString();
      if (reader.escaped) this.#sink.append(encoder.encode(reader.text()));
      else this.#sink.append(reader.bytes, reader.textStart, reader.textEnd);
    } else if (type === 'hex') {
      const text = reader.string();
      if (!writeHex(text, this.#sink)) this.#fail(`must be hex digits, got ${quoted(text)}`);
    } else {
      const decoded = base64Bytes(reader.string());
      if (decoded === undefined) this.#fail('must be base64');
      this.#sink.append(decoded);
    }
    this.#sink.close(start);
  }

  #writeInteger(number: number, type: IntegerType, value: bigint): void {
    const sink = this.#sink;
    if (type === 'fixed64' || type === 'sfixed64') {
      sink.tag(number, FIXED64);
      sink.fixed64(value);
    } else if (type === 'fixed32') {
      sink.tag(number, FIXED32);
      sink.fixed32(Number(value));
    } else {
      sink.tag(number, VARINT);
      // Zigzag (protobuf.dev, "Signed Integers").
      sink.varint64(type === 'sint32' ? (value << 1n) ^ (value >> 63n) : value);
    }
  }

  /** A number, or a number in a string; `1.0` and `1e3` are whole too (proto3 JSON). */
  #integer(type: IntegerType): bigint {
    const text = this.#numberText('an integer');
    const value = wholeNumber(text);
    const { min, max } = RANGES[type];
    if (value === undefined || value < min || value > max) {
      this.#fail(`must be an integer from ${min} to ${max}, got ${quoted(text)}`);
    }
    return value;
  }

  #double(): number {
    const inQuotes = this.#reader.peek() === 'string';
    const text = this.#numberText('a number');
    const value = doubleOf(text, inQuotes);
    if (value === undefined) this.#fail(`must be a number, got ${quoted(text)}`);
    return value;
  }

  #numberText(wanted: string): string {
    const kind = this.#reader.peek();
    if (kind === 'number') return this.#reader.number();
    return kind === 'string' ? this.#reader.string() : this.#fail(`must be ${wanted}, got ${kind}`);
  }

  #expect(kind: JsonKind): void {
    const found = this.#reader.peek();
    if (found === kind) return;
    const article = kind === 'object' || kind === 'array' ? 'an' : 'a';
    this.#fail(`must be ${article} ${kind}, got ${found}`);
  }

  #fail(what: string): never {
    const path = this.#path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
    return this.#reader.fail(`${path === '' ? 'the request' : path.slice(1)} ${what}`);
  }
}

const encoder = new TextEncoder();

/** At most as much of a value as an error message should repeat. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
