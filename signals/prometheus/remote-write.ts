/**
 * Prometheus remote write 1.0 bodies, uncompressed (`prometheus.WriteRequest`):
 *
 *   request    = (timeseries = 1)* (metadata = 3)*
 *   timeseries = (label = 1)* (sample = 2)* (exemplar = 3)*
 *   label      = name 1, value 2
 *   sample     = value 1, timestamp 2
 *   exemplar   = (label = 1)*, value 2, timestamp 3
 *   metadata   = type 1, family 2, help 4, unit 5
 */
import type { Labels } from '#signals/matchers.ts';
import { textAt } from '#signals/otlp/columns.ts';
import { enter, leave } from '#signals/otlp/envelope.ts';
import { BYTES, FIXED64, VARINT, WireReader } from '#signals/otlp/wire.ts';
import type { MetricDescription, SampleSink } from '#signals/prometheus/sink.ts';
import { setLabel } from '#signals/prometheus/attribute-labels.ts';

/** Bits of the NaN that marks a series as stale; a plain NaN has others. */
export const STALE_BITS = 0x7ff0_0000_0000_0002n;
/** `MetricMetadata.MetricType`, by number; the kinds we have no word for count as unknown. */
export const METADATA_TYPES: readonly (MetricDescription['type'] | 'gaugehistogram')[] = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
];

/**
 * Returns the samples given to the sink.
 *
 * @param wanted by metric name; what is not wanted is skipped without making anything of it
 * @throws CodedError `PLIM_BODY_MALFORMED`
 */
export function decodeWriteRequest(
  body: Uint8Array,
  sink: SampleSink,
  wanted?: (name: string) => boolean,
): number {
  const reader = new WireReader(body);
  let samples = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) samples += readSeries(reader, sink, wanted);
    else if (field === 3 && wanted === undefined) readMetadata(reader, sink);
  }
  return samples;
}

function readSeries(
  reader: WireReader,
  sink: SampleSink,
  wanted: ((name: string) => boolean) | undefined,
): number {
  const outerEnd = enter(reader);
  const start = reader.position;
  if (wanted !== undefined && !wanted(nameOf(reader))) {
    leave(reader, outerEnd);
    return 0;
  }
  reader.position = start;
  const labels: Record<string, string> = {};
  let samples = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) readLabel(reader, labels);
  }
  reader.position = start;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 2) {
      readSample(reader, labels, sink);
      samples += 1;
    } else if (field === 3) {
      readExemplar(reader, labels, sink);
    }
  }
  leave(reader, outerEnd);
  return samples;
}

/** The metric's name; it stands first, labels are sorted. '' when there is none. */
function nameOf(reader: WireReader): string {
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== 1) continue;
    const outerEnd = enter(reader);
    let isName = false;
    let name = '';
    for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
      if (reader.type !== BYTES || inner > 2) continue;
      const { bytes, valueOffset, valueLength } = reader;
      if (inner === 1) isName = textAt(bytes, valueOffset, valueLength) === '__name__';
      else if (isName) name = textAt(bytes, valueOffset, valueLength);
    }
    leave(reader, outerEnd);
    if (isName) return name;
  }
  return '';
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
  setLabel(labels, name, value);
}

function readSample(reader: WireReader, labels: Labels, sink: SampleSink): void {
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

function readExemplar(reader: WireReader, series: Labels, sink: SampleSink): void {
  const outerEnd = enter(reader);
  const labels: Record<string, string> = {};
  let value = 0;
  let timeMs = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) readLabel(reader, labels);
    else if (field === 2 && reader.type === FIXED64) value = reader.doubleAt(reader.valueOffset);
    else if (field === 3 && reader.type === VARINT) timeMs = Number(reader.signedVarint());
  }
  leave(reader, outerEnd);
  sink.exemplar(series, { labels, value, timeMs });
}

function readMetadata(reader: WireReader, sink: SampleSink): void {
  const outerEnd = enter(reader);
  let number = 0;
  const texts = { name: '', help: '', unit: '' };
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1 && reader.type === VARINT) number = reader.varint;
    if (reader.type !== BYTES) continue;
    const text = textAt(reader.bytes, reader.valueOffset, reader.valueLength);
    if (field === 2) texts.name = text;
    else if (field === 4) texts.help = text;
    else if (field === 5) texts.unit = text;
  }
  leave(reader, outerEnd);
  const type = METADATA_TYPES[number] ?? 'unknown';
  const { name, help, unit } = texts;
  if (name !== '') sink.metadata(name, { type: type === 'gaugehistogram' ? 'unknown' : type, help, unit });
}
