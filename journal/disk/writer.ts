/**
 * The disk journal's writer: group commit. While one commit is on its way to
 * the disk, the next collects; each is one write and one sync, and only then
 * are its senders answered.
 *
 *   open ──no space──▶ full ──space again──▶ open
 *   open ──write or sync failed, fresh segment failed too──▶ failed ──▶ open
 *   any  ──close──▶ closed
 *
 * It does not read records: that is `reader.ts`, in whatever thread it likes.
 */
import { isDiskFull } from '#base/atomic-file.ts';
import type { Clock, Timer } from '#base/clock.ts';
import type { Disk } from '#base/disk.ts';
import type { CodedError } from '#base/errors.ts';
import { invariant } from '#base/invariant.ts';
import { uuid, type Random } from '#base/random.ts';
import type { Producer } from '#signals/ids.ts';
import type { Totals } from '#signals/records.ts';
import type { JournalConfig } from '#journal/config.ts';
import { recordBytes, SEGMENT_HEADER_BYTES, TENANT_BYTES_MAX } from '#journal/core/format.ts';
import { maxTotals } from '#journal/core/loss.ts';
import * as refusals from '#journal/disk/refusals.ts';
import type { Trouble } from '#journal/disk/refusals.ts';
import { encodeGroup, type Draft } from '#journal/disk/group.ts';
import { HintFile } from '#journal/disk/committed.ts';
import { consumersDir, ConsumerTable, type ConsumerProgress } from '#journal/disk/consumers.ts';
import { makeDurableDir, readSealed } from '#journal/disk/files.ts';
import { recover, type Recovered } from '#journal/disk/recovery.ts';
import { SegmentLog, type CommitResult } from '#journal/disk/segment-log.ts';
import type {
  Appended,
  ConsumerRegistration,
  Cursor,
  JournalStatus,
  JournalWriter,
  RecordDraft,
} from '#journal/ports.ts';

export interface DiskJournalOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly directory: string;
  readonly config: JournalConfig;
  /**
   * Who may hold space. With a list, reports of others in the folder are
   * ignored; without one, everybody counts who has ever reported.
   */
  readonly consumers?: readonly ConsumerRegistration[];
  /** After each commit and before its senders are answered; must not throw. */
  readonly onCommit?: (committedOffset: number, commitMs: number) => void;
}

export interface DiskJournalWriter extends JournalWriter {
  /** Offset up to which everything is durable and may be read. */
  committed(): number;
  /** What `reportCursor` does, for consumers whose reports reach this process. */
  updateConsumer(consumer: ConsumerRegistration, cursor: Cursor): void;
  /** A faster way to see how far a consumer is. */
  attach(progress: ConsumerProgress): void;
}

/** After a failure the disk is tried again after this long, doubling up to the maximum. */
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5000;
/** Consumers' reports are read and retention is looked at this often. */
const UPKEEP_MS = 1000;
/** After "no space", this much beyond what failed must be free before the door opens again. */
const SPACE_SLACK_BYTES = 2 ** 20;

/**
 * Opens the journal in `directory`, made if it is not there. Damage does not
 * stop it; a full disk does not either, the journal is then in state `full`.
 *
 * @throws DiskError when the folder cannot be read
 */
export async function openDiskJournal(options: DiskJournalOptions): Promise<DiskJournalWriter> {
  const { disk, directory } = options;
  await makeDurableDir(disk, directory);
  await makeDurableDir(disk, consumersDir(directory));
  const stored = parseNode(await readSealed(disk, `${directory}/node.json`));
  const recovered = await recover(disk, directory, stored?.node);
  const consumers = new ConsumerTable(options.consumers);
  await consumers.load(disk, directory);
  const producer: Producer = {
    node: stored?.node ?? uuid(options.random),
    epoch: Math.max(stored?.epoch ?? 0, recovered.epochMax) + 1,
  };
  const journal = new DiskJournal(options, producer, recovered, consumers);
  await journal.start();
  return journal;
}

function parseNode(content: unknown): Producer | undefined {
  if (typeof content !== 'object' || content === null) return undefined;
  if (!('node' in content) || !('epoch' in content)) return undefined;
  const { node, epoch } = content;
  if (typeof node !== 'string' || typeof epoch !== 'number') return undefined;
  return { node, epoch };
}

interface Waiting extends Draft {
  resolve(appended: Appended): void;
  reject(error: Error): void;
}

class DiskJournal implements DiskJournalWriter {
  readonly producer: Producer;
  readonly #options: DiskJournalOptions;
  readonly #log: SegmentLog;
  readonly #consumers: ConsumerTable;
  readonly #hint: HintFile;
  readonly #corruptRecords: number;
  readonly #floor: number;
  #queue: Waiting[] = [];
  #queueBytes = 0;
  #sequence = 0;
  #records = 0;
  #failedSyncs = 0;
  #trouble: { readonly kind: Trouble; readonly cause: unknown; readonly bytes: number } | undefined;
  #retryMs = RETRY_MS_MIN;
  #retryTimer: Timer | undefined;
  #upkeepTimer: Timer | undefined;
  #busy: Promise<void> | undefined;
  #upkeep: Promise<void> | undefined;
  #isClosed = false;
  #closing: Promise<void> | undefined;

  constructor(
    options: DiskJournalOptions,
    producer: Producer,
    recovered: Recovered,
    consumers: ConsumerTable,
  ) {
    this.producer = producer;
    this.#options = options;
    this.#consumers = consumers;
    this.#corruptRecords = recovered.corruptRecords;
    // Were segments lost that a consumer has read, new records must not stand
    // where it believes to have been.
    this.#floor = consumers.furthestOffset();
    const accepted = consumers
      .cursors()
      .reduce<Totals>((totals, cursor) => maxTotals(totals, cursor.accepted), recovered.accepted);
    this.#log = new SegmentLog(options, producer, { ...recovered, accepted });
    this.#hint = new HintFile(options.disk, options.directory);
  }

  async start(): Promise<void> {
    await this.#begin();
    this.#publish(0);
    this.#scheduleUpkeep();
  }

  committed(): number {
    return this.#log.committed;
  }

  updateConsumer(consumer: ConsumerRegistration, cursor: Cursor): void {
    this.#consumers.update(consumer, cursor);
  }

  attach(progress: ConsumerProgress): void {
    this.#consumers.attach(progress);
  }

  append(draft: RecordDraft): Promise<Appended> {
    const tenant = new TextEncoder().encode(draft.tenant);
    invariant(tenant.length <= TENANT_BYTES_MAX, 'a tenant is at most 255 bytes');
    const bytes = recordBytes(tenant.length, draft.body.length);
    const refusal = this.#refusal(draft, bytes);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      this.#queue.push({ draft, tenant, bytes, resolve, reject });
      this.#queueBytes += bytes;
      this.#kick();
    });
  }

  status(): JournalStatus {
    const log = this.#log;
    return {
      accepted: log.accepted,
      bytes: log.bytes,
      bytesMax: this.#options.config.bytesMax,
      records: this.#records,
      oldestUnixNanos: log.oldestUnixNanos,
      corruptRecords: this.#corruptRecords,
      failedSyncs: this.#failedSyncs,
      consumers: this.#consumers.statuses(log.oldest, log.committed),
      state: this.#state(),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #state(): JournalStatus['state'] {
    if (this.#isClosed) return 'closed';
    if (this.#trouble !== undefined) return this.#trouble.kind;
    return this.#heldBytes() >= this.#options.config.bytesMax ? 'full' : 'open';
  }

  /** Bytes that a consumer which must not lose anything has still to read. */
  #heldBytes(): number {
    const refuseOffset = this.#consumers.refuseOffset();
    if (refuseOffset === undefined) return 0;
    return this.#log.committed - Math.max(refuseOffset, this.#log.oldest);
  }

  #refusal(draft: RecordDraft, bytes: number): CodedError | undefined {
    const { config } = this.#options;
    if (this.#isClosed) return refusals.closed();
    if (draft.body.length > config.recordBytesMax) return refusals.tooLarge(draft.body.length, config);
    if (this.#trouble !== undefined) return refusals.trouble(this.#trouble.kind, this.#trouble.cause);
    if (this.#heldBytes() + this.#queueBytes + bytes > config.bytesMax) return refusals.full(config);
    const isQueueFull = this.#queue.length > 0 && this.#queueBytes + bytes > config.queueBytesMax;
    return isQueueFull ? refusals.overloaded(config) : undefined;
  }

  #kick(): void {
    if (this.#busy === undefined) this.#run(() => this.#pump());
  }

  /** One thing at a time at the disk; what was queued in the last moment is not forgotten. */
  #run(work: () => Promise<void>): void {
    this.#busy = work().finally(() => {
      this.#busy = undefined;
      if (this.#queue.length > 0) this.#kick();
    });
  }

  /** Until nobody waits, and there is a segment to write to: after a fence that is proven at once. */
  async #pump(): Promise<void> {
    while (this.#queue.length > 0 || (!this.#log.isWritable && this.#trouble === undefined)) {
      const bytes = this.#queue[0]?.bytes ?? 0;
      if (this.#isSegmentDone(bytes)) await this.#log.endSegment();
      const isReady = this.#log.isWritable || (await this.#begin());
      if (isReady && this.#queue.length > 0) await this.#commitNext();
    }
  }

  #isSegmentDone(bytes: number): boolean {
    const { activeBytes } = this.#log;
    return activeBytes > SEGMENT_HEADER_BYTES && activeBytes + bytes > this.#options.config.segmentBytes;
  }

  /** A fresh segment, or trouble and everyone who waits is told. */
  async #begin(): Promise<boolean> {
    try {
      await this.#log.begin(this.#floor);
      this.#trouble = undefined;
      return true;
    } catch (error) {
      this.#enterTrouble(error, SEGMENT_HEADER_BYTES);
      return false;
    }
  }

  async #commitNext(): Promise<void> {
    const batch = this.#take();
    const { clock } = this.#options;
    const group = encodeGroup(batch, {
      producer: this.producer,
      lastSequence: this.#sequence,
      offset: this.#log.committed,
      accepted: this.#log.accepted,
      receivedUnixNanos: clock.wallNanos(),
    });
    // A number is never used again, whatever becomes of the commit.
    this.#sequence += batch.length;
    const startMs = clock.monotonicMs();
    const result = await this.#log.commit(group.chunks, group.length, group.accepted);
    if (result.kind !== 'committed') {
      this.#commitFailed(batch, group.length, result);
      return;
    }
    this.#records += batch.length;
    this.#retryMs = RETRY_MS_MIN;
    this.#publish(clock.monotonicMs() - startMs);
    for (const [index, waiting] of batch.entries()) {
      const answer = group.appended[index];
      invariant(answer !== undefined, 'every draft of the batch has its place');
      waiting.resolve(answer);
    }
    if (this.#log.bytes > this.#options.config.bytesMax) void this.#runUpkeep();
  }

  /** As many waiting drafts as one commit takes, at least one. */
  #take(): Waiting[] {
    const { commitBytesMax } = this.#options.config;
    let count = 0;
    let bytes = 0;
    for (const waiting of this.#queue) {
      if (count > 0 && bytes + waiting.bytes > commitBytesMax) break;
      bytes += waiting.bytes;
      count += 1;
    }
    const batch = this.#queue.splice(0, count);
    this.#queueBytes -= bytes;
    return batch;
  }

  #commitFailed(
    batch: readonly Waiting[],
    length: number,
    result: Exclude<CommitResult, { readonly kind: 'committed' }>,
  ): void {
    if (result.kind === 'fenced' && result.step === 'sync') this.#failedSyncs += 1;
    const kind: Trouble = result.kind === 'no-space' ? 'full' : 'failed';
    for (const waiting of batch) waiting.reject(refusals.trouble(kind, result.error));
    if (result.kind === 'no-space') this.#enterTrouble(result.error, length);
  }

  #enterTrouble(cause: unknown, bytes: number): void {
    const kind: Trouble = isDiskFull(cause) ? 'full' : 'failed';
    this.#trouble = { kind, cause, bytes };
    const queue = this.#queue;
    this.#queue = [];
    this.#queueBytes = 0;
    for (const waiting of queue) waiting.reject(refusals.trouble(kind, cause));
    if (this.#isClosed) return;
    this.#retryTimer?.cancel();
    this.#retryTimer = this.#options.clock.startTimer(this.#retryMs, () => this.#retry());
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX);
  }

  /** Tries to leave trouble; appends are refused until it has worked. */
  #retry(): void {
    if (this.#isClosed) return;
    // What is under way may be the very attempt that failed, not yet unwound.
    if (this.#busy === undefined) this.#run(() => this.#leaveTrouble());
    else void this.#busy.then(() => this.#retry());
  }

  async #leaveTrouble(): Promise<void> {
    const trouble = this.#trouble;
    if (trouble === undefined) return;
    if (trouble.kind === 'full') await this.#runUpkeep();
    if (!this.#log.isWritable) {
      if (await this.#begin()) this.#publish(0);
      return;
    }
    const { disk, directory } = this.#options;
    const free = await disk.freeBytes(directory).catch(() => 0);
    if (free >= trouble.bytes + SPACE_SLACK_BYTES) this.#trouble = undefined;
    else this.#enterTrouble(trouble.cause, trouble.bytes);
  }

  #publish(commitMs: number): void {
    const { committed, accepted } = this.#log;
    this.#hint.write({ offset: committed, accepted });
    this.#options.onCommit?.(committed, commitMs);
  }

  #scheduleUpkeep(): void {
    if (this.#isClosed) return;
    this.#upkeepTimer = this.#options.clock.startTimer(UPKEEP_MS, () => {
      void this.#runUpkeep().then(() => this.#scheduleUpkeep());
    });
  }

  /** Reads the consumers' reports and deletes what nobody needs; never in the way of an ack. */
  #runUpkeep(): Promise<void> {
    this.#upkeep ??= this.#doUpkeep().finally(() => {
      this.#upkeep = undefined;
    });
    return this.#upkeep;
  }

  async #doUpkeep(): Promise<void> {
    const { disk, directory, config } = this.#options;
    try {
      await this.#consumers.load(disk, directory);
      await this.#log.retain({
        // On a full disk everything that is not needed any more goes.
        bytesMax: this.#trouble?.kind === 'full' ? 0 : config.bytesMax,
        ageMinMs: config.ageMinMs,
        ageMaxMs: config.ageMaxMs,
        refuseOffset: this.#consumers.refuseOffset(),
        slowestOffset: this.#consumers.slowestOffset(),
      });
    } catch {
      // Space is reclaimed a second later then.
    }
  }

  async #close(): Promise<void> {
    this.#isClosed = true;
    this.#retryTimer?.cancel();
    this.#upkeepTimer?.cancel();
    while (this.#busy !== undefined) await this.#busy;
    await this.#upkeep;
    await this.#log.endSegment();
    await this.#hint.close();
  }
}
