/**
 * Random OTLP requests for comparisons with protobufjs. A request is drawn as
 * the plain object protobufjs understands, with ids in hex and 64-bit integers
 * as decimal text, and can be had as protobuf or as OTLP/JSON.
 */
import fc from 'fast-check';
import type { Type } from 'protobufjs';

/** Ids of right length, and now and then of a wrong one or all zero. */
function idOf(bytes: number, bad: boolean): fc.Arbitrary<string> {
  const good = fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((id) => hex(id.every((byte) => byte === 0) ? id.fill(1) : id));
  if (!bad) return good;
  const wrong = fc.constantFrom('', '00'.repeat(bytes), 'ab'.repeat(bytes - 1), 'ab'.repeat(bytes + 1));
  return fc.oneof({ arbitrary: good, weight: 4 }, { arbitrary: wrong, weight: 1 });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

const text = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 200 }));
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
const u32 = fc.nat({ max: 0xffff_ffff });

const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    fc.constant({}),
    fc.record({ stringValue: text }),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ intValue: i64 }),
    fc.record({ doubleValue: fc.double() }),
    fc.record({
      bytesValue: fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString('base64')),
    }),
    fc.record({ arrayValue: fc.record({ values: fc.array(tie('value'), { maxLength: 4 }) }) }),
    fc.record({
      kvlistValue: fc.record({
        values: fc.array(fc.record({ key: text, value: tie('value') }), { maxLength: 4 }),
      }),
    }),
  ),
}));

const attributes = fc.array(fc.record({ key: text, value: anyValue }), { maxLength: 5 });
const some = { requiredKeys: [] };

const span = fc.record(
  {
    traceId: idOf(16, true),
    spanId: idOf(8, true),
    parentSpanId: idOf(8, false),
    traceState: text,
    name: text,
    kind: fc.integer({ min: 0, max: 5 }),
    startTimeUnixNano: u64,
    endTimeUnixNano: u64,
    attributes,
    droppedAttributesCount: u32,
    events: fc.array(fc.record({ timeUnixNano: u64, name: text, attributes }, some), { maxLength: 2 }),
    links: fc.array(fc.record({ traceId: idOf(16, false), spanId: idOf(8, false), attributes }, some), {
      maxLength: 2,
    }),
    status: fc.record({ message: text, code: fc.integer({ min: 0, max: 2 }) }, some),
    flags: u32,
  },
  { requiredKeys: ['traceId', 'spanId'] },
);

const logRecord = fc.record(
  {
    timeUnixNano: u64,
    observedTimeUnixNano: u64,
    severityNumber: fc.integer({ min: 0, max: 24 }),
    severityText: text,
    body: anyValue,
    attributes,
    flags: u32,
    traceId: idOf(16, true),
    spanId: idOf(8, true),
    eventName: text,
  },
  some,
);

const pointTimes = { startTimeUnixNano: u64, timeUnixNano: u64, attributes, flags: fc.nat({ max: 1 }) };
const numberPoint = fc.oneof(
  fc.record({ ...pointTimes, asDouble: fc.double() }),
  fc.record({ ...pointTimes, asInt: i64 }, { requiredKeys: ['asInt'] }),
);
const numberPoints = fc.array(numberPoint, { maxLength: 3 });
const histogramPoint = fc.nat({ max: 4 }).chain((bounds) =>
  fc.record(
    {
      ...pointTimes,
      count: u64,
      sum: fc.double(),
      bucketCounts: fc.array(u64, { minLength: bounds + 1, maxLength: bounds + 1 }),
      explicitBounds: fc.array(fc.double({ noNaN: true }), { minLength: bounds, maxLength: bounds }),
    },
    { requiredKeys: ['bucketCounts', 'explicitBounds'] },
  ),
);
const buckets = fc.record({
  offset: fc.integer({ min: -1000, max: 1000 }),
  bucketCounts: fc.array(u64, { maxLength: 4 }),
});
const exponentialPoint = fc.record(
  {
    ...pointTimes,
    count: u64,
    scale: fc.integer({ min: -10, max: 20 }),
    positive: buckets,
    negative: buckets,
  },
  some,
);
const summaryPoint = fc.record(
  {
    ...pointTimes,
    count: u64,
    sum: fc.double(),
    quantileValues: fc.array(fc.record({ quantile: fc.double({ min: 0, max: 1 }), value: fc.double() }), {
      maxLength: 3,
    }),
  },
  some,
);
const temporality = fc.constantFrom(1, 2);
const data = fc.oneof(
  fc.record({ gauge: fc.record({ dataPoints: numberPoints }) }),
  fc.record({
    sum: fc.record({
      dataPoints: numberPoints,
      aggregationTemporality: temporality,
      isMonotonic: fc.boolean(),
    }),
  }),
  fc.record({
    histogram: fc.record({
      dataPoints: fc.array(histogramPoint, { maxLength: 2 }),
      aggregationTemporality: temporality,
    }),
  }),
  fc.record({
    exponentialHistogram: fc.record({ dataPoints: fc.array(exponentialPoint, { maxLength: 2 }) }),
  }),
  fc.record({ summary: fc.record({ dataPoints: fc.array(summaryPoint, { maxLength: 2 }) }) }),
);
const metricHead = fc.record({
  name: fc.oneof({ arbitrary: fc.string({ minLength: 1, maxLength: 20 }), weight: 4 }, fc.constant('')),
  description: text,
  unit: fc.constantFrom('', 's', 'By', '{request}', '1'),
});
const metric = fc.tuple(metricHead, data).map(([head, rest]) => ({ ...head, ...rest }));

function request(entries: string, scopes: string, items: string, item: fc.Arbitrary<unknown>): Drawn {
  const scope = fc.record({ name: text, version: text, attributes }, some);
  const scopeEntry = fc.record(
    { scope, [items]: fc.array(item, { maxLength: 4 }), schemaUrl: text },
    { requiredKeys: [items] },
  );
  const resource = fc.record({ attributes });
  const entry = fc.record(
    { resource, [scopes]: fc.array(scopeEntry, { maxLength: 2 }), schemaUrl: text },
    { requiredKeys: [scopes] },
  );
  return fc.record({ [entries]: fc.array(entry, { maxLength: 3 }) }) as Drawn;
}

export type Plain = { readonly [key: string]: unknown };
type Drawn = fc.Arbitrary<Plain>;

export const tracesRequest = request('resourceSpans', 'scopeSpans', 'spans', span);
export const logsRequest = request('resourceLogs', 'scopeLogs', 'logRecords', logRecord);
export const metricsRequest = request('resourceMetrics', 'scopeMetrics', 'metrics', metric);

const HEX_KEYS = new Set(['traceId', 'spanId', 'parentSpanId']);

/** As protobuf bytes, written by protobufjs. */
export function protobufOf(type: Type, drawn: Plain): Uint8Array {
  const withBytes = mapped(drawn, (key, value) => {
    if (HEX_KEYS.has(key)) return Buffer.from(String(value), 'hex');
    return key === 'bytesValue' ? Buffer.from(String(value), 'base64') : value;
  });
  return type.encode(type.fromObject(withBytes as Record<string, unknown>)).finish();
}

/** As OTLP/JSON. Doubles without a JSON form become the names proto3 JSON has for them. */
export function jsonOf(drawn: Plain): Uint8Array {
  const named = mapped(drawn, (_key, value) => {
    if (typeof value !== 'number' || Number.isFinite(value)) return value;
    return String(value);
  });
  return Buffer.from(JSON.stringify(named, negativeZero).replaceAll('"@-0"', '-0'));
}

/** `JSON.stringify` forgets the sign of zero. */
function negativeZero(_key: string, value: unknown): unknown {
  return Object.is(value, -0) ? '@-0' : value;
}

/** What protobufjs reads in `body`, in a form that compares. */
export function readBack(type: Type, body: Uint8Array): unknown {
  return type.toObject(type.decode(body), { longs: String, bytes: String, defaults: true });
}

function mapped(value: unknown, by: (key: string, value: unknown) => unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => mapped(item, by, key));
  if (typeof value !== 'object' || value === null) return by(key, value);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mapped(inner, by, name)]));
}
