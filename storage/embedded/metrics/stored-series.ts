/** One stored series: what of it is in memory, what in files, and its limits. */
import type { Labels } from '#signals/matchers.ts';
import type { ChunkEntry, ChunkFile, SeriesToSeal } from '#storage/embedded/metrics/chunk-file.ts';
import type { SampleColumns } from '#storage/embedded/metrics/core/chunk-codec.ts';
import type { SeriesRef } from '#storage/embedded/metrics/core/label-index.ts';
import type { GrowingSamples } from '#storage/embedded/metrics/core/samples.ts';
import type { ManifestFile } from '#storage/embedded/metrics/manifest.ts';

/** Labels a series may have, and how long they may be: VictoriaMetrics' defaults. */
export const LABELS_MAX = 40;
export const LABEL_NAME_BYTES_MAX = 256;
export const LABEL_VALUE_BYTES_MAX = 4096;
export interface IncomingSample {
  readonly labels: Labels;
  readonly timeMs: number;
  readonly value: number;
  /** A staleness marker; the value then means nothing. */
  readonly stale: boolean;
}

export interface StoredSeries {
  readonly ref: SeriesRef;
  readonly labels: Labels;
  readonly key: string;
  tail: GrowingSamples | undefined;
  /** The tail while it is being sealed. */
  sealing: GrowingSamples | undefined;
  /** In order of arrival. */
  chunks: { readonly file: OpenFile; readonly entry: ChunkEntry }[];
}

export interface OpenFile extends ManifestFile {
  readonly chunks: ChunkFile;
}

/** What is being sealed. */
export function* tailsOf(series: readonly StoredSeries[]): Iterable<SeriesToSeal> {
  for (const { labels, sealing } of series) {
    if (sealing !== undefined) yield { labels, samples: sealing.columns() };
  }
}

/** Decompresses each block once a query, however many series it holds. */
export async function readChunk(
  file: OpenFile,
  entry: ChunkEntry,
  blocks: Map<string, Promise<Uint8Array>>,
): Promise<SampleColumns> {
  const key = `${file.name}/${entry.block}`;
  let block = blocks.get(key);
  if (block === undefined) {
    block = file.chunks.block(entry.block);
    blocks.set(key, block);
  }
  return file.chunks.decode(await block, entry);
}

export function overlaps(series: StoredSeries, startMs: number, endMs: number): boolean {
  return (
    series.chunks.some(({ entry }) => entry.minMs <= endMs && entry.maxMs >= startMs) ||
    [series.sealing, series.tail].some(
      (tail) => tail !== undefined && tail.minMs <= endMs && tail.maxMs >= startMs,
    )
  );
}

export function withinLabelLimits(labels: Labels): boolean {
  const pairs = Object.entries(labels);
  return (
    pairs.length <= LABELS_MAX &&
    pairs.every(
      ([name, value]) => name.length <= LABEL_NAME_BYTES_MAX && value.length <= LABEL_VALUE_BYTES_MAX,
    )
  );
}
