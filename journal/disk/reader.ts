/**
 * Reads the segment files, in any thread or process, up to the committed
 * offset. It shares nothing with the writer but the folder and that offset.
 *
 * Beyond the base of the next segment nothing counts: there stand, at most,
 * bytes of a commit that failed. So the folder is listed after the committed
 * offset was read, never before.
 */
import { crc32 } from 'node:zlib';
import type { Clock } from '#base/clock.ts';
import type { Disk, DiskFile } from '#base/disk.ts';
import { CodedError } from '#base/errors.ts';
import { addItems } from '#signals/records.ts';
import { decodeRecordHeader, RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES } from '#journal/core/format.ts';
import { LossMeter } from '#journal/core/loss.ts';
import type { ScannedRecord } from '#journal/core/scan.ts';
import { CursorReports, type CursorReporter } from '#journal/cursor-reports.ts';
import type { CommittedOffset } from '#journal/disk/committed.ts';
import { offsetOf, PARTITION, writeReport } from '#journal/disk/consumers.ts';
import { listSegments, segmentPath } from '#journal/disk/files.ts';
import { readHeader } from '#journal/disk/recovery.ts';
import { PieceBuffer, readPiece } from '#journal/disk/scan-file.ts';
import type {
  ConsumerRegistration,
  Cursor,
  JournalCapabilities,
  JournalReader,
  JournalRecord,
  JournalSource,
  RecordBatch,
} from '#journal/ports.ts';

export interface DiskJournalSourceOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
  readonly committed: CommittedOffset;
  /** Each report at once, for a faster way to the writer than the file. */
  readonly onReport?: (consumer: ConsumerRegistration, cursor: Cursor) => void;
  /** Runs of damaged bytes that were stepped over; at least one record is lost in each. */
  readonly onDamage?: (runs: number) => void;
}

export interface DiskJournalSource extends JournalSource, AsyncDisposable {}

export const DISK_CAPABILITIES: JournalCapabilities = {
  durability: 'on this machine’s disk: survives a kill of the process and a power cut',
  survivesDiskLoss: false,
  partitions: 1,
};

export function openDiskJournalSource(options: DiskJournalSourceOptions): DiskJournalSource {
  return new DiskSource(options);
}

class DiskSource implements DiskJournalSource {
  readonly capabilities = DISK_CAPABILITIES;
  readonly #options: DiskJournalSourceOptions;
  readonly #reports: CursorReports;

  constructor(options: DiskJournalSourceOptions) {
    this.#options = options;
    this.#reports = new CursorReports(options.clock, (consumer, cursor) =>
      writeReport(options, consumer, cursor),
    );
  }

  async open(options: {
    readonly cursor: Cursor;
    readonly consumer: ConsumerRegistration;
  }): Promise<JournalReader> {
    return new DiskReader(this.#options, options.cursor, this.#reports.of(options.consumer));
  }

  async reportCursor(consumer: ConsumerRegistration, cursor: Cursor): Promise<void> {
    this.#options.onReport?.(consumer, cursor);
    this.#reports.of(consumer).report(cursor);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reports.flush();
  }
}

interface OpenSegment {
  readonly base: number;
  readonly file: DiskFile;
  /** Base of the next segment; undefined while this is the last. */
  limit: number | undefined;
}

/** A segment can be deleted between listing and opening; more often than this means something else. */
const LOCATE_ATTEMPTS_MAX = 10;

class DiskReader implements JournalReader {
  readonly #options: DiskJournalSourceOptions;
  readonly #reporter: CursorReporter;
  readonly #buffer = new PieceBuffer();
  readonly #losses: LossMeter;
  #position: number;
  #segment: OpenSegment | undefined;
  #inDamage = false;
  #isEndChecked = false;

  constructor(options: DiskJournalSourceOptions, cursor: Cursor, reporter: CursorReporter) {
    this.#options = options;
    this.#reporter = reporter;
    this.#position = offsetOf(cursor);
    this.#losses = new LossMeter(cursor.accepted);
  }

  async next(options: {
    readonly bytesMax: number;
    readonly waitMs: number;
    readonly signal?: AbortSignal;
  }): Promise<RecordBatch> {
    const { clock, committed } = this.#options;
    const deadlineMs = clock.monotonicMs() + options.waitMs;
    for (;;) {
      const restMs = Math.max(0, deadlineMs - clock.monotonicMs());
      const end = await committed.waitBeyond(this.#position, restMs, options.signal);
      if (end <= this.#position) {
        await this.#checkEnd(end);
        return this.#batch([]);
      }
      const records = await this.#read(end, options.bytesMax);
      const batch = this.#batch(records);
      if (records.length > 0 || Object.keys(batch.lost).length > 0) return batch;
      if (options.signal?.aborted === true) return batch;
    }
  }

  async lag(): Promise<{ readonly bytes: number; readonly oldestUnixNanos: bigint | undefined }> {
    const end = this.#options.committed.current();
    const position = this.#position;
    if (end <= position) return { bytes: 0, oldestUnixNanos: undefined };
    return { bytes: end - position, oldestUnixNanos: await this.#receivedAt(position) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#leave();
    await this.#reporter.flush();
  }

  #batch(records: readonly JournalRecord[]): RecordBatch {
    return { records, position: { [PARTITION]: this.#position }, lost: this.#losses.take() };
  }

  async #read(end: number, bytesMax: number): Promise<readonly JournalRecord[]> {
    const segment = await this.#locate();
    const { file, base } = segment;
    const limit = Math.min(segment.limit ?? end, end);
    if (this.#position < base + SEGMENT_HEADER_BYTES) {
      const header = await readHeader(file, base);
      if (header !== undefined) this.#losses.sees(header.accepted, header.accepted);
      this.#position = Math.min(base + SEGMENT_HEADER_BYTES, limit);
    }
    if (this.#position >= limit) return [];
    const piece = await readPiece(
      { file, base, from: this.#position, limit, bytesMax, inDamage: this.#inDamage },
      this.#buffer,
    );
    this.#position = piece.next;
    this.#inDamage = piece.inDamage && piece.next < limit;
    if (piece.damagedRuns > 0) this.#options.onDamage?.(piece.damagedRuns);
    return piece.records.map((record) => this.#accept(record));
  }

  #accept({ header, tenant, body, nextOffset }: ScannedRecord): JournalRecord {
    const { node, epoch, sequence, offset, kind, items, receivedUnixNanos, accepted } = header;
    this.#losses.sees(addItems(accepted, kind, -items), accepted);
    return {
      id: { node, epoch, sequence },
      partition: PARTITION,
      offset,
      nextOffset,
      kind,
      tenant: new TextDecoder().decode(tenant),
      receivedUnixNanos,
      items,
      accepted,
      body,
    };
  }

  /** Opens the segment the position is in; jumps forward over what was deleted. */
  async #locate(): Promise<OpenSegment> {
    const current = this.#segment;
    if (current?.limit !== undefined && this.#position < current.limit) return current;
    const { disk, directory } = this.#options;
    for (let attempt = 0; attempt < LOCATE_ATTEMPTS_MAX; attempt += 1) {
      const bases = await listSegments(disk, directory);
      const [oldest] = bases;
      if (oldest === undefined) break;
      if (this.#position < oldest) {
        this.#losses.skippedDeleted();
        this.#position = oldest;
        this.#inDamage = false;
      }
      const segment = await this.#enter(bases);
      if (segment !== undefined) return segment;
    }
    throw new CodedError(
      'PLIM_DATA_UNUSABLE',
      `${directory} has no segment for offset ${this.#position}; was the journal folder emptied while in use?`,
    );
  }

  /** Undefined when the segment has been deleted meanwhile. */
  async #enter(bases: readonly number[]): Promise<OpenSegment | undefined> {
    const { disk, directory } = this.#options;
    const index = bases.findLastIndex((base) => base <= this.#position);
    const base = bases[index];
    if (base === undefined) return undefined;
    const limit = bases[index + 1];
    if (this.#segment?.base === base) {
      this.#segment.limit = limit;
      return this.#segment;
    }
    await this.#leave();
    const file = await openUnlessGone(disk, segmentPath(directory, base));
    if (file === undefined) return undefined;
    this.#inDamage = false;
    this.#segment = { base, file, limit };
    return this.#segment;
  }

  async #leave(): Promise<void> {
    const segment = this.#segment;
    this.#segment = undefined;
    await segment?.file.close().catch(() => {});
  }

  /**
   * A cursor beyond the end of every file belongs to another journal: waiting
   * would mean to skip all that comes until then.
   */
  async #checkEnd(end: number): Promise<void> {
    if (this.#isEndChecked || end === 0 || end === this.#position) return;
    this.#isEndChecked = true;
    const { disk, directory } = this.#options;
    const last = (await listSegments(disk, directory)).at(-1);
    if (last === undefined) return;
    const file = await openUnlessGone(disk, segmentPath(directory, last));
    const fileEnd = last + ((await file?.size()) ?? 0);
    await file?.close();
    if (file === undefined || fileEnd >= this.#position) return;
    throw new CodedError(
      'PLIM_DATA_UNUSABLE',
      `a consumer has read up to offset ${this.#position}, but the journal in ${directory} ends at ${fileEnd}: ` +
        'the folder is not the one it was; remove the consumer’s data too, or put the folder back',
    );
  }

  /** Receive time of the record at `position`, or undefined when it cannot be told cheaply. */
  async #receivedAt(position: number): Promise<bigint | undefined> {
    const { disk, directory } = this.#options;
    const base = (await listSegments(disk, directory)).findLast((candidate) => candidate <= position);
    const file = base === undefined ? undefined : await openUnlessGone(disk, segmentPath(directory, base));
    if (base === undefined || file === undefined) return undefined;
    try {
      const at = Math.max(position, base + SEGMENT_HEADER_BYTES);
      const bytes = new Uint8Array(RECORD_HEADER_BYTES);
      await file.read(bytes, at - base);
      return decodeRecordHeader(bytes, 0, at, crc32)?.receivedUnixNanos;
    } finally {
      await file.close();
    }
  }
}

async function openUnlessGone(disk: Disk, path: string): Promise<DiskFile | undefined> {
  try {
    return await disk.open(path, 'read');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
