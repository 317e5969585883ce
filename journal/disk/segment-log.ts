/**
 * The segments of one writer: begins, fills, fences and deletes them. One write
 * and one sync a commit; nothing counts before the sync has succeeded.
 *
 * Invariant: `committed` is the end of what is durable. The segment being
 * written ends there, and so does every segment before it begin another.
 */
import { isDiskFull, writeFully } from '#base/atomic-file.ts';
import type { Clock } from '#base/clock.ts';
import type { Disk, DiskFile } from '#base/disk.ts';
import { invariant, present } from '#base/invariant.ts';
import type { Producer } from '#signals/ids.ts';
import type { Totals } from '#signals/records.ts';
import { SEGMENT_HEADER_BYTES } from '#journal/core/format.ts';
import { segmentsToDelete } from '#journal/core/retention.ts';
import { createSegment, segmentPath, writeSealed } from '#journal/disk/files.ts';
import { secureTail, type Recovered } from '#journal/disk/recovery.ts';

export interface LogPlace {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
}

/**
 * - `committed`: durable;
 * - `no-space`: nothing written, the segment is as before;
 * - `fenced`: what reached the disk is unknown; the segment is closed for good.
 */
export type CommitResult =
  | { readonly kind: 'committed' }
  | { readonly kind: 'no-space'; readonly error: unknown }
  | { readonly kind: 'fenced'; readonly error: unknown; readonly step: 'write' | 'sync' };

export interface RetentionRules {
  readonly bytesMax: number;
  readonly ageMinMs: number;
  readonly ageMaxMs: number;
  readonly refuseOffset: number | undefined;
  readonly slowestOffset: number | undefined;
}

interface Segment {
  readonly base: number;
  bytes: number;
  /** Undefined when its header is damaged. */
  readonly createdUnixNanos: bigint | undefined;
  /** Monotonic time of the last write, in milliseconds. */
  writtenMs: number;
}

export class SegmentLog {
  readonly #place: LogPlace;
  readonly #producer: Producer;
  readonly #segments: Segment[];
  #active: DiskFile | undefined;
  #committed: number;
  #accepted: Totals;
  /** End of records of the run before that are not known to be durable yet. */
  #unsecuredEnd: number | undefined;
  #isEpochStored = false;

  constructor(place: LogPlace, producer: Producer, recovered: Recovered) {
    this.#place = place;
    this.#producer = producer;
    this.#segments = agedSegments(place.clock, recovered);
    this.#accepted = recovered.accepted;
    this.#committed = recovered.durableEnd;
    if (recovered.end > recovered.durableEnd) this.#unsecuredEnd = recovered.end;
  }

  get committed(): number {
    return this.#committed;
  }

  /** Items accepted up to {@link committed}. */
  get accepted(): Totals {
    return this.#accepted;
  }

  get isWritable(): boolean {
    return this.#active !== undefined;
  }

  /** Bytes of the segment being written. */
  get activeBytes(): number {
    return this.#active === undefined ? 0 : present(this.#segments.at(-1), 'it is the last').bytes;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** First offset there is. */
  get oldest(): number {
    return this.#segments[0]?.base ?? this.#committed;
  }

  get oldestUnixNanos(): bigint | undefined {
    return this.#segments.find((segment) => segment.createdUnixNanos !== undefined)?.createdUnixNanos;
  }

  /**
   * Makes the next append possible: the tail of the run before and this run's
   * epoch are durable first, then a fresh segment is. Can be tried again.
   *
   * @param floor the segment begins there at the earliest
   * @throws DiskError
   */
  async begin(floor: number): Promise<void> {
    invariant(this.#active === undefined, 'a segment is being written already');
    const { disk, clock, directory } = this.#place;
    if (this.#unsecuredEnd !== undefined) {
      const last = present(this.#segments.at(-1), 'there was something to recover');
      await secureTail(disk, directory, last.base, this.#unsecuredEnd);
      last.bytes = this.#unsecuredEnd - last.base;
      this.#committed = this.#unsecuredEnd;
      this.#unsecuredEnd = undefined;
    }
    if (!this.#isEpochStored) {
      await writeSealed(disk, `${directory}/node.json`, this.#producer);
      this.#isEpochStored = true;
    }
    const base = Math.max(this.#committed, floor);
    const createdUnixNanos = clock.wallNanos();
    const header = { node: this.#producer.node, base, createdUnixNanos, accepted: this.#accepted };
    this.#active = await createSegment(disk, directory, header);
    this.#committed = base + SEGMENT_HEADER_BYTES;
    const writtenMs = clock.monotonicMs();
    this.#segments.push({ base, bytes: SEGMENT_HEADER_BYTES, createdUnixNanos, writtenMs });
  }

  /** Appends `length` bytes at {@link committed}; they bring the totals to `accepted`. */
  async commit(chunks: readonly Uint8Array[], length: number, accepted: Totals): Promise<CommitResult> {
    const file = present(this.#active, 'begin has made a segment');
    const segment = present(this.#segments.at(-1), 'the active segment is the last');
    const position = this.#committed - segment.base;
    invariant(position === segment.bytes, 'the segment ends where the journal does');
    try {
      await writeFully(file, chunks, position);
    } catch (error) {
      return this.#writeFailed(file, position, error);
    }
    try {
      await file.dataSync();
    } catch (error) {
      await this.#fence(file);
      return { kind: 'fenced', error, step: 'sync' };
    }
    segment.bytes = position + length;
    segment.writtenMs = this.#place.clock.monotonicMs();
    this.#committed += length;
    this.#accepted = accepted;
    return { kind: 'committed' };
  }

  /** Closes the segment being written; {@link begin} makes the next one. */
  async endSegment(): Promise<void> {
    const file = this.#active;
    this.#active = undefined;
    await file?.close().catch(() => {});
  }

  /** Deletes what the rules allow; returns how many segments went. */
  async retain(rules: RetentionRules): Promise<number> {
    const { disk, clock, directory } = this.#place;
    const nowMs = clock.monotonicMs();
    const closed = this.#segments.slice(0, -1).map((segment, index) => ({
      base: segment.base,
      end: present(this.#segments[index + 1], 'a closed segment has a successor').base,
      bytes: segment.bytes,
      ageMs: nowMs - segment.writtenMs,
    }));
    const count = segmentsToDelete({ ...rules, segments: closed, bytes: this.bytes });
    for (let deleted = 0; deleted < count; deleted += 1) {
      const oldest = present(this.#segments[0], 'the last segment is never deleted');
      await disk.remove(segmentPath(directory, oldest.base));
      this.#segments.shift();
      // One by one, so that a power cut leaves no hole in the middle.
      await disk.syncDir(directory);
    }
    return count;
  }

  async #writeFailed(file: DiskFile, position: number, error: unknown): Promise<CommitResult> {
    if (isDiskFull(error)) {
      try {
        await file.truncate(position);
        return { kind: 'no-space', error };
      } catch {
        // Then nobody knows what stands in the file: fence it.
      }
    }
    await this.#fence(file);
    return { kind: 'fenced', error, step: 'write' };
  }

  async #fence(file: DiskFile): Promise<void> {
    this.#active = undefined;
    // Not synced again: after a failed sync the next one proves nothing.
    await file.close().catch(() => {});
  }
}

/** Ages run on the monotonic clock from here on: a wall clock that jumps deletes nothing. */
function agedSegments(clock: Clock, recovered: Recovered): Segment[] {
  const nowMs = clock.monotonicMs();
  const nowNanos = clock.wallNanos();
  return recovered.segments.map((segment, index) => {
    // The last write to a segment was before its successor was made.
    const successor = recovered.segments[index + 1];
    const stamp = successor === undefined ? recovered.newestUnixNanos : successor.createdUnixNanos;
    const ageMs = stamp === undefined ? 0 : Math.max(0, Number((nowNanos - stamp) / 1_000_000n));
    const { base, bytes, createdUnixNanos } = segment;
    return { base, bytes, createdUnixNanos, writtenMs: nowMs - ageMs };
  });
}
