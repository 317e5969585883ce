/**
 * Prometheus remote write 1.0 bodies, uncompressed (`prometheus.WriteRequest`):
 *
 *   request    = (timeseries = 1)* (metadata = 3)*
 *   timeseries = (label = 1 {name 1, value 2})* (sample = 2 {value 1, timestamp 2})*
 */
import { textAt } from '#signals/otlp/columns.ts';
import { enter, leave } from '#signals/otlp/envelope.ts';
import { BYTES, FIXED64, VARINT, WireReader } from '#signals/otlp/wire.ts';
import type { SampleSink } from '#signals/prometheus/sink.ts';

/** Bits of the NaN that marks a series as stale; a plain NaN has others. */
const STALE_BITS = 0x7ff0_0000_0000_0002n;

/** Returns the samples given to the sink. @throws CodedError `PLIM_BODY_MALFORMED` */
export function decodeWriteRequest(body: Uint8Array, sink: SampleSink): number {
  const reader = new WireReader(body);
  let samples = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) samples += readSeries(reader, sink);
  }
  return samples;
}

function readSeries(reader: WireReader, sink: SampleSink): number {
  const outerEnd = enter(reader);
  const start = reader.position;
  const labels: Record<string, string> = {};
  let samples = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) readLabel(reader, labels);
  }
  reader.position = start;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== 2) continue;
    readSample(reader, labels, sink);
    samples += 1;
  }
  leave(reader, outerEnd);
  return samples;
}

function readLabel(reader: WireReader, labels: Record<string, string>): void {
  const outerEnd = enter(reader);
  const texts: [string, string] = ['', ''];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (reader.type !== BYTES || field > 2) continue;
    texts[field - 1] = textAt(reader.bytes, reader.valueOffset, reader.valueLength);
  }
  leave(reader, outerEnd);
  const [name, value] = texts;
  Object.defineProperty(labels, name, { value, enumerable: true, writable: true, configurable: true });
}

function readSample(reader: WireReader, labels: Readonly<Record<string, string>>, sink: SampleSink): void {
  const outerEnd = enter(reader);
  let value = 0;
  let stale = false;
  let timeMs = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1 && reader.type === FIXED64) {
      value = reader.doubleAt(reader.valueOffset);
      stale = reader.fixed64At(reader.valueOffset) === STALE_BITS;
    } else if (field === 2 && reader.type === VARINT) {
      timeMs = Number(reader.signedVarint());
    }
  }
  leave(reader, outerEnd);
  sink.sample(labels, timeMs, value, stale);
}
