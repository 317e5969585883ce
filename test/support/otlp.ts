/**
 * OTLP requests for tests and benches, written byte by byte. It shares no code
 * with `signals/`, so that a mistake there does not hide behind the same mistake
 * here. It is not fast and knows only what tests need.
 */

export type AttributeInput =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | readonly AttributeInput[]
  | { readonly [key: string]: AttributeInput };

/** Whole numbers and bigints become OTLP ints, other numbers doubles, null the empty value. */
export type AttributesInput = Readonly<Record<string, AttributeInput>>;

export interface ResourceInput {
  /** `service.name`; left out when undefined. */
  readonly service?: string;
  readonly resource?: AttributesInput;
  readonly scope?: { readonly name: string; readonly version?: string };
}

export interface SpanInput {
  /** 32 hex digits; any other even number makes an invalid span. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  /** Number of OTLP's SpanKind; 2 (server) when left out. */
  readonly kind?: number;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  /** 0 unset, 1 ok, 2 error. */
  readonly statusCode?: number;
  readonly statusMessage?: string;
  readonly attributes?: AttributesInput;
  readonly events?: readonly {
    readonly timeNanos: bigint;
    readonly name: string;
    readonly attributes?: AttributesInput;
  }[];
  readonly links?: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes?: AttributesInput;
  }[];
}

export interface LogInput {
  readonly timeNanos?: bigint;
  readonly observedNanos?: bigint;
  readonly severityNumber?: number;
  readonly severityText?: string;
  readonly body?: AttributeInput;
  readonly eventName?: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly attributes?: AttributesInput;
}

interface PointInput {
  readonly timeNanos: bigint;
  readonly startNanos?: bigint;
  readonly attributes?: AttributesInput;
  /** 1 says "no recorded value". */
  readonly flags?: number;
}

export interface NumberPointInput extends PointInput {
  /** bigint is written as `as_int`; without a value none is written. */
  readonly value?: number | bigint;
}

export interface HistogramPointInput extends PointInput {
  readonly count: bigint;
  readonly sum?: number;
  readonly bucketCounts: readonly bigint[];
  readonly bounds: readonly number[];
}

export interface SummaryPointInput extends PointInput {
  readonly count: bigint;
  readonly sum: number;
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
}

/** 1 delta, 2 cumulative; 2 when left out. */
type Temporality = 1 | 2;

export type MetricInput = {
  readonly name: string;
  readonly description?: string;
  readonly unit?: string;
} & (
  | { readonly gauge: readonly NumberPointInput[] }
  | {
      readonly sum: readonly NumberPointInput[];
      readonly monotonic?: boolean;
      readonly temporality?: Temporality;
    }
  | { readonly histogram: readonly HistogramPointInput[]; readonly temporality?: Temporality }
  | { readonly summary: readonly SummaryPointInput[] }
);

/** An `ExportTraceServiceRequest` with one resource and one scope. */
export function buildTraces(input: ResourceInput & { readonly spans: readonly SpanInput[] }): Uint8Array {
  return envelope(input, input.spans.map(span));
}

/** An `ExportLogsServiceRequest` with one resource and one scope. */
export function buildLogs(input: ResourceInput & { readonly records: readonly LogInput[] }): Uint8Array {
  return envelope(input, input.records.map(logRecord));
}

/** An `ExportMetricsServiceRequest` with one resource and one scope. */
export function buildMetrics(
  input: ResourceInput & { readonly metrics: readonly MetricInput[] },
): Uint8Array {
  return envelope(input, input.metrics.map(metric));
}

/** Requests of the same signal make one request when put behind each other. */
export function joinBodies(...bodies: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(bodies);
}

// -- messages -------------------------------------------------------------------

type Part = Uint8Array;

function envelope(input: ResourceInput, items: readonly Part[]): Uint8Array {
  const named: AttributesInput = input.service === undefined ? {} : { 'service.name': input.service };
  const resource = attributes(1, { ...named, ...input.resource });
  const scope = input.scope ?? { name: 'test' };
  const scopeMessage = join(text(1, scope.name), text(2, scope.version ?? ''));
  const scopeEntry = join(nested(1, scopeMessage), ...items.map((item) => nested(2, item)));
  return nested(1, join(nested(1, resource), nested(2, scopeEntry)));
}

function span(input: SpanInput): Part {
  const status = join(text(2, input.statusMessage ?? ''), unsigned(3, input.statusCode ?? 0));
  return join(
    nested(1, Buffer.from(input.traceId, 'hex')),
    nested(2, Buffer.from(input.spanId, 'hex')),
    text(3, input.traceState ?? ''),
    input.parentSpanId === undefined ? EMPTY : nested(4, Buffer.from(input.parentSpanId, 'hex')),
    text(5, input.name),
    unsigned(6, input.kind ?? 2),
    fixed64(7, input.startNanos),
    fixed64(8, input.endNanos),
    attributes(9, input.attributes ?? {}),
    ...(input.events ?? []).map((event) =>
      nested(
        11,
        join(fixed64(1, event.timeNanos), text(2, event.name), attributes(3, event.attributes ?? {})),
      ),
    ),
    ...(input.links ?? []).map((link) =>
      nested(
        13,
        join(
          nested(1, Buffer.from(link.traceId, 'hex')),
          nested(2, Buffer.from(link.spanId, 'hex')),
          attributes(4, link.attributes ?? {}),
        ),
      ),
    ),
    status.length === 0 ? EMPTY : nested(15, status),
  );
}

function logRecord(input: LogInput): Part {
  return join(
    input.timeNanos === undefined ? EMPTY : fixed64(1, input.timeNanos),
    input.observedNanos === undefined ? EMPTY : fixed64(11, input.observedNanos),
    unsigned(2, input.severityNumber ?? 0),
    text(3, input.severityText ?? ''),
    input.body === undefined ? EMPTY : nested(5, anyValue(input.body)),
    attributes(6, input.attributes ?? {}),
    input.traceId === undefined ? EMPTY : nested(9, Buffer.from(input.traceId, 'hex')),
    input.spanId === undefined ? EMPTY : nested(10, Buffer.from(input.spanId, 'hex')),
    text(12, input.eventName ?? ''),
  );
}

function metric(input: MetricInput): Part {
  return join(
    text(1, input.name),
    text(2, input.description ?? ''),
    text(3, input.unit ?? ''),
    metricData(input),
  );
}

function metricData(input: MetricInput): Part {
  if ('gauge' in input) return nested(5, points(input.gauge, numberPoint));
  if ('sum' in input) {
    const monotonic = unsigned(3, input.monotonic === false ? 0 : 1);
    return nested(7, join(points(input.sum, numberPoint), unsigned(2, input.temporality ?? 2), monotonic));
  }
  if ('histogram' in input) {
    return nested(9, join(points(input.histogram, histogramPoint), unsigned(2, input.temporality ?? 2)));
  }
  return nested(11, points(input.summary, summaryPoint));
}

function points<T>(inputs: readonly T[], write: (input: T) => Part): Part {
  return join(...inputs.map((input) => nested(1, write(input))));
}

function numberPoint(input: NumberPointInput): Part {
  const value = input.value;
  const written =
    value === undefined ? EMPTY : typeof value === 'bigint' ? fixed64(6, value) : double(4, value);
  return join(
    pointTimes(input),
    written,
    attributes(7, input.attributes ?? {}),
    unsigned(8, input.flags ?? 0),
  );
}

function histogramPoint(input: HistogramPointInput): Part {
  return join(
    attributes(9, input.attributes ?? {}),
    pointTimes(input),
    fixed64(4, input.count),
    input.sum === undefined ? EMPTY : double(5, input.sum),
    nested(6, join(...input.bucketCounts.map(fixed64Bytes))),
    nested(7, join(...input.bounds.map(doubleBytes))),
    unsigned(10, input.flags ?? 0),
  );
}

function summaryPoint(input: SummaryPointInput): Part {
  return join(
    attributes(7, input.attributes ?? {}),
    pointTimes(input),
    fixed64(4, input.count),
    double(5, input.sum),
    ...input.quantiles.map((entry) => nested(6, join(double(1, entry.quantile), double(2, entry.value)))),
    unsigned(8, input.flags ?? 0),
  );
}

function pointTimes(input: PointInput): Part {
  const start = input.startNanos === undefined ? EMPTY : fixed64(2, input.startNanos);
  return join(start, fixed64(3, input.timeNanos));
}

function attributes(field: number, input: AttributesInput): Part {
  const entries = Object.entries(input).map(([key, value]) => nested(field, keyValue(key, value)));
  return join(...entries);
}

function keyValue(key: string, value: AttributeInput): Part {
  return join(text(1, key), nested(2, anyValue(value)));
}

function anyValue(value: AttributeInput): Part {
  if (value === null) return EMPTY;
  if (typeof value === 'string') return nested(1, Buffer.from(value, 'utf8'));
  if (typeof value === 'boolean') return join(tag(2, 0), varint(value ? 1n : 0n));
  if (typeof value === 'bigint') return join(tag(3, 0), varint(BigInt.asUintN(64, value)));
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? anyValue(BigInt(value)) : join(tag(4, 1), doubleBytes(value));
  }
  if (value instanceof Uint8Array) return nested(7, value);
  if (isList(value)) return nested(5, join(...value.map((item) => nested(1, anyValue(item)))));
  return nested(6, attributes(1, value));
}

function isList(value: AttributeInput): value is readonly AttributeInput[] {
  return Array.isArray(value);
}

// -- wire -----------------------------------------------------------------------

const EMPTY: Part = new Uint8Array(0);

function join(...parts: readonly Part[]): Part {
  return Buffer.concat(parts);
}

function varint(value: bigint): Part {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

function tag(field: number, wireType: number): Part {
  return varint(BigInt(field * 8 + wireType));
}

function nested(field: number, content: Part): Part {
  return join(tag(field, 2), varint(BigInt(content.length)), content);
}

/** Empty text is left out, as proto3 encoders do. */
function text(field: number, value: string): Part {
  return value === '' ? EMPTY : nested(field, Buffer.from(value, 'utf8'));
}

function unsigned(field: number, value: number): Part {
  return value === 0 ? EMPTY : join(tag(field, 0), varint(BigInt(value)));
}

function fixed64(field: number, value: bigint): Part {
  return join(tag(field, 1), fixed64Bytes(value));
}

function fixed64Bytes(value: bigint): Part {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes;
}

function double(field: number, value: number): Part {
  return join(tag(field, 1), doubleBytes(value));
}

function doubleBytes(value: number): Part {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}
