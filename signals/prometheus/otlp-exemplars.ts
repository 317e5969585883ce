/**
 * The exemplars of an OTLP point, each on the series it belongs to: of a counter
 * its only one, of a histogram the bucket its value falls into. Gauges and
 * summaries have none in Prometheus.
 *
 *   Exemplar = time 2, double 3, span_id 4, trace_id 5, int 6, filtered_attributes 7*
 */
import { decodeAttributes } from '#signals/otlp/attributes.ts';
import { hexAt } from '#signals/otlp/decode.ts';
import { enter, leave } from '#signals/otlp/envelope.ts';
import { BYTES, FIXED64, WireReader } from '#signals/otlp/wire.ts';
import { attributeLabels } from '#signals/prometheus/attribute-labels.ts';
import type { Exemplar } from '#signals/prometheus/sink.ts';

/** Which of a metric's data has exemplars: a monotonic sum (7) or a histogram (9). */
interface MetricKind {
  readonly data: number;
  readonly monotonic: boolean;
}

interface Place {
  readonly offset: number;
  readonly length: number;
}

const FILTERED_ATTRIBUTES = 7;
const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

export class PointExemplars {
  /** Not yet given to a series, the smallest value last. */
  readonly #left: Exemplar[];

  /** @param timeMs of the point: for exemplars without a time */
  constructor(body: Uint8Array, point: Place, { data, monotonic }: MetricKind, timeMs: number) {
    const field = data === 9 ? 8 : data === 7 && monotonic ? 5 : 0;
    this.#left = field === 0 ? [] : readExemplars(body, point, field, timeMs);
    this.#left.sort((a, b) => b.value - a.value);
  }

  /** Those of one series of the point; asked in the order of the bounds. @param bound of a bucket, as text */
  takeFor(suffix: string, bound: string | undefined): readonly Exemplar[] {
    if (suffix !== '' && suffix !== '_bucket') return [];
    const boundMax = bound === undefined || bound === '+Inf' ? Infinity : Number(bound);
    const taken: Exemplar[] = [];
    for (
      let next = this.#left.at(-1);
      next !== undefined && next.value <= boundMax;
      next = this.#left.at(-1)
    ) {
      taken.push(next);
      this.#left.pop();
    }
    return taken;
  }
}

function readExemplars(
  body: Uint8Array,
  { offset, length }: Place,
  field: number,
  timeMs: number,
): Exemplar[] {
  const reader = new WireReader(body, offset, offset + length);
  const exemplars: Exemplar[] = [];
  while (reader.next() !== 0) {
    if (reader.field !== field || reader.type !== BYTES) continue;
    const outerEnd = enter(reader);
    const exemplar = readExemplar(reader, timeMs);
    leave(reader, outerEnd);
    if (exemplar !== undefined) exemplars.push(exemplar);
  }
  return exemplars;
}

/** Undefined without a number for a value. The ids win over attributes of the same name. */
function readExemplar(reader: WireReader, pointTimeMs: number): Exemplar | undefined {
  const place = { offset: reader.position, length: reader.end - reader.position };
  let value: number | undefined;
  let timeMs = pointTimeMs;
  const ids: Record<string, string> = {};
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (reader.type === BYTES) {
      if (field === 4) readId(reader, 'span_id', SPAN_ID_BYTES, ids);
      else if (field === 5) readId(reader, 'trace_id', TRACE_ID_BYTES, ids);
    } else if (reader.type === FIXED64) {
      if (field === 2) timeMs = timeOf(reader.fixed64At(reader.valueOffset), pointTimeMs);
      else if (field === 3) value = reader.doubleAt(reader.valueOffset);
      else if (field === 6) value = Number(BigInt.asIntN(64, reader.fixed64At(reader.valueOffset)));
    }
  }
  if (value === undefined || Number.isNaN(value)) return undefined;
  const attributes = decodeAttributes({ body: reader.bytes, ...place, field: FILTERED_ATTRIBUTES });
  return { labels: { ...attributeLabels(attributes), ...ids }, value, timeMs };
}

function timeOf(unixNanos: bigint, otherwiseMs: number): number {
  return unixNanos === 0n ? otherwiseMs : Number(unixNanos / 1_000_000n);
}

/** An id of a wrong length, or all zero, is none. */
function readId(reader: WireReader, name: string, bytes: number, ids: Record<string, string>): void {
  if (reader.valueLength !== bytes) return;
  const hex = hexAt(reader.bytes, reader.valueOffset, bytes);
  if (!/^0+$/.test(hex)) ids[name] = hex;
}
