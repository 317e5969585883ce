/**
 * OTLP protobuf bodies for tests and benches: a small writer of its own, which
 * shares no line with the readers it is used against.
 */

export type TestValue = string | number | boolean | bigint;
export type TestAttributes = Readonly<Record<string, TestValue>>;

export interface TestSpan {
  /** 32 hex digits; taken as it is, so a test can send a bad one. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name?: string;
  /** OTLP's number; default 2, server. */
  readonly kind?: number;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  /** 0 unset, 1 ok, 2 error. */
  readonly statusCode?: number;
  readonly statusMessage?: string;
  readonly attributes?: TestAttributes;
}

export interface TestLog {
  readonly nanos: bigint;
  readonly observedNanos?: bigint;
  readonly severityNumber?: number;
  readonly severityText?: string;
  readonly body?: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly attributes?: TestAttributes;
}

export type TestMetric = { readonly name: string; readonly unit?: string; readonly description?: string } & (
  | { readonly kind: 'gauge'; readonly points: readonly TestPoint[] }
  | {
      readonly kind: 'sum';
      readonly monotonic?: boolean;
      readonly delta?: boolean;
      readonly points: readonly TestPoint[];
    }
  | { readonly kind: 'histogram'; readonly delta?: boolean; readonly points: readonly TestHistogramPoint[] }
);

export interface TestPoint {
  readonly nanos: bigint;
  /** A bigint is sent as an integer. */
  readonly value: number | bigint;
  readonly attributes?: TestAttributes;
}

export interface TestHistogramPoint {
  readonly nanos: bigint;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
  readonly attributes?: TestAttributes;
}

export interface TestResource {
  readonly service?: string;
  readonly resource?: TestAttributes;
  readonly scope?: string;
}

/** One resource, one scope. Bodies may be joined with `Buffer.concat`. */
export function buildTraces(request: TestResource & { readonly spans: readonly TestSpan[] }): Uint8Array {
  return envelope(request, request.spans.map(spanBytes));
}

export function buildLogs(request: TestResource & { readonly logs: readonly TestLog[] }): Uint8Array {
  return envelope(request, request.logs.map(logBytes));
}

export function buildMetrics(
  request: TestResource & { readonly metrics: readonly TestMetric[] },
): Uint8Array {
  return envelope(request, request.metrics.map(metricBytes));
}

function envelope(request: TestResource, items: readonly Buffer[]): Uint8Array {
  const resource = {
    ...(request.service === undefined ? {} : { 'service.name': request.service }),
    ...request.resource,
  };
  const scope = request.scope === undefined ? [] : [bytesField(1, textField(1, request.scope))];
  const scopeEntry = Buffer.concat([...scope, ...items.map((item) => bytesField(2, item))]);
  const entry = Buffer.concat([bytesField(1, attributesField(1, resource)), bytesField(2, scopeEntry)]);
  return new Uint8Array(bytesField(1, entry));
}

function spanBytes(span: TestSpan): Buffer {
  const status = Buffer.concat([
    span.statusMessage === undefined ? Buffer.alloc(0) : textField(2, span.statusMessage),
    varintField(3, span.statusCode ?? 0),
  ]);
  return Buffer.concat([
    bytesField(1, Buffer.from(span.traceId, 'hex')),
    bytesField(2, Buffer.from(span.spanId, 'hex')),
    ...(span.parentSpanId === undefined ? [] : [bytesField(4, Buffer.from(span.parentSpanId, 'hex'))]),
    textField(5, span.name ?? 'GET /'),
    varintField(6, span.kind ?? 2),
    fixed64Field(7, span.startNanos),
    fixed64Field(8, span.endNanos),
    attributesField(9, span.attributes ?? {}),
    ...(status.length > 2 || (span.statusCode ?? 0) !== 0 ? [bytesField(15, status)] : []),
  ]);
}

function logBytes(log: TestLog): Buffer {
  return Buffer.concat([
    fixed64Field(1, log.nanos),
    varintField(2, log.severityNumber ?? 9),
    textField(3, log.severityText ?? 'INFO'),
    bytesField(5, textField(1, log.body ?? '')),
    attributesField(6, log.attributes ?? {}),
    ...(log.traceId === undefined ? [] : [bytesField(9, Buffer.from(log.traceId, 'hex'))]),
    ...(log.spanId === undefined ? [] : [bytesField(10, Buffer.from(log.spanId, 'hex'))]),
    fixed64Field(11, log.observedNanos ?? 0n),
  ]);
}

function metricBytes(metric: TestMetric): Buffer {
  const head = [
    textField(1, metric.name),
    textField(2, metric.description ?? ''),
    textField(3, metric.unit ?? ''),
  ];
  const points =
    metric.kind === 'histogram'
      ? metric.points.map((point) => bytesField(1, histogramPoint(point)))
      : metric.points.map((point) => bytesField(1, numberPoint(point)));
  if (metric.kind === 'gauge') return Buffer.concat([...head, bytesField(5, Buffer.concat(points))]);
  const temporality = varintField(2, metric.delta === true ? 1 : 2);
  if (metric.kind === 'histogram')
    return Buffer.concat([...head, bytesField(9, Buffer.concat([...points, temporality]))]);
  const monotonic = varintField(3, metric.monotonic === false ? 0 : 1);
  return Buffer.concat([...head, bytesField(7, Buffer.concat([...points, temporality, monotonic]))]);
}

function numberPoint(point: TestPoint): Buffer {
  const value = typeof point.value === 'bigint' ? fixed64Field(6, point.value) : doubleField(4, point.value);
  return Buffer.concat([fixed64Field(3, point.nanos), value, attributesField(7, point.attributes ?? {})]);
}

function histogramPoint(point: TestHistogramPoint): Buffer {
  const count = point.counts.reduce((sum, bucket) => sum + bucket, 0);
  return Buffer.concat([
    fixed64Field(3, point.nanos),
    fixed64Field(4, BigInt(count)),
    doubleField(5, point.sum),
    bytesField(6, Buffer.concat(point.counts.map((bucket) => fixed64(BigInt(bucket))))),
    bytesField(7, Buffer.concat(point.bounds.map(double))),
    attributesField(9, point.attributes ?? {}),
  ]);
}

function attributesField(field: number, attributes: TestAttributes): Buffer {
  const pairs = Object.entries(attributes).map(([key, value]) =>
    bytesField(field, Buffer.concat([textField(1, key), bytesField(2, anyValue(value))])),
  );
  return Buffer.concat(pairs);
}

function anyValue(value: TestValue): Buffer {
  if (typeof value === 'string') return textField(1, value);
  if (typeof value === 'boolean') return varintField(2, value ? 1 : 0);
  if (typeof value === 'bigint') return Buffer.concat([varint(3n << 3n), varint(BigInt.asUintN(64, value))]);
  return doubleField(4, value);
}

function textField(field: number, text: string): Buffer {
  return bytesField(field, Buffer.from(text));
}

export function bytesField(field: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(BigInt((field << 3) | 2)), varint(BigInt(bytes.length)), bytes]);
}

function varintField(field: number, value: number): Buffer {
  return Buffer.concat([varint(BigInt(field << 3)), varint(BigInt(value))]);
}

function fixed64Field(field: number, value: bigint): Buffer {
  return Buffer.concat([varint(BigInt((field << 3) | 1)), fixed64(value)]);
}

function doubleField(field: number, value: number): Buffer {
  return Buffer.concat([varint(BigInt((field << 3) | 1)), double(value)]);
}

function fixed64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes;
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
