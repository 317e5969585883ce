/**
 * Raw samples by Prometheus' remote read, staleness markers among them:
 *
 *   ReadRequest  = query 1*          Query = start 1, end 2, matcher 3*
 *   matcher      = type 1, name 2, value 3
 *   ReadResponse = result 1*         result = timeseries 1*, as in remote write
 */
import { isCoded } from '#base/errors.ts';
import type { Series } from '#promql/ports.ts';
import type { Labels, Matcher, MatchOperator } from '#signals/matchers.ts';
import { ProtobufSink } from '#signals/otlp/protobuf-sink.ts';
import { BYTES, VARINT, WireReader } from '#signals/otlp/wire.ts';
import { decodeWriteRequest } from '#signals/prometheus/remote-write.ts';
import { compressBlock, uncompressBlock } from '#signals/prometheus/snappy.ts';
import { failureOf, TooLargeError, type PrometheusApi } from '#storage/prometheus/api.ts';
import type { TimeRange } from '#storage/prometheus/core/parts.ts';

/** What an answer may inflate to; about eight million samples. */
const INFLATED_BYTES_MAX = 128 * 2 ** 20;
const OPERATORS: readonly MatchOperator[] = ['=', '!=', '=~', '!~'];
const encoder = new TextEncoder();

/** Answers of servers that have no remote read. */
const ABSENT: ReadonlySet<number> = new Set([400, 404, 405, 415, 501]);

/** `absent`: the server has none. @throws as {@link PrometheusApi.send} and {@link failureOf} */
export async function remoteRead(
  api: PrometheusApi,
  matchers: readonly Matcher[],
  range: TimeRange,
  signal: AbortSignal | undefined,
): Promise<readonly Series[] | 'absent'> {
  const response = await api.send({
    path: '/read',
    body: await compressBlock(requestOf(matchers, range)),
    contentType: 'application/x-protobuf',
    headers: { 'content-encoding': 'snappy', 'x-prometheus-remote-read-version': '0.1.0' },
    signal,
  });
  if (response.status === 200) return seriesIn(await inflated(response.body));
  const failure = failureOf(response);
  if (!(failure instanceof TooLargeError) && ABSENT.has(response.status)) return 'absent';
  throw failure;
}

function requestOf(matchers: readonly Matcher[], { startMs, endMs }: TimeRange): Uint8Array {
  const sink = new ProtobufSink();
  const query = sink.open(1);
  sink.tag(1, VARINT);
  sink.varint64(BigInt(Math.ceil(startMs)));
  sink.tag(2, VARINT);
  sink.varint64(BigInt(Math.floor(endMs)));
  for (const { name, operator, value } of matchers) {
    const matcher = sink.open(3);
    sink.tag(1, VARINT);
    sink.varint(OPERATORS.indexOf(operator));
    for (const [field, text] of [
      [2, name],
      [3, value],
    ] as const) {
      const start = sink.open(field);
      sink.append(encoder.encode(text));
      sink.close(start);
    }
    sink.close(matcher);
  }
  sink.close(query);
  return sink.take();
}

async function inflated(body: Uint8Array): Promise<Uint8Array> {
  try {
    return await uncompressBlock(body, INFLATED_BYTES_MAX);
  } catch (error) {
    if (isCoded(error, 'PLIM_BODY_TOO_LARGE')) throw new TooLargeError(error.message);
    throw error;
  }
}

interface Columns {
  readonly labels: Labels;
  readonly times: number[];
  readonly values: number[];
  readonly stale: number[];
}

function seriesIn(body: Uint8Array): readonly Series[] {
  const found: Columns[] = [];
  const sink = {
    sample(labels: Labels, timeMs: number, value: number, stale: boolean): void {
      let last = found.at(-1);
      if (last?.labels !== labels) {
        last = { labels, times: [], values: [], stale: [] };
        found.push(last);
      }
      if (stale) last.stale.push(last.times.length);
      last.times.push(timeMs);
      last.values.push(value);
    },
    exemplar(): void {},
    metadata(): void {},
  };
  const reader = new WireReader(body);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== 1 || reader.type !== BYTES) continue;
    const { valueOffset, valueLength } = reader;
    decodeWriteRequest(body.subarray(valueOffset, valueOffset + valueLength), sink);
  }
  return found.map(({ labels, times, values, stale }) => ({
    labels,
    timesMs: Float64Array.from(times),
    values: Float64Array.from(values),
    stale: stale.length === 0 ? undefined : markersAt(stale, times.length),
  }));
}

function markersAt(places: readonly number[], length: number): Uint8Array {
  const markers = new Uint8Array(length);
  for (const place of places) markers[place] = 1;
  return markers;
}
