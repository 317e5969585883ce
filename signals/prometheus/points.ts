/** OTLP data points as the samples Prometheus keeps of them. */
import { boundText } from '#signals/prometheus/names.ts';
import { enter, leave } from '#signals/otlp/envelope.ts';
import { BYTES, FIXED64, VARINT, type WireReader } from '#signals/otlp/wire.ts';

export interface PointSample {
  readonly suffix: '' | '_bucket' | '_sum' | '_count';
  /** `le` or `quantile`, and its value. */
  readonly label: readonly [name: string, value: string] | undefined;
  readonly value: number;
}

export interface PointValues {
  /** 0 when the point has no time. */
  readonly unixNanos: bigint;
  readonly noRecordedValue: boolean;
  readonly samples: readonly PointSample[];
}

/** Bit 0 of a point's flags (metrics.proto, `DataPointFlags`). */
const NO_RECORDED_VALUE = 1;

/** Time and flags, which every kind of point has. */
interface PointHead {
  unixNanos: bigint;
  flags: number;
}

/** Takes the present field if it is the time (3 in all points) or the flags. */
function readHead(reader: WireReader, head: PointHead, flagsField: number): void {
  if (reader.field === 3 && reader.type === FIXED64) head.unixNanos = reader.fixed64At(reader.valueOffset);
  else if (reader.field === flagsField && reader.type === VARINT) head.flags = reader.varint;
}

function pointOf(head: PointHead, samples: readonly PointSample[]): PointValues {
  return { unixNanos: head.unixNanos, noRecordedValue: isUnrecorded(head), samples };
}

function isUnrecorded({ flags }: PointHead): boolean {
  return flags % 2 === NO_RECORDED_VALUE;
}

/** `NumberDataPoint`: time 3, double 4, int 6, flags 8. */
export function readNumberPoint(reader: WireReader): PointValues | undefined {
  const head: PointHead = { unixNanos: 0n, flags: 0 };
  let value: number | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    readHead(reader, head, 8);
    if (reader.type !== FIXED64) continue;
    if (field === 4) value = reader.doubleAt(reader.valueOffset);
    else if (field === 6) value = Number(BigInt.asIntN(64, reader.fixed64At(reader.valueOffset)));
  }
  if (value === undefined && !isUnrecorded(head)) return undefined;
  return pointOf(head, [{ suffix: '', label: undefined, value: value ?? 0 }]);
}

/** `HistogramDataPoint`: time 3, count 4, sum 5, bucket_counts 6, explicit_bounds 7, flags 10. */
export function readHistogramPoint(reader: WireReader): PointValues | undefined {
  const head: PointHead = { unixNanos: 0n, flags: 0 };
  let count = 0;
  let sum: number | undefined;
  const counts: number[] = [];
  const bounds: number[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    readHead(reader, head, 10);
    if (field === 6) eachFixed64(reader, (offset) => counts.push(Number(reader.fixed64At(offset))));
    else if (field === 7) eachFixed64(reader, (offset) => bounds.push(reader.doubleAt(offset)));
    else if (reader.type !== FIXED64) continue;
    else if (field === 4) count = Number(reader.fixed64At(reader.valueOffset));
    else if (field === 5) sum = reader.doubleAt(reader.valueOffset);
  }
  const shaped = counts.length === 0 ? bounds.length === 0 : counts.length === bounds.length + 1;
  if (!shaped && !isUnrecorded(head)) return undefined;
  return pointOf(head, histogramSamples(counts, bounds, count, sum));
}

function histogramSamples(
  counts: readonly number[],
  bounds: readonly number[],
  count: number,
  sum: number | undefined,
): PointSample[] {
  const samples: PointSample[] = [];
  let cumulative = 0;
  for (const [index, bound] of bounds.entries()) {
    cumulative += counts[index] ?? 0;
    samples.push({ suffix: '_bucket', label: ['le', boundText(bound)], value: cumulative });
  }
  samples.push({ suffix: '_bucket', label: ['le', '+Inf'], value: count });
  if (sum !== undefined) samples.push({ suffix: '_sum', label: undefined, value: sum });
  samples.push({ suffix: '_count', label: undefined, value: count });
  return samples;
}

/** `SummaryDataPoint`: time 3, count 4, sum 5, quantile_values 6 {quantile 1, value 2}, flags 8. */
export function readSummaryPoint(reader: WireReader): PointValues | undefined {
  const head: PointHead = { unixNanos: 0n, flags: 0 };
  let count = 0;
  let sum = 0;
  const samples: PointSample[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    readHead(reader, head, 8);
    if (field === 6) samples.push(readQuantile(reader));
    else if (reader.type !== FIXED64) continue;
    else if (field === 4) count = Number(reader.fixed64At(reader.valueOffset));
    else if (field === 5) sum = reader.doubleAt(reader.valueOffset);
  }
  samples.push(
    { suffix: '_sum', label: undefined, value: sum },
    { suffix: '_count', label: undefined, value: count },
  );
  return pointOf(head, samples);
}

function readQuantile(reader: WireReader): PointSample {
  const outerEnd = enter(reader);
  let quantile = 0;
  let value = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (reader.type !== FIXED64) continue;
    if (field === 1) quantile = reader.doubleAt(reader.valueOffset);
    else if (field === 2) value = reader.doubleAt(reader.valueOffset);
  }
  leave(reader, outerEnd);
  return { suffix: '', label: ['quantile', boundText(quantile)], value };
}

/** Packed or one by one: protobuf lets writers choose. */
function eachFixed64(reader: WireReader, visit: (offset: number) => void): void {
  if (reader.type === FIXED64) {
    visit(reader.valueOffset);
    return;
  }
  reader.expect(BYTES);
  if (reader.valueLength % 8 !== 0) reader.fail('a packed list of 8-byte values ends within a value');
  const end = reader.valueOffset + reader.valueLength;
  for (let offset = reader.valueOffset; offset < end; offset += 8) visit(offset);
}
