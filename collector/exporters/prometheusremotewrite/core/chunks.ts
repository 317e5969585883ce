/** A batch in requests of a bounded size, and a request in halves. Pure. */
import { invariant, present } from '#base/invariant.ts';
import type { OutSeries } from '#collector/exporters/prometheusremotewrite/core/batch.ts';

/** Consecutive samples of one series. Its exemplars go with the last of them. */
export interface Slice {
  readonly series: OutSeries;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** What one request holds. */
export interface Chunk {
  readonly slices: readonly Slice[];
  readonly samples: number;
}

/** Of a sample and of an exemplar on the wire, with room to spare. */
const SAMPLE_BYTES = 22;
const EXEMPLAR_BYTES = 130;

export function hasExemplars({ series, to }: Slice): boolean {
  return to === series.samples.length && series.exemplars.length > 0;
}

/** @param bytesMax of a request before compression, about; one sample goes whatever it says */
export function chunksOf(series: readonly OutSeries[], bytesMax: number): Chunk[] {
  const chunks: Chunk[] = [];
  let slices: Slice[] = [];
  let bytes = 0;
  const end = (): void => {
    if (slices.length > 0) chunks.push(chunkOf(slices));
    slices = [];
    bytes = 0;
  };
  for (const one of series) {
    const exemplarBytes = one.exemplars.length * EXEMPLAR_BYTES;
    for (let from = 0; from < one.samples.length;) {
      const room = bytesMax - bytes - one.labelBytes - exemplarBytes;
      const fit = Math.floor(room / SAMPLE_BYTES);
      if (fit < 1 && slices.length > 0) {
        end();
        continue;
      }
      const to = Math.min(one.samples.length, from + Math.max(1, fit));
      slices.push({ series: one, from, to });
      bytes += one.labelBytes + exemplarBytes + (to - from) * SAMPLE_BYTES;
      from = to;
    }
  }
  end();
  return chunks;
}

/** Of a request before compression, about. */
export function bytesOf({ slices }: Chunk): number {
  return slices.reduce((sum, slice) => {
    const { labelBytes, exemplars } = slice.series;
    const exemplarBytes = hasExemplars(slice) ? exemplars.length * EXEMPLAR_BYTES : 0;
    return sum + labelBytes + exemplarBytes + (slice.to - slice.from) * SAMPLE_BYTES;
  }, 0);
}

/** Two requests for one of at least two samples; the earlier samples of a series stand in the first. */
export function halvesOf(chunk: Chunk): readonly [Chunk, Chunk] {
  invariant(chunk.samples > 1, 'one sample has no halves');
  const half = Math.floor(chunk.samples / 2);
  const first: Slice[] = [];
  const second: Slice[] = [];
  let seen = 0;
  for (const slice of chunk.slices) {
    const cut = Math.min(slice.to, Math.max(slice.from, slice.from + half - seen));
    if (cut > slice.from) first.push({ ...slice, to: cut });
    if (cut < slice.to) second.push({ ...slice, from: cut });
    seen += slice.to - slice.from;
  }
  return [chunkOf(first), chunkOf(second)];
}

/** The first sample alone. */
export function firstOf({ slices }: Chunk): Chunk {
  const slice = present(slices[0], 'a request has a slice');
  return chunkOf([{ ...slice, to: slice.from + 1 }]);
}

/** All but the first sample; undefined when there is no other. */
export function restOf({ slices: [slice, ...others] }: Chunk): Chunk | undefined {
  const first = present(slice, 'a request has a slice');
  const left = first.from + 1 < first.to ? [{ ...first, from: first.from + 1 }, ...others] : others;
  return left.length === 0 ? undefined : chunkOf(left);
}

function chunkOf(slices: readonly Slice[]): Chunk {
  return { slices, samples: slices.reduce((sum, { from, to }) => sum + to - from, 0) };
}
