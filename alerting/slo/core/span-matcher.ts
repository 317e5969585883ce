/** Which spans of its service an SLO counts, and which of them are bad. Works on columns, builds nothing. */
import { SPAN_KINDS } from '#signals/model.ts';
import type { Indicator, SpanSelector } from '#signals/openslo/model.ts';
import type { SpanColumns } from '#signals/otlp/columns.ts';
import { findAttributeText } from '#signals/otlp/attributes.ts';

const STATUS_ERROR = 2;
const TWO_32 = 2 ** 32;
/** 2^32 ns = 4294 ms and 967296 ns: keeps the sum below 2^53, so that it is exact. */
const HIGH_MS = 4294;
const HIGH_REST_NANOS = 967_296;
const NANOS_IN_MS = 1_000_000;
/** Number of the field that holds the attributes, in `Span` and in `Resource`. */
const SPAN_ATTRIBUTES = 9;
const RESOURCE_ATTRIBUTES = 1;

/** The time columns of one record as pairs of 32-bit words (little-endian): no BigInt a span. */
export interface TimeWords {
  readonly start: Uint32Array;
  readonly end: Uint32Array;
}

export function timeWords(columns: SpanColumns): TimeWords {
  const words = (column: BigUint64Array): Uint32Array =>
    new Uint32Array(column.buffer, column.byteOffset, column.length * 2);
  return { start: words(columns.startUnixNanos), end: words(columns.endUnixNanos) };
}

/** End of a span in whole milliseconds, rounded down. */
export function endMsAt(words: TimeWords, index: number): number {
  const low = words.end[index * 2] ?? 0;
  const high = words.end[index * 2 + 1] ?? 0;
  return high * HIGH_MS + Math.floor((high * HIGH_REST_NANOS + low) / NANOS_IN_MS);
}

/** How long a span took, in milliseconds with their fraction. */
export function durationMsAt(words: TimeWords, index: number): number {
  return durationNanosAt(words, index) / NANOS_IN_MS;
}

function durationNanosAt(words: TimeWords, index: number): number {
  const low = (words.end[index * 2] ?? 0) - (words.start[index * 2] ?? 0);
  const high = (words.end[index * 2 + 1] ?? 0) - (words.start[index * 2 + 1] ?? 0);
  return high * TWO_32 + low;
}

export class SpanMatcher {
  readonly #kinds: number;
  readonly #operation: Uint8Array | undefined;
  readonly #attributes: readonly (readonly [key: string, value: string])[];
  readonly #thresholdNanos: number;

  constructor(selector: SpanSelector, indicator: Indicator) {
    const utf8 = new TextEncoder();
    this.#kinds = selector.kinds.reduce((mask, kind) => mask | (1 << SPAN_KINDS.indexOf(kind)), 0);
    this.#operation = selector.operation === undefined ? undefined : utf8.encode(selector.operation);
    this.#attributes = Object.entries(selector.attributes);
    this.#thresholdNanos = indicator.kind === 'latency' ? indicator.thresholdMs * NANOS_IN_MS : Infinity;
  }

  /** Whether the SLO counts the span; the service has been looked at already. */
  matches(columns: SpanColumns, index: number): boolean {
    if ((this.#kinds & (1 << (columns.kind[index] ?? 0))) === 0) return false;
    if (this.#operation !== undefined) {
      const offset = columns.nameOffset[index] ?? 0;
      if (!bytesEqualAt(columns.body, offset, columns.nameLength[index] ?? 0, this.#operation)) return false;
    }
    for (const [key, value] of this.#attributes) {
      if (!hasAttribute(columns, index, key, value)) return false;
    }
    return true;
  }

  isBad(columns: SpanColumns, words: TimeWords, index: number): boolean {
    if (columns.statusCode[index] === STATUS_ERROR) return true;
    return this.#thresholdNanos !== Infinity && durationNanosAt(words, index) > this.#thresholdNanos;
  }
}

/** On the span or, when the span has no such key, on its resource. */
function hasAttribute(columns: SpanColumns, index: number, key: string, value: string): boolean {
  const { body } = columns;
  const onSpan = findAttributeText(
    {
      body,
      offset: columns.spanOffset[index] ?? 0,
      length: columns.spanLength[index] ?? 0,
      field: SPAN_ATTRIBUTES,
    },
    key,
  );
  if (onSpan !== undefined) return onSpan === value;
  const resource = columns.resources[columns.resource[index] ?? 0];
  if (resource === undefined || resource.resourceLength === 0) return false;
  const { resourceOffset: offset, resourceLength: length } = resource;
  return findAttributeText({ body, offset, length, field: RESOURCE_ATTRIBUTES }, key) === value;
}

function bytesEqualAt(body: Uint8Array, offset: number, length: number, expected: Uint8Array): boolean {
  if (length !== expected.length) return false;
  for (let index = 0; index < length; index += 1) {
    if (body[offset + index] !== expected[index]) return false;
  }
  return true;
}
