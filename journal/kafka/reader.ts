/** Reads all partitions of the topic from a cursor on: the one reader of a consumer that keeps its cursor itself. */
import { crc32 } from 'node:zlib';
import type { Clock } from '#base/clock.ts';
import { sumByReason } from '#journal/core/cursor.ts';
import type { Cursor, JournalReader, JournalRecord, RecordBatch } from '#journal/ports.ts';
import { PartitionLog } from '#journal/kafka/core/partition-log.ts';
import { decodeHeaders } from '#journal/kafka/core/record.ts';
import { Fetcher, type Fetched } from '#journal/kafka/fetcher.ts';
import type { KafkaLink } from '#journal/kafka/kafkajs/link.ts';
import * as refusals from '#journal/kafka/refusals.ts';

export interface TopicReaderOptions {
  /** Closed with the reader. */
  readonly link: KafkaLink;
  readonly clock: Clock;
  readonly cursor: Cursor;
  /** Undefined: all there are. */
  readonly partitions?: readonly number[];
  /** Messages that are not what they were, and messages that are not ours. */
  readonly onDamage?: (count: number) => void;
  /** Called with the reader's end, before the connection goes. */
  readonly onClose?: () => Promise<void>;
}

/** While an answer is due that must come: then it is looked again. */
const WAIT_MS = 500;
/** Of a message, before one has been seen. */
const MESSAGE_BYTES_GUESS = 16_384;

export class TopicReader implements JournalReader {
  readonly #options: TopicReaderOptions;
  readonly #fetcher: Fetcher;
  readonly #logs = new Map<number, PartitionLog>();
  #messages = 0;
  #bytes = 0;

  constructor(options: TopicReaderOptions) {
    const { link, clock, cursor, partitions } = options;
    this.#options = options;
    this.#fetcher = new Fetcher({
      link,
      clock,
      partitions,
      positionOf: (partition) => cursor.position[String(partition)] ?? 0,
    });
    this.#fetcher.fill();
  }

  async next(options: {
    readonly bytesMax: number;
    readonly waitMs: number;
    readonly signal?: AbortSignal;
  }): Promise<RecordBatch> {
    const { clock } = this.#options;
    const { bytesMax, waitMs, signal } = options;
    const deadlineMs = clock.monotonicMs() + waitMs;
    for (;;) {
      const batch = this.#take(bytesMax);
      const error = this.#fetcher.takeError();
      this.#fetcher.fill();
      if (batch.records.length > 0 || Object.keys(batch.lost).length > 0) return batch;
      if (error !== undefined) throw refusals.unreadable(this.#options.link.topic, error);
      const restMs = deadlineMs - clock.monotonicMs();
      // Not before it is known that nothing was there.
      const isOver = restMs <= 0 && this.#fetcher.isCaughtUp;
      if (isOver || signal?.aborted === true) return batch;
      await this.#fetcher.wait(restMs > 0 ? restMs : WAIT_MS, signal);
    }
  }

  /** Kafka tells offsets: the bytes are messages times their average size so far. */
  async lag(): Promise<{ readonly bytes: number; readonly oldestUnixNanos: bigint | undefined }> {
    const { link } = this.#options;
    try {
      const unread = await this.#unread();
      if (unread === 0) return { bytes: 0, oldestUnixNanos: undefined };
      if (this.#fetcher.heads().length === 0) {
        this.#fetcher.fill();
        await this.#fetcher.wait(WAIT_MS);
      }
    } catch (error) {
      throw refusals.unreadable(link.topic, error);
    }
    const unread = await this.#unread();
    const received = this.#fetcher.heads().flatMap(({ headers, value }) => {
      const facts = decodeHeaders(headers, value, crc32);
      return typeof facts === 'string' ? [] : [facts.receivedUnixNanos];
    });
    return {
      bytes: Math.ceil(unread * (this.#messages === 0 ? MESSAGE_BYTES_GUESS : this.#bytes / this.#messages)),
      oldestUnixNanos: received.toSorted((a, b) => (a < b ? -1 : 1))[0],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#fetcher.close();
    await this.#options.onClose?.();
    this.#options.link.close();
  }

  async #unread(): Promise<number> {
    const { link, partitions } = this.#options;
    const asked = partitions ?? (await link.partitions()).map(({ partition }) => partition);
    const { position } = this.#options.cursor;
    const now = { ...position, ...this.#fetcher.position() };
    let unread = 0;
    for (const [partition, next] of await link.offsets('next', asked))
      unread += Math.max(0, next - (now[String(partition)] ?? 0));
    return unread;
  }

  #take(bytesMax: number): RecordBatch {
    const records: JournalRecord[] = [];
    let bytes = 0;
    this.#fetcher.drain((partition, fetched) => {
      const record = this.#accept(this.#logOf(partition), fetched);
      if (record !== undefined) {
        records.push(record);
        bytes += record.body.length;
      }
      return bytes < bytesMax;
    });
    let lost: RecordBatch['lost'] = {};
    for (const log of this.#logs.values()) lost = sumByReason(lost, log.takeLost());
    return { records, position: this.#fetcher.position(), lost };
  }

  #accept(log: PartitionLog, fetched: Fetched): JournalRecord | undefined {
    if (fetched === 'deleted') {
      log.skippedDeleted();
      return undefined;
    }
    this.#messages += 1;
    this.#bytes += fetched.bytes;
    const facts = decodeHeaders(fetched.headers, fetched.value, crc32);
    if (typeof facts !== 'string') return log.accept({ offset: fetched.offset, facts, body: fetched.value });
    this.#options.onDamage?.(1);
    return undefined;
  }

  #logOf(partition: number): PartitionLog {
    let log = this.#logs.get(partition);
    if (log === undefined)
      this.#logs.set(partition, (log = new PartitionLog(partition, this.#options.cursor)));
    return log;
  }
}
