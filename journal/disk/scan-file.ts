/** Reads a piece of a segment file and scans it; shared by readers and recovery. */
import { crc32 } from 'node:zlib';
import type { DiskFile } from '#base/disk.ts';
import { invariant } from '#base/invariant.ts';
import { RECORD_HEADER_BYTES } from '#journal/core/format.ts';
import { scanRecords, type ScannedRecord } from '#journal/core/scan.ts';

/** A buffer that is used again for each piece; records are views into it. */
export class PieceBuffer {
  #bytes = new Uint8Array(0);

  /** `length` bytes of scratch space; what was handed out before is overwritten. */
  take(length: number): Uint8Array {
    // A buffer that once held a giant record is not kept for small ones.
    const isWasteful = this.#bytes.length > 4 * length && this.#bytes.length > KEPT_BYTES_MAX;
    if (this.#bytes.length < length || isWasteful) this.#bytes = new Uint8Array(length);
    return this.#bytes.subarray(0, length);
  }
}

const KEPT_BYTES_MAX = 16 * 2 ** 20;

export interface PieceRequest {
  readonly file: DiskFile;
  /** Logical offset of the first byte of the file. */
  readonly base: number;
  readonly from: number;
  /** Logical end: no record reaches beyond it. */
  readonly limit: number;
  readonly bytesMax: number;
  readonly inDamage: boolean;
}

export interface Piece {
  readonly records: readonly ScannedRecord[];
  /** Where to go on: `limit` when the file has nothing more before it. */
  readonly next: number;
  readonly damagedRuns: number;
  readonly inDamage: boolean;
}

/** At least one record, or damage stepped over, or the limit reached. */
export async function readPiece(request: PieceRequest, buffer: PieceBuffer): Promise<Piece> {
  const { file, base, from, limit } = request;
  invariant(from >= base && from < limit, 'a piece starts inside its segment and before the limit');
  let want = Math.min(limit - from, Math.max(request.bytesMax, RECORD_HEADER_BYTES));
  for (;;) {
    const target = buffer.take(want);
    const filled = await file.read(target, from - base);
    const isShort = filled < want;
    const bytes = target.subarray(0, filled);
    const scanLimit = isShort ? from + filled : limit;
    const result = scanRecords({ bytes, offset: from, limit: scanLimit, inDamage: request.inDamage }, crc32);
    if (result.needs !== undefined) {
      invariant(result.needs > want, 'an incomplete record needs more than was read');
      want = result.needs;
      continue;
    }
    // The file ends before the limit: bytes that were there once are missing.
    const isCut = isShort && filled < limit - from;
    const cutRuns = isCut && result.damagedRuns === 0 && !result.inDamage ? 1 : 0;
    return {
      records: result.records,
      next: isShort ? limit : from + result.consumed,
      damagedRuns: result.damagedRuns + cutRuns,
      inDamage: isShort ? false : result.inDamage,
    };
  }
}
