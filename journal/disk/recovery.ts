/**
 * What a start finds in a journal folder. Nothing is changed here but by
 * {@link secureTail}; damage never stops a start, it is counted.
 *
 * Only the last segment is scanned: a segment that has a successor was synced
 * up to the successor's base before that was made, and readers check every
 * record anyway.
 */
import { crc32 } from 'node:zlib';
import { writeFully } from '#base/atomic-file.ts';
import type { Disk, DiskFile } from '#base/disk.ts';
import { present } from '#base/invariant.ts';
import { NO_ITEMS, type Totals } from '#signals/records.ts';
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES, type SegmentHeader } from '#journal/core/format.ts';
import { maxTotals } from '#journal/core/loss.ts';
import { readHint } from '#journal/disk/committed.ts';
import { listSegments, segmentPath } from '#journal/disk/files.ts';
import { PieceBuffer, readPiece } from '#journal/disk/scan-file.ts';

export interface FoundSegment {
  readonly base: number;
  /** Bytes of the file. */
  readonly bytes: number;
  /** When it was begun; undefined when its header is damaged. */
  readonly createdUnixNanos: bigint | undefined;
}

export interface Recovered {
  /** Oldest first. */
  readonly segments: readonly FoundSegment[];
  /** End of the last record that can be read, or further if more was committed. */
  readonly end: number;
  /** Known to be durable without doing anything; ≤ `end`. */
  readonly durableEnd: number;
  readonly accepted: Totals;
  /** Of `node`, as far as the scanned records tell. */
  readonly epochMax: number;
  readonly corruptRecords: number;
  /** Receive time of the newest record that was scanned. */
  readonly newestUnixNanos: bigint | undefined;
}

/** @throws DiskError when the disk cannot be read */
export async function recover(disk: Disk, directory: string, node: string | undefined): Promise<Recovered> {
  const bases = await listSegments(disk, directory);
  const hint = await readHint(disk, directory);
  const segments: FoundSegment[] = [];
  for (const base of bases) segments.push(await inspect(disk, directory, base));
  const tail = await scanBackwards(disk, directory, segments, node);
  const isHintAhead = hint.offset > tail.end;
  const durableEnd = Math.max(hint.offset, emptyEnd(segments.at(-1)));
  return {
    segments,
    end: Math.max(tail.end, durableEnd),
    durableEnd,
    accepted: isHintAhead ? maxTotals(tail.accepted, hint.accepted) : tail.accepted,
    epochMax: tail.epochMax,
    corruptRecords: tail.damagedRuns + (isHintAhead ? 1 : 0),
    newestUnixNanos: tail.newestUnixNanos,
  };
}

/** What stands before a segment was synced before it was made, and so was its header. */
function emptyEnd(last: FoundSegment | undefined): number {
  return last === undefined ? 0 : last.base + SEGMENT_HEADER_BYTES;
}

async function inspect(disk: Disk, directory: string, base: number): Promise<FoundSegment> {
  const file = await disk.open(segmentPath(directory, base), 'read');
  try {
    const header = await readHeader(file, base);
    return { base, bytes: await file.size(), createdUnixNanos: header?.createdUnixNanos };
  } finally {
    await file.close();
  }
}

/** The header of an open segment, or undefined when it is damaged. */
export async function readHeader(file: DiskFile, base: number): Promise<SegmentHeader | undefined> {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
  const filled = await file.read(bytes, 0);
  return decodeSegmentHeader(bytes.subarray(0, filled), base, crc32);
}

interface Tail {
  readonly end: number;
  /** Undefined when neither a header nor a record could be read. */
  readonly totals: Totals | undefined;
  readonly epochMax: number;
  readonly damagedRuns: number;
  readonly newestUnixNanos: bigint | undefined;
}

/** Scans the last segment, and earlier ones only as long as none has said the totals. */
async function scanBackwards(
  disk: Disk,
  directory: string,
  segments: readonly FoundSegment[],
  node: string | undefined,
): Promise<Omit<Tail, 'totals'> & { readonly accepted: Totals }> {
  let end: number | undefined;
  let epochMax = 0;
  let damagedRuns = 0;
  let newestUnixNanos: bigint | undefined;
  for (let index = segments.length - 1; index >= 0; index -= 1) {
    const { base } = present(segments[index], 'the index is in range');
    const limit = segments[index + 1]?.base;
    const tail = await scanSegment(disk, { directory, base, limit, node });
    end ??= tail.end;
    epochMax = Math.max(epochMax, tail.epochMax);
    damagedRuns += tail.damagedRuns;
    newestUnixNanos ??= tail.newestUnixNanos;
    if (tail.totals !== undefined)
      return { end, accepted: tail.totals, epochMax, damagedRuns, newestUnixNanos };
  }
  return { end: end ?? 0, accepted: NO_ITEMS, epochMax, damagedRuns, newestUnixNanos };
}

const SCAN_BYTES = 2 ** 20;

interface SegmentToScan {
  readonly directory: string;
  readonly base: number;
  readonly limit: number | undefined;
  readonly node: string | undefined;
}

async function scanSegment(disk: Disk, segment: SegmentToScan): Promise<Tail> {
  const { base, node } = segment;
  const file = await disk.open(segmentPath(segment.directory, base), 'read');
  try {
    const header = await readHeader(file, base);
    const limit = segment.limit ?? base + (await file.size());
    const buffer = new PieceBuffer();
    const state = { end: base + SEGMENT_HEADER_BYTES, totals: header?.accepted, epochMax: 0, damagedRuns: 0 };
    let newestUnixNanos: bigint | undefined;
    let inDamage = false;
    let openRuns = 0;
    for (let from = state.end; from < limit;) {
      const piece = await readPiece({ file, base, from, limit, bytesMax: SCAN_BYTES, inDamage }, buffer);
      openRuns += piece.damagedRuns;
      for (const { header: record } of piece.records) {
        if (record.node === node) state.epochMax = Math.max(state.epochMax, record.epoch);
      }
      const last = piece.records.at(-1);
      if (last !== undefined) {
        state.end = last.nextOffset;
        state.totals = last.header.accepted;
        newestUnixNanos = last.header.receivedUnixNanos;
        // Damage with a good record behind it is damage; at the very end it is
        // most likely a commit that was never finished.
        state.damagedRuns += openRuns - (piece.inDamage ? 1 : 0);
        openRuns = piece.inDamage ? 1 : 0;
      }
      from = piece.next;
      inDamage = piece.inDamage;
    }
    return { ...state, newestUnixNanos };
  } finally {
    await file.close();
  }
}

const COPY_BYTES = 4 * 2 ** 20;

/**
 * Makes `base … end` of the last segment durable by writing it to a fresh file
 * under the same name. A sync of the old file would prove nothing: when one has
 * failed before, the next succeeds with the data gone.
 *
 * @throws DiskError; then nothing has changed
 */
export async function secureTail(disk: Disk, directory: string, base: number, end: number): Promise<void> {
  const path = segmentPath(directory, base);
  const temporary = `${path}.tmp`;
  await disk.remove(temporary);
  const source = await disk.open(path, 'read');
  try {
    const target = await disk.open(temporary, 'create');
    try {
      await copy(source, target, end - base);
      await target.dataSync();
    } finally {
      await target.close();
    }
  } catch (error) {
    await disk.remove(temporary).catch(() => {});
    throw error;
  } finally {
    await source.close();
  }
  await disk.rename(temporary, path);
  await disk.syncDir(directory);
}

async function copy(source: DiskFile, target: DiskFile, length: number): Promise<void> {
  const buffer = new Uint8Array(Math.min(COPY_BYTES, length));
  for (let position = 0; position < length;) {
    const filled = await source.read(
      buffer.subarray(0, Math.min(buffer.length, length - position)),
      position,
    );
    if (filled === 0) break;
    await writeFully(target, [buffer.subarray(0, filled)], position);
    position += filled;
  }
}
