/** A time range read in parts, where the whole is too large for one answer; the parts put together. */
import { CodedError } from '#base/errors.ts';
import { labelsKey } from '#promql/labels.ts';
import type { Series } from '#promql/ports.ts';

/** Of one call, in memory: 16 bytes each, and as much again while parts are put together. */
export const SAMPLES_MAX = 10_000_000;
/** What is too large within a second has too many series. */
const PART_MS_MIN = 1000;

export interface TimeRange {
  readonly startMs: number;
  /** Inclusive. */
  readonly endMs: number;
}

/**
 * @param read one part; undefined when it is too large for one answer
 * @throws CodedError `PLIM_QUERY_LIMIT`, and whatever `read` throws
 */
export async function readInParts(
  range: TimeRange,
  read: (part: TimeRange) => Promise<readonly Series[] | undefined>,
): Promise<readonly Series[]> {
  const waiting = [range];
  const parts: (readonly Series[])[] = [];
  let samples = 0;
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    const series = await read(part);
    if (series === undefined) {
      if (part.endMs - part.startMs < PART_MS_MIN) {
        throw new CodedError(
          'PLIM_QUERY_LIMIT',
          'the server has too many series for one answer, even within a second; name more labels',
        );
      }
      const middleMs = Math.floor((part.startMs + part.endMs) / 2);
      // The earlier half is taken next, so that parts come in order of time.
      waiting.push({ startMs: middleMs + 1, endMs: part.endMs }, { startMs: part.startMs, endMs: middleMs });
      continue;
    }
    samples += series.reduce((sum, { timesMs }) => sum + timesMs.length, 0);
    if (samples > SAMPLES_MAX) {
      throw new CodedError(
        'PLIM_QUERY_LIMIT',
        `more than ${SAMPLES_MAX} samples; name more labels or a shorter range`,
      );
    }
    parts.push(series);
  }
  return joined(parts);
}

/** Parts in order of time, none of which overlap. */
function joined(parts: readonly (readonly Series[])[]): readonly Series[] {
  const [only] = parts;
  if (parts.length <= 1) return only ?? [];
  const byKey = Map.groupBy(parts.flat(), ({ labels }) => labelsKey(labels));
  return [...byKey.values()].map((pieces) => {
    const [first] = pieces;
    return first !== undefined && pieces.length === 1 ? first : joinedSeries(pieces);
  });
}

function joinedSeries(pieces: readonly Series[]): Series {
  const length = pieces.reduce((sum, { timesMs }) => sum + timesMs.length, 0);
  const timesMs = new Float64Array(length);
  const values = new Float64Array(length);
  const stale = pieces.some((piece) => piece.stale !== undefined) ? new Uint8Array(length) : undefined;
  let offset = 0;
  for (const piece of pieces) {
    timesMs.set(piece.timesMs, offset);
    values.set(piece.values, offset);
    if (piece.stale !== undefined) stale?.set(piece.stale, offset);
    offset += piece.timesMs.length;
  }
  return { labels: pieces[0]?.labels ?? {}, timesMs, values, stale };
}
