/**
 * Query results as JSON bytes. Large results are written piece by piece, so
 * that neither one string nor one turn of the thread holds all of them.
 */
import { CodedError } from '#base/errors.ts';
import { formatTime, formatValue } from '#promql/format-value.ts';
import type { QueryResult, ResultValue } from '#promql/evaluate.ts';
import type { Labels } from '#signals/matchers.ts';
import { sortedNames, labelOf } from '#promql/labels.ts';
import type { Answer } from '#server/prometheus/answers.ts';

/** A browser cannot do anything with more, and the bytes cross a thread. */
export const RESPONSE_BYTES_MAX = 256 * 1024 * 1024;
/** Text gathered before it becomes bytes. */
const PIECE_CHARS = 64 * 1024;
/** Points written between two looks at the clock. */
const POINTS_PER_PAUSE = 50_000;

class JsonSink {
  readonly #pieces: Uint8Array[] = [];
  #text = '';
  #bytes = 0;

  write(text: string): void {
    this.#text += text;
    if (this.#text.length >= PIECE_CHARS) this.#flush();
  }

  #flush(): void {
    const piece = new TextEncoder().encode(this.#text);
    this.#text = '';
    this.#bytes += piece.length;
    if (this.#bytes > RESPONSE_BYTES_MAX) {
      throw new CodedError(
        'PLIM_QUERY_LIMIT',
        `the result has more than ${RESPONSE_BYTES_MAX} bytes; ask for fewer series or a larger step`,
      );
    }
    this.#pieces.push(piece);
  }

  bytes(): Uint8Array {
    this.#flush();
    const whole = new Uint8Array(this.#bytes);
    let offset = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, offset);
      offset += piece.length;
    }
    return whole;
  }
}

export interface EncodeOptions {
  /** Looks at the deadline and the caller, and lets others run. */
  readonly pause: () => Promise<void>;
  /** Beside the result, when the caller asked for statistics. */
  readonly stats: unknown;
  readonly warnings: readonly string[];
}

/** The answer of a query. `resultType` stands before `result`: readers stream on that. */
export async function queryAnswer(result: QueryResult, options: EncodeOptions): Promise<Answer> {
  const { stats, warnings } = options;
  const sink = new JsonSink();
  sink.write(`{"status":"success","data":{"resultType":"${result.value.type}","result":`);
  await writeValue(sink, result.value, options.pause);
  if (stats !== undefined) sink.write(`,"stats":${JSON.stringify(stats)}`);
  sink.write('}');
  if (warnings.length > 0) sink.write(`,"warnings":${JSON.stringify(warnings)}`);
  if (result.infos.length > 0) sink.write(`,"infos":${JSON.stringify(result.infos)}`);
  sink.write('}');
  return { status: 200, body: sink.bytes() };
}

async function writeValue(sink: JsonSink, value: ResultValue, pause: () => Promise<void>): Promise<void> {
  switch (value.type) {
    case 'scalar':
      sink.write(point(value.timeMs, value.value));
      return;
    case 'string':
      sink.write(`[${formatTime(value.timeMs)},${JSON.stringify(value.value)}]`);
      return;
    case 'vector':
      sink.write('[');
      for (const [index, { labels, value: number }] of value.samples.entries()) {
        if (index > 0) sink.write(',');
        sink.write(`{"metric":${labelsJson(labels)},"value":${point(value.timeMs, number)}}`);
        if (index % POINTS_PER_PAUSE === POINTS_PER_PAUSE - 1) await pause();
      }
      sink.write(']');
      return;
    case 'matrix':
      await writeMatrix(sink, value.series, pause);
  }
}

async function writeMatrix(
  sink: JsonSink,
  matrix: Extract<ResultValue, { type: 'matrix' }>['series'],
  pause: () => Promise<void>,
): Promise<void> {
  let sincePause = 0;
  sink.write('[');
  for (const [index, { labels, timesMs, values }] of matrix.entries()) {
    if (index > 0) sink.write(',');
    sink.write(`{"metric":${labelsJson(labels)},"values":[`);
    for (let step = 0; step < timesMs.length; step += 1) {
      if (step > 0) sink.write(',');
      sink.write(point(timesMs[step] ?? NaN, values[step] ?? NaN));
    }
    sink.write(']}');
    sincePause += timesMs.length;
    if (sincePause >= POINTS_PER_PAUSE) {
      sincePause = 0;
      await pause();
    }
  }
  sink.write(']');
}

function point(timeMs: number, value: number): string {
  return `[${formatTime(timeMs)},"${formatValue(value)}"]`;
}

/** Written by hand: `JSON.stringify` would put names that look like numbers first. */
function labelsJson(labels: Labels): string {
  const pairs = sortedNames(labels).map(
    (name) => `${JSON.stringify(name)}:${JSON.stringify(labelOf(labels, name))}`,
  );
  return `{${pairs.join(',')}}`;
}
