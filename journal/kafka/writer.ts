/**
 * The writer of the journal on Kafka: group commit, as on the disk. While one
 * batch is on its way to the brokers the next collects; only when all replicas
 * in sync have a batch are its senders answered.
 *
 *   open ──no answer for `timeout`──▶ failed ──brokers are back──▶ open
 *   open ──consumers too far behind──▶ full ──caught up──▶ open
 *   any  ──close──▶ closed
 *
 * A batch is repeated as it was, by the same producer, until it is confirmed or
 * its time is over; nothing is sent past it meanwhile. Then its senders are
 * refused and it is never sent again: the next session looks which of it stands
 * in the topic and takes the totals from there. Its sequence numbers are used up.
 * The producer goes with it, for kafkajs would give its next batch the numbers
 * of the one that failed, and a broker that has the first takes the second for it.
 */
import { crc32 } from 'node:zlib';
import { sleep, within, type Clock, type Timer } from '#base/clock.ts';
import type { Disk } from '#base/disk.ts';
import type { CodedError } from '#base/errors.ts';
import { invariant } from '#base/invariant.ts';
import type { Random } from '#base/random.ts';
import type { Producer } from '#signals/ids.ts';
import { NO_ITEMS, sumTotals, type Totals } from '#signals/records.ts';
import { TENANT_BYTES_MAX } from '#journal/core/format.ts';
import type {
  Appended,
  ConsumerRegistration,
  JournalCapabilities,
  JournalStatus,
  JournalWriter,
  RecordDraft,
} from '#journal/ports.ts';
import { recordBytesMax, type KafkaJournalConfig } from '#journal/kafka/config.ts';
import { encodeBatch, takeBatch, type EncodedBatch } from '#journal/kafka/core/batch.ts';
import { instanceOf } from '#journal/kafka/core/key.ts';
import { MESSAGE_OVERHEAD_BYTES } from '#journal/kafka/core/record.ts';
import { Held } from '#journal/kafka/held.ts';
import type { KafkaSettings } from '#journal/kafka/client.ts';
import { KafkaLink } from '#journal/kafka/kafkajs/link.ts';
import { saveNode, startNode, type NodeFile, type PartitionTail } from '#journal/kafka/node-file.ts';
import * as refusals from '#journal/kafka/refusals.ts';
import { answer, partsOf, sendUntil, type Sender, type Waiting } from '#journal/kafka/sending.ts';
import { openSession, type Session } from '#journal/kafka/session.ts';
import { settingsOf } from '#journal/kafka/settings.ts';
import { capabilitiesOf, UNKNOWN_CAPABILITIES } from '#journal/kafka/topic.ts';

export interface KafkaJournalOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  /** For what the writer must know of itself after a restart. One writer at a time. */
  readonly directory: string;
  readonly config: KafkaJournalConfig;
  /** Whose unread records count for `full` and `status`. */
  readonly consumers?: readonly ConsumerRegistration[];
  /** After each batch and before its senders are answered; must not throw. */
  readonly onCommit?: (commitMs: number) => void;
  /** The brokers could not be reached, or refused; it is tried again. */
  readonly onTrouble?: (error: unknown) => void;
}

export interface KafkaJournalWriter extends JournalWriter {
  /** What the topic promises, as last asked. */
  readonly capabilities: JournalCapabilities;
}

const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 2000;
const UPKEEP_MS = 1000;
const UPKEEP_MS_MAX = 10_000;
/** What is under way when the journal closes may still arrive for this long. */
const CLOSE_MS_MAX = 3000;

/**
 * Opens the journal whether the brokers answer or not; without them it is in
 * state `failed` until they do. Waits for them as long as a record would.
 *
 * @throws DiskError when `directory` cannot be used, CodedError `PLIM_CONFIG_INVALID`
 */
export async function openKafkaJournal(options: KafkaJournalOptions): Promise<KafkaJournalWriter> {
  const { disk, random, directory, config } = options;
  const settings = settingsOf(config);
  const node = await startNode(disk, random, { directory, topic: config.topic });
  const journal = new KafkaJournal(options, settings, node);
  await journal.start();
  return journal;
}

class KafkaJournal implements KafkaJournalWriter {
  readonly producer: Producer;
  readonly #options: KafkaJournalOptions;
  readonly #settings: KafkaSettings;
  readonly #held: Held;
  readonly #upkeepLink: KafkaLink;
  readonly #closing = new AbortController();
  #session: Session | undefined;
  #capabilities = UNKNOWN_CAPABILITIES;
  #retentionBytes: number | undefined;
  #recordBytesMax: number;
  #tails: Map<number, PartitionTail>;
  #areTailsSaved = true;
  #queue: Waiting[] = [];
  #queueBytes = 0;
  #sequence = 0;
  #records = 0;
  #trouble: { readonly cause: unknown } | undefined;
  /** Of the last try to connect that failed. */
  #connectError: unknown;
  #retryMs = RETRY_MS_MIN;
  #pumping: Promise<void> | undefined;
  #upkeep: Promise<void> = Promise.resolve();
  #upkeepTimer: Timer | undefined;
  #isClosed = false;
  #closed: Promise<void> | undefined;

  constructor(options: KafkaJournalOptions, settings: KafkaSettings, { producer, tails }: NodeFile) {
    this.producer = producer;
    this.#options = options;
    this.#settings = settings;
    this.#tails = new Map(tails);
    this.#held = new Held(options.consumers ?? []);
    this.#upkeepLink = new KafkaLink(settings, options.config.topic);
    this.#recordBytesMax = recordBytesMax(options.config.messageBytesMax);
  }

  async start(): Promise<void> {
    this.#kick();
    await within(this.#options.clock, this.#options.config.timeoutMs, this.#pumping ?? Promise.resolve());
    if (this.#session === undefined)
      this.#enterTrouble(this.#connectError ?? new Error('no broker has answered yet'));
    await within(this.#options.clock, UPKEEP_MS, this.#runUpkeep());
    this.#scheduleUpkeep();
  }

  get capabilities(): JournalCapabilities {
    return this.#capabilities;
  }

  append(draft: RecordDraft): Promise<Appended> {
    invariant(
      new TextEncoder().encode(draft.tenant).length <= TENANT_BYTES_MAX,
      'a tenant is at most 255 bytes',
    );
    const early = this.#refusal(draft.body.length);
    if (early !== undefined) return Promise.reject(early);
    const parts = partsOf(draft, this.#recordBytesMax);
    if (parts === undefined)
      return Promise.reject(refusals.tooLarge(draft.body.length, this.#recordBytesMax));
    const key = instanceOf(draft.kind, draft.body) ?? this.producer.node;
    return new Promise((resolve, reject) => {
      const sender: Sender = { left: parts.length, first: undefined, resolve, reject };
      for (const { body, items } of parts) {
        const bytes = body.length + draft.tenant.length + MESSAGE_OVERHEAD_BYTES;
        this.#queue.push({ kind: draft.kind, tenant: draft.tenant, items, body, key, bytes, sender });
        this.#queueBytes += bytes;
      }
      this.#kick();
    });
  }

  status(): JournalStatus {
    const accepted = [...this.#tails.values()].reduce<Totals>(
      (sum, tail) => sumTotals(sum, tail.accepted),
      NO_ITEMS,
    );
    return {
      accepted,
      node: this.producer.node,
      bytes: this.#held.storedBytes,
      bytesMax: this.#options.config.bytesMax,
      records: this.#records,
      oldestUnixNanos: undefined,
      corruptRecords: 0,
      failedSyncs: 0,
      consumers: this.#held.statuses(),
      state: this.#state(),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #state(): JournalStatus['state'] {
    if (this.#isClosed) return 'closed';
    if (this.#trouble !== undefined) return 'failed';
    return this.#isFull(0) ? 'full' : 'open';
  }

  #isFull(bytes: number): boolean {
    const { bytesMax } = this.#options.config;
    const held = this.#held.heldBytes();
    // What is on its way counts only against room that is there, so that an empty journal takes any record.
    return (
      held + (held === 0 ? 0 : this.#queueBytes + bytes) > bytesMax ||
      this.#held.isAtRetention(this.#retentionBytes)
    );
  }

  #refusal(bodyBytes: number): CodedError | undefined {
    const { config } = this.#options;
    if (this.#isClosed) return refusals.closed();
    if (this.#trouble !== undefined) return refusals.failed(this.#trouble.cause);
    const bytes = bodyBytes + MESSAGE_OVERHEAD_BYTES;
    if (this.#isFull(bytes)) return refusals.full(config.bytesMax);
    const isQueueFull = this.#queue.length > 0 && this.#queueBytes + bytes > config.queueBytesMax;
    return isQueueFull ? refusals.overloaded(config.queueBytesMax) : undefined;
  }

  #kick(): void {
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = undefined;
      // One may have come between the last look and here.
      if (this.#queue.length > 0) this.#kick();
    });
  }

  /** Until nobody waits and there is a session: after trouble that is shown at once, not by the next sender. */
  async #pump(): Promise<void> {
    while (!this.#closing.signal.aborted && (this.#queue.length > 0 || this.#session === undefined)) {
      if (this.#isClosed && this.#queue.length === 0) return;
      if (this.#session === undefined) await this.#connect();
      else await this.#sendNext(this.#session);
    }
    this.#rejectQueue(new Error('the journal was closed'));
  }

  async #connect(): Promise<void> {
    const { clock, config } = this.#options;
    const startMs = clock.monotonicMs();
    const signal = this.#closing.signal;
    while (!signal.aborted) {
      try {
        const [settings, tails, { node }] = [this.#settings, this.#tails, this.producer];
        this.#adopt(await openSession({ settings, config, clock, node, tails, signal }));
        return;
      } catch (error) {
        this.#connectError = error;
        this.#options.onTrouble?.(error);
        if (clock.monotonicMs() - startMs >= config.timeoutMs || this.#trouble !== undefined)
          this.#enterTrouble(error);
        await this.#pause();
      }
    }
  }

  #adopt(session: Session): void {
    if (this.#closing.signal.aborted) {
      session.producer.close();
      return;
    }
    const { facts } = session;
    this.#session = session;
    this.#capabilities = capabilitiesOf(facts);
    this.#retentionBytes = facts.retentionBytes;
    this.#recordBytesMax = recordBytesMax(
      Math.min(facts.messageBytesMax, this.#options.config.messageBytesMax),
    );
    this.#tails = new Map(session.tails);
    this.#areTailsSaved = false;
    for (const [partition, { offset }] of session.tails) this.#held.sees(partition, offset);
    this.#trouble = undefined;
    this.#retryMs = RETRY_MS_MIN;
  }

  async #sendNext(session: Session): Promise<void> {
    const { clock, config } = this.#options;
    const taken = takeBatch(this.#queue, {
      partitions: session.facts.partitions.length,
      partitionBytesMax: Math.min(session.facts.messageBytesMax, config.messageBytesMax),
      bytesMax: config.commitBytesMax,
    });
    this.#queue = taken.rest;
    const accepted = new Map([...this.#tails].map(([partition, tail]) => [partition, tail.accepted]));
    const encoded = encodeBatch(
      taken.batch,
      {
        producer: this.producer,
        lastSequence: this.#sequence,
        accepted,
        partitions: session.facts.partitions.length,
        receivedUnixNanos: clock.wallNanos(),
      },
      crc32,
    );
    // A number is never used again, whatever becomes of the batch.
    this.#sequence += taken.batch.length;
    const startMs = clock.monotonicMs();
    try {
      const offsets = await sendUntil(session, encoded, {
        settings: this.#settings,
        config,
        clock,
        deadlineMs: startMs + config.timeoutMs,
        signal: this.#closing.signal,
        pause: () => this.#pause(),
        onTrouble: this.#options.onTrouble,
      });
      this.#queueBytes -= taken.bytes;
      this.#held.wrote(taken.batch.length, taken.bytes);
      this.#confirm(taken.batch, encoded, offsets);
      this.#options.onCommit?.(clock.monotonicMs() - startMs);
      answer(taken.batch, encoded, offsets);
    } catch (error) {
      this.#queueBytes -= taken.bytes;
      this.#giveUp(session, taken.batch, error);
    }
  }

  #confirm(batch: readonly Waiting[], encoded: EncodedBatch, offsets: ReadonlyMap<number, number>): void {
    this.#records += batch.length;
    this.#retryMs = RETRY_MS_MIN;
    for (const [partition, accepted] of encoded.accepted) {
      const count = encoded.records.filter((record) => record.partition === partition).length;
      const offset = (offsets.get(partition) ?? 0) + count;
      this.#tails.set(partition, { offset, accepted });
      this.#held.sees(partition, offset);
    }
    this.#areTailsSaved = false;
  }

  #giveUp(session: Session, batch: readonly Waiting[], error: unknown): void {
    session.producer.close();
    this.#session = undefined;
    for (const { sender } of batch) sender.reject(refusals.failed(error));
    this.#enterTrouble(error);
  }

  #enterTrouble(cause: unknown): void {
    this.#trouble = { cause };
    this.#rejectQueue(cause);
  }

  #rejectQueue(cause: unknown): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const { sender, bytes } of queue) {
      this.#queueBytes -= bytes;
      sender.reject(refusals.failed(cause));
    }
  }

  /** Between two tries, longer each time; spread, so that collectors do not come back all at once. */
  async #pause(): Promise<void> {
    const { clock, random } = this.#options;
    const pauseMs = this.#retryMs * (0.5 + random.float() / 2);
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX);
    await sleep(clock, pauseMs, this.#closing.signal).catch(() => {});
  }

  #scheduleUpkeep(): void {
    if (this.#isClosed) return;
    this.#upkeepTimer = this.#options.clock.startTimer(UPKEEP_MS, () => {
      void this.#runUpkeep().then(() => this.#scheduleUpkeep());
    });
  }

  /** Looks how far the consumers are, and keeps the totals; never in the way of an ack. */
  #runUpkeep(): Promise<void> {
    const { clock } = this.#options;
    const work = async (): Promise<void> => {
      await this.#saveTails().catch(() => {
        // The next start reads more of the topic then.
      });
      await within(clock, UPKEEP_MS_MAX, this.#held.load(this.#upkeepLink)).catch(() => {
        // What was known a second ago holds on.
      });
    };
    this.#upkeep = work();
    return this.#upkeep;
  }

  async #saveTails(): Promise<void> {
    if (this.#areTailsSaved) return;
    this.#areTailsSaved = true;
    const { disk, directory, config } = this.#options;
    await saveNode(disk, directory, { producer: this.producer, tails: this.#tails, topic: config.topic });
  }

  async #close(): Promise<void> {
    this.#isClosed = true;
    const { clock } = this.#options;
    this.#upkeepTimer?.cancel();
    // Without a session nobody is left to wait for: all have been refused, or never will be sent.
    const isHopeless = this.#session === undefined;
    if (!isHopeless) await within(clock, CLOSE_MS_MAX, this.#pumping ?? Promise.resolve());
    this.#closing.abort();
    this.#session?.producer.close();
    this.#upkeepLink.close();
    await this.#pumping;
    await this.#upkeep;
    await this.#saveTails().catch(() => {});
  }
}
