/**
 * A sealed file of series:
 *
 *   file   = magic:8 block* index footer
 *   block  = zstd(chunk*)                       chunks of neighbouring series
 *   index  = zstd(JSON {blocks, series})        who is where
 *   footer = indexOffset:f64 indexBytes:u32 indexCrc:u32 magic:8
 *
 * Written whole, synced, renamed: a name that ends in `.chunk` is complete.
 */
import { crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { parentOf, writeFully } from '#base/atomic-file.ts';
import type { Disk, DiskFile } from '#base/disk.ts';
import { invariant, present } from '#base/invariant.ts';
import { parseJson } from '#signals/json.ts';
import type { Labels } from '#signals/matchers.ts';
import {
  ByteSink,
  decodeChunk,
  encodeChunk,
  type SampleColumns,
} from '#storage/embedded/metrics/core/chunk-codec.ts';

const MAGIC = new TextEncoder().encode('PLMCHNK1');
const FOOTER_BYTES = 24;
/** Large enough to compress well, small enough that one series costs little to read. */
const BLOCK_BYTES_TARGET = 64 * 1024;
/** An index or block over this is not one of ours. */
const SECTION_BYTES_MAX = 1024 * 1024 * 1024;

export interface SeriesToSeal {
  readonly labels: Labels;
  readonly samples: SampleColumns;
}

/** Where the chunk of one series is, and what it spans. */
export interface ChunkEntry {
  readonly labels: Labels;
  readonly block: number;
  /** In the decompressed block. */
  readonly offset: number;
  readonly count: number;
  readonly minMs: number;
  readonly maxMs: number;
}

interface BlockEntry {
  readonly offset: number;
  readonly bytes: number;
  readonly crc: number;
}

interface FileIndex {
  readonly blocks: readonly BlockEntry[];
  readonly series: readonly ChunkEntry[];
}

export interface SealedSummary {
  readonly bytes: number;
  readonly samples: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/** Writes and syncs `path`. @throws DiskError; then nothing stands under that name */
export async function writeChunkFile(
  disk: Disk,
  path: string,
  series: AsyncIterable<SeriesToSeal> | Iterable<SeriesToSeal>,
): Promise<SealedSummary> {
  const temporary = `${path}.tmp`;
  await disk.remove(temporary);
  const file = await disk.open(temporary, 'create');
  try {
    const summary = await writeSections(file, series);
    await file.dataSync();
    await file.close();
    await disk.rename(temporary, path);
    await disk.syncDir(parentOf(path));
    return summary;
  } catch (error) {
    await file.close().catch(() => {});
    await disk.remove(temporary).catch(() => {});
    throw error;
  }
}

async function writeSections(
  file: DiskFile,
  series: AsyncIterable<SeriesToSeal> | Iterable<SeriesToSeal>,
): Promise<SealedSummary> {
  const blocks: BlockEntry[] = [];
  const entries: ChunkEntry[] = [];
  let block = new ByteSink();
  let position = MAGIC.length;
  let samples = 0;
  let minMs = Infinity;
  let maxMs = -Infinity;
  await writeFully(file, [MAGIC], 0);
  const flush = async (): Promise<void> => {
    if (block.length === 0) return;
    const packed = zstdCompressSync(block.bytes());
    await writeFully(file, [packed], position);
    blocks.push({ offset: position, bytes: packed.length, crc: crc32(packed) });
    position += packed.length;
    block = new ByteSink();
  };
  for await (const { labels, samples: columns } of series) {
    const first = present(columns.timesMs.at(0), 'a sealed series has samples');
    const last = present(columns.timesMs.at(-1), 'a sealed series has samples');
    const count = columns.timesMs.length;
    entries.push({ labels, block: blocks.length, offset: block.length, count, minMs: first, maxMs: last });
    encodeChunk(columns, block);
    samples += count;
    minMs = Math.min(minMs, first);
    maxMs = Math.max(maxMs, last);
    if (block.length >= BLOCK_BYTES_TARGET) await flush();
  }
  await flush();
  const index = zstdCompressSync(
    Buffer.from(JSON.stringify({ blocks, series: entries } satisfies FileIndex)),
  );
  await writeFully(file, [index, footer(position, index)], position);
  return { bytes: position + index.length + FOOTER_BYTES, samples, minMs, maxMs };
}

function footer(indexOffset: number, index: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(FOOTER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setFloat64(0, indexOffset, true);
  view.setUint32(8, index.length, true);
  view.setUint32(12, crc32(index), true);
  bytes.set(MAGIC, 16);
  return bytes;
}

/** An open file; its index is in memory, its blocks are read when asked for. */
export class ChunkFile implements AsyncDisposable {
  readonly path: string;
  readonly series: readonly ChunkEntry[];
  readonly #file: DiskFile;
  readonly #blocks: readonly BlockEntry[];

  private constructor(path: string, file: DiskFile, index: FileIndex) {
    this.path = path;
    this.#file = file;
    this.#blocks = index.blocks;
    this.series = index.series;
  }

  /** @throws InvariantError when the file is not as we wrote it; DiskError */
  static async open(disk: Disk, path: string): Promise<ChunkFile> {
    const file = await disk.open(path, 'read');
    try {
      const size = await file.size();
      const tail = await readExactly(file, size - FOOTER_BYTES, FOOTER_BYTES);
      const view = new DataView(tail.buffer, tail.byteOffset);
      invariant(
        MAGIC.every((byte, at) => tail[16 + at] === byte),
        `${path} ends with the chunk file's mark`,
      );
      const packed = await readExactly(file, view.getFloat64(0, true), view.getUint32(8, true));
      invariant(crc32(packed) === view.getUint32(12, true), `the index of ${path} is undamaged`);
      const json = new TextDecoder().decode(
        zstdDecompressSync(packed, { maxOutputLength: SECTION_BYTES_MAX }),
      );
      return new ChunkFile(path, file, parseJson(json) as FileIndex);
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
  }

  /** The decompressed block. @throws InvariantError when it is damaged */
  async block(number: number): Promise<Uint8Array> {
    const entry = present(this.#blocks[number], 'the index names blocks that are there');
    const packed = await readExactly(this.#file, entry.offset, entry.bytes);
    invariant(crc32(packed) === entry.crc, `block ${number} of ${this.path} is undamaged`);
    return zstdDecompressSync(packed, { maxOutputLength: SECTION_BYTES_MAX });
  }

  decode(block: Uint8Array, entry: ChunkEntry): SampleColumns {
    return decodeChunk(block, entry.offset);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

async function readExactly(file: DiskFile, position: number, length: number): Promise<Uint8Array> {
  invariant(position >= 0 && length <= SECTION_BYTES_MAX, 'a section lies inside its file');
  const bytes = new Uint8Array(length);
  const read = await file.read(bytes, position);
  invariant(read === length, 'a section lies inside its file');
  return bytes;
}
