/**
 * Thrift written by hand, in both protocols, from plain values: what Jaeger's
 * clients send, and what they never would.
 */

type Scalar =
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'byte' | 'i16' | 'i32'; readonly value: number }
  | { readonly type: 'i64'; readonly value: bigint }
  | { readonly type: 'double'; readonly value: number }
  | { readonly type: 'binary'; readonly value: Uint8Array | string };

type Nested =
  | { readonly type: 'struct'; readonly value: readonly ThriftField[] }
  | {
      readonly type: 'list' | 'set';
      readonly element: ThriftValue['type'];
      readonly value: readonly ThriftValue[];
    }
  | { readonly type: 'map'; readonly value: readonly (readonly [ThriftValue, ThriftValue])[] };

export type ThriftValue = Scalar | Nested;

export type ThriftField = readonly [id: number, value: ThriftValue];

export const i32 = (value: number): ThriftValue => ({ type: 'i32', value });
export const i64 = (value: bigint): ThriftValue => ({ type: 'i64', value });
export const double = (value: number): ThriftValue => ({ type: 'double', value });
export const bool = (value: boolean): ThriftValue => ({ type: 'bool', value });
export const binary = (value: Uint8Array | string): ThriftValue => ({ type: 'binary', value });
export const struct = (...value: readonly ThriftField[]): ThriftValue => ({ type: 'struct', value });
export const list = (value: readonly ThriftValue[]): ThriftValue => ({
  type: 'list',
  element: value[0]?.type ?? 'struct',
  value,
});

function isNested(value: ThriftValue): value is Nested {
  return ['struct', 'list', 'set', 'map'].includes(value.type);
}

export interface ThriftWriter {
  value(value: ThriftValue): Buffer;
  /** A call of `name` with its arguments. */
  message(name: string, body: ThriftValue, kind?: number): Buffer;
}

const BINARY_TYPES: Readonly<Record<ThriftValue['type'], number>> = {
  bool: 2,
  byte: 3,
  double: 4,
  i16: 6,
  i32: 8,
  i64: 10,
  binary: 11,
  struct: 12,
  map: 13,
  set: 14,
  list: 15,
};

const COMPACT_TYPES: Readonly<Record<ThriftValue['type'], number>> = {
  bool: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
};

function fixed(bytes: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(bytes);
  write(buffer);
  return buffer;
}

const u8 = (value: number): Buffer => Buffer.from([value & 0xff]);
const be32 = (value: number): Buffer => fixed(4, (buffer) => buffer.writeInt32BE(value));
const be16 = (value: number): Buffer => fixed(2, (buffer) => buffer.writeInt16BE(value));

export const binaryThrift: ThriftWriter = {
  value: writeBinary,
  message: (name, body, kind = 4) =>
    Buffer.concat([be32(0x8001_0000 | kind | 0), writeBinary(binary(name)), be32(7), writeBinary(body)]),
};

function writeBinary(value: ThriftValue): Buffer {
  return isNested(value) ? writeBinaryNested(value) : writeBinaryScalar(value);
}

function writeBinaryScalar(value: Scalar): Buffer {
  switch (value.type) {
    case 'bool':
      return u8(value.value ? 1 : 0);
    case 'byte':
      return u8(value.value);
    case 'i16':
      return be16(value.value);
    case 'i32':
      return be32(value.value);
    case 'i64':
      return fixed(8, (buffer) => buffer.writeBigInt64BE(value.value));
    case 'double':
      return fixed(8, (buffer) => buffer.writeDoubleBE(value.value));
    case 'binary': {
      const bytes = Buffer.from(value.value);
      return Buffer.concat([be32(bytes.length), bytes]);
    }
    default:
      return value satisfies never;
  }
}

function writeBinaryNested(value: Nested): Buffer {
  switch (value.type) {
    case 'struct': {
      const fields = value.value.map(([id, inner]) =>
        Buffer.concat([u8(BINARY_TYPES[inner.type]), be16(id), writeBinary(inner)]),
      );
      return Buffer.concat([...fields, u8(0)]);
    }
    case 'list':
    case 'set':
      return Buffer.concat([
        u8(BINARY_TYPES[value.element]),
        be32(value.value.length),
        ...value.value.map(writeBinary),
      ]);
    case 'map': {
      const [key, item] = value.value[0] ?? [bool(true), bool(true)];
      const entries = value.value.flatMap(([left, right]) => [writeBinary(left), writeBinary(right)]);
      const types = [u8(BINARY_TYPES[key.type]), u8(BINARY_TYPES[item.type])];
      return Buffer.concat([...types, be32(value.value.length), ...entries]);
    }
    default:
      return value satisfies never;
  }
}

export const compactThrift: ThriftWriter = {
  value: writeCompact,
  message: (name, body, kind = 4) =>
    Buffer.concat([
      u8(0x82),
      u8((kind << 5) | 1),
      varint(7n),
      writeCompact(binary(name)),
      writeCompact(body),
    ]),
};

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

function zigzag(value: bigint): Buffer {
  return varint((value << 1n) ^ (value >> 63n));
}

function writeCompact(value: ThriftValue): Buffer {
  return isNested(value) ? writeCompactNested(value) : writeCompactScalar(value);
}

function writeCompactScalar(value: Scalar): Buffer {
  switch (value.type) {
    case 'bool':
      return u8(value.value ? 1 : 2);
    case 'byte':
      return u8(value.value);
    case 'i16':
    case 'i32':
      return zigzag(BigInt(value.value));
    case 'i64':
      return zigzag(value.value);
    case 'double':
      return fixed(8, (buffer) => buffer.writeDoubleLE(value.value));
    case 'binary': {
      const bytes = Buffer.from(value.value);
      return Buffer.concat([varint(BigInt(bytes.length)), bytes]);
    }
    default:
      return value satisfies never;
  }
}

function writeCompactNested(value: Nested): Buffer {
  switch (value.type) {
    case 'struct':
      return compactFields(value.value);
    case 'list':
    case 'set': {
      const { length } = value.value;
      const type = COMPACT_TYPES[value.element];
      const head =
        length < 15 ? u8((length << 4) | type) : Buffer.concat([u8(0xf0 | type), varint(BigInt(length))]);
      return Buffer.concat([head, ...value.value.map(writeCompact)]);
    }
    case 'map': {
      const [key, item] = value.value[0] ?? [bool(true), bool(true)];
      if (value.value.length === 0) return u8(0);
      const entries = value.value.flatMap(([left, right]) => [writeCompact(left), writeCompact(right)]);
      const types = u8((COMPACT_TYPES[key.type] << 4) | COMPACT_TYPES[item.type]);
      return Buffer.concat([varint(BigInt(value.value.length)), types, ...entries]);
    }
    default:
      return value satisfies never;
  }
}

function compactFields(fields: readonly ThriftField[]): Buffer {
  const parts: Buffer[] = [];
  let before = 0;
  for (const [id, value] of fields) {
    const type = value.type === 'bool' ? (value.value ? 1 : 2) : COMPACT_TYPES[value.type];
    const difference = id - before;
    before = id;
    if (difference > 0 && difference < 16) parts.push(u8((difference << 4) | type));
    else parts.push(u8(type), zigzag(BigInt(id)));
    if (value.type !== 'bool') parts.push(writeCompact(value));
  }
  return Buffer.concat([...parts, u8(0)]);
}

// -- Jaeger's structs ------------------------------------------------------------

export type TagInput = string | number | bigint | boolean | Uint8Array;

/** A tag with the values of all types, as Jaeger's clients for Node write it. */
export function jaegerTag(key: string, value: TagInput): ThriftValue {
  const type =
    typeof value === 'string'
      ? 0
      : typeof value === 'number'
        ? 1
        : typeof value === 'boolean'
          ? 2
          : typeof value === 'bigint'
            ? 3
            : 4;
  return struct(
    [1, binary(key)],
    [2, i32(type)],
    [3, binary(typeof value === 'string' ? value : '')],
    [4, double(typeof value === 'number' ? value : 0)],
    [5, bool(value === true)],
    [6, i64(typeof value === 'bigint' ? value : 0n)],
    [7, binary(value instanceof Uint8Array ? value : '')],
  );
}

export function jaegerTags(tags: Readonly<Record<string, TagInput>>): ThriftValue {
  return list(Object.entries(tags).map(([key, value]) => jaegerTag(key, value)));
}

export interface JaegerSpanInput {
  readonly traceIdHigh?: bigint;
  readonly traceIdLow?: bigint;
  readonly spanId?: bigint;
  readonly parentSpanId?: bigint;
  readonly name?: string;
  readonly references?: readonly {
    readonly kind: 0 | 1;
    readonly traceIdHigh: bigint;
    readonly traceIdLow: bigint;
    readonly spanId: bigint;
  }[];
  readonly flags?: number;
  readonly startMicros?: bigint;
  readonly durationMicros?: bigint;
  readonly tags?: Readonly<Record<string, TagInput>>;
  readonly logs?: readonly {
    readonly timestampMicros: bigint;
    readonly fields: Readonly<Record<string, TagInput>>;
  }[];
}

export function jaegerSpan(span: JaegerSpanInput): ThriftValue {
  const references = (span.references ?? []).map((reference) =>
    struct(
      [1, i32(reference.kind)],
      [2, i64(reference.traceIdLow)],
      [3, i64(reference.traceIdHigh)],
      [4, i64(reference.spanId)],
    ),
  );
  const logs = (span.logs ?? []).map(({ timestampMicros, fields }) =>
    struct([1, i64(timestampMicros)], [2, jaegerTags(fields)]),
  );
  return struct(
    [1, i64(span.traceIdLow ?? 2n)],
    [2, i64(span.traceIdHigh ?? 1n)],
    [3, i64(span.spanId ?? 3n)],
    [4, i64(span.parentSpanId ?? 0n)],
    [5, binary(span.name ?? 'work')],
    [6, list(references)],
    [7, i32(span.flags ?? 1)],
    [8, i64(span.startMicros ?? 1_700_000_000_000_000n)],
    [9, i64(span.durationMicros ?? 1500n)],
    [10, jaegerTags(span.tags ?? {})],
    [11, list(logs)],
  );
}

export function jaegerBatch(
  service: string,
  spans: readonly JaegerSpanInput[],
  tags: Readonly<Record<string, TagInput>> = {},
): ThriftValue {
  return struct([1, struct([1, binary(service)], [2, jaegerTags(tags)])], [2, list(spans.map(jaegerSpan))]);
}
