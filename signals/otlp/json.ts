/**
 * OTLP/JSON to OTLP/protobuf (OTLP 1.11, "JSON Protobuf Encoding"): hex ids,
 * 64-bit integers as string or number without loss, enums as integers only,
 * lowerCamelCase keys only, unknown keys ignored, `null` as absent, the last of
 * two equal keys counts. What comes out is admitted like any protobuf body.
 */
import { JsonReader } from '#signals/otlp/json-reader.ts';
import {
  LOGS_REQUEST,
  METRICS_REQUEST,
  TRACES_REQUEST,
  type JsonField,
  type JsonFieldType,
  type MessageSchema,
} from '#signals/otlp/json-schema.ts';

/** @throws CodedError `PLIM_BODY_MALFORMED` with line, column and field */
export function translateTracesJson(text: Uint8Array): Uint8Array {
  return translate(text, TRACES_REQUEST);
}

/** @throws CodedError `PLIM_BODY_MALFORMED` with line, column and field */
export function translateLogsJson(text: Uint8Array): Uint8Array {
  return translate(text, LOGS_REQUEST);
}

/** @throws CodedError `PLIM_BODY_MALFORMED` with line, column and field */
export function translateMetricsJson(text: Uint8Array): Uint8Array {
  return translate(text, METRICS_REQUEST);
}

function translate(text: Uint8Array, schema: MessageSchema): Uint8Array {
  const reader = new JsonReader(text);
  const sink = new ProtobufSink();
  writeMessage(reader, schema, sink, '');
  reader.end();
  return sink.take();
}

/** Protobuf bytes that grow; numbers are written as the wire wants them. */
class ProtobufSink {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  varint(value: bigint | number): void {
    let rest = typeof value === 'bigint' ? BigInt.asUintN(64, value) : BigInt(value);
    this.#reserve(10);
    while (rest >= 0x80n) {
      this.#bytes[this.length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.length++] = Number(rest);
  }

  tag(field: number, type: number): void {
    this.varint((field << 3) | type);
  }

  fixed64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigUint64(this.length, BigInt.asUintN(64, value), true);
    this.length += 8;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  fixed32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.length, value, true);
    this.length += 4;
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  delimited(field: number, bytes: Uint8Array): void {
    this.tag(field, 2);
    this.varint(bytes.length);
    this.append(bytes);
  }

  take(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  #reserve(extra: number): void {
    if (this.length + extra <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + extra));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Writes the fields of the object that stands next. */
function writeMessage(reader: JsonReader, schema: MessageSchema, sink: ProtobufSink, path: string): void {
  const known = schema.fields();
  // By key, in order of last mention: a repeated key replaces, and the last of a oneof comes last.
  const written = new Map<string, Uint8Array>();
  expect(reader, 'object', path);
  reader.object((key) => {
    const field = known[key];
    if (field === undefined) {
      reader.skip();
      return;
    }
    written.delete(key);
    const bytes = fieldBytes(reader, field, path === '' ? key : `${path}.${key}`);
    if (bytes !== undefined) written.set(key, bytes);
  });
  for (const bytes of written.values()) sink.append(bytes);
}

/** The whole field with its tag; undefined for `null`. */
function fieldBytes(reader: JsonReader, field: JsonField, path: string): Uint8Array | undefined {
  if (reader.peek() === 'null') {
    reader.null();
    return undefined;
  }
  const sink = new ProtobufSink();
  if (!field.repeated) {
    writeValue(reader, field, sink, path);
    return sink.take();
  }
  expect(reader, 'array', path);
  reader.array((index) => writeValue(reader, field, sink, `${path}[${index}]`));
  return sink.take();
}

function writeValue(reader: JsonReader, field: JsonField, sink: ProtobufSink, path: string): void {
  const { number, type } = field;
  if (typeof type === 'object') {
    const inner = new ProtobufSink();
    writeMessage(reader, type, inner, path);
    sink.delimited(number, inner.take());
  } else if (isIntegerType(type)) {
    writeInteger(sink, number, type, integer(reader, type, path));
  } else if (type === 'double') {
    sink.tag(number, 1);
    sink.double(doubleValue(reader, path));
  } else if (type === 'bool') {
    expect(reader, 'boolean', path);
    sink.tag(number, 0);
    sink.varint(reader.boolean() ? 1 : 0);
  } else {
    sink.delimited(number, textBytes(reader, type, path));
  }
}

function textBytes(reader: JsonReader, type: 'string' | 'hex' | 'base64', path: string): Uint8Array {
  expect(reader, 'string', path);
  if (type === 'hex') return hexBytes(reader, path);
  return type === 'base64' ? base64Bytes(reader, path) : encoder.encode(reader.string());
}

function writeInteger(sink: ProtobufSink, field: number, type: IntegerType, value: bigint): void {
  if (type === 'fixed64' || type === 'sfixed64') {
    sink.tag(field, 1);
    sink.fixed64(value);
  } else if (type === 'fixed32') {
    sink.tag(field, 5);
    sink.fixed32(Number(value));
  } else {
    sink.tag(field, 0);
    sink.varint(type === 'sint32' ? (value << 1n) ^ (value >> 63n) : value);
  }
}

function isIntegerType(type: string): type is IntegerType {
  return Object.hasOwn(RANGES, type);
}

const encoder = new TextEncoder();
const UNSIGNED_32 = { min: 0n, max: 2n ** 32n - 1n };
const SIGNED_32 = { min: -(2n ** 31n), max: 2n ** 31n - 1n };
const UNSIGNED_64 = { min: 0n, max: 2n ** 64n - 1n };
const SIGNED_64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

type IntegerType = Extract<
  JsonFieldType,
  'uint32' | 'int32' | 'int64' | 'uint64' | 'fixed32' | 'fixed64' | 'sfixed64' | 'sint32'
>;

const RANGES: Readonly<Record<IntegerType, { readonly min: bigint; readonly max: bigint }>> = {
  uint32: UNSIGNED_32,
  fixed32: UNSIGNED_32,
  int32: SIGNED_32,
  sint32: SIGNED_32,
  uint64: UNSIGNED_64,
  fixed64: UNSIGNED_64,
  int64: SIGNED_64,
  sfixed64: SIGNED_64,
};

/** A number, or a number in a string; `1.0` and `1e3` are whole too (proto3 JSON). */
function integer(reader: JsonReader, type: IntegerType, path: string): bigint {
  const kind = reader.peek();
  if (kind !== 'number' && kind !== 'string') reader.fail(`${path} must be an integer, got ${kind}`);
  const text = kind === 'number' ? reader.number() : reader.string();
  const value = wholeNumber(text);
  const range = RANGES[type];
  if (value === undefined || value < range.min || value > range.max) {
    reader.fail(
      `${path} must be an integer from ${range.min} to ${range.max}, got ${JSON.stringify(text.slice(0, 40))}`,
    );
  }
  return value;
}

function wholeNumber(text: string): bigint | undefined {
  // No 64-bit integer has more digits; `BigInt` on a longer text costs time without end.
  if (text.length > 40) return undefined;
  if (/^-?\d+$/.test(text)) return BigInt(text);
  const value = text === '' ? Number.NaN : Number(text);
  return Number.isSafeInteger(value) && /^-?\d/.test(text) ? BigInt(value) : undefined;
}

function doubleValue(reader: JsonReader, path: string): number {
  const kind = reader.peek();
  if (kind === 'number') return Number(reader.number());
  if (kind !== 'string') reader.fail(`${path} must be a number, got ${kind}`);
  const text = reader.string();
  if (text === 'NaN') return Number.NaN;
  const value = Number(text);
  const named = text === 'Infinity' || text === '-Infinity';
  if (!named && !/^-?\d/.test(text))
    reader.fail(`${path} must be a number, got ${JSON.stringify(text.slice(0, 40))}`);
  if (Number.isNaN(value)) reader.fail(`${path} must be a number, got ${JSON.stringify(text.slice(0, 40))}`);
  return value;
}

function hexBytes(reader: JsonReader, path: string): Uint8Array {
  const text = reader.string();
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    reader.fail(`${path} must be hex digits, got ${JSON.stringify(text.slice(0, 40))}`);
  }
  return Uint8Array.from({ length: text.length / 2 }, (_, at) =>
    Number.parseInt(text.slice(at * 2, at * 2 + 2), 16),
  );
}

/** Standard and URL-safe alphabet, padded or not (proto3 JSON). */
function base64Bytes(reader: JsonReader, path: string): Uint8Array {
  const text = reader.string().replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  if (!/^[A-Za-z0-9+/]*$/.test(text) || text.length % 4 === 1) reader.fail(`${path} must be base64`);
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function expect(reader: JsonReader, kind: 'object' | 'array' | 'string' | 'boolean', path: string): void {
  const found = reader.peek();
  const article = kind === 'object' || kind === 'array' ? 'an' : 'a';
  if (found !== kind)
    reader.fail(`${path === '' ? 'the request' : path} must be ${article} ${kind}, got ${found}`);
}
