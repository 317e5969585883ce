/**
 * How far the consumers of the topic are, by what they have committed to their
 * groups. Kafka tells offsets, not bytes: bytes here are messages times the
 * average size of those this process has written.
 */
import { NEW_CURSOR } from '#journal/core/cursor.ts';
import type { ConsumerRegistration, ConsumerStatus, Cursor } from '#journal/ports.ts';
import { decodePart, joinParts } from '#journal/kafka/core/commit-metadata.ts';
import type { KafkaLink } from '#journal/kafka/kafkajs/link.ts';

/** Of a message before one was written: a request of some twenty spans. */
const MESSAGE_BYTES_GUESS = 16_384;
/** Share of a partition's size limit that may be unread: deletion goes by whole segments. */
const RETENTION_SHARE = 0.8;

/**
 * The group whose offsets a consumer commits. The topic is part of it: members of
 * one group divide the partitions of one topic, and a Kafka may hold several journals.
 */
export function groupOf(topic: string, consumer: ConsumerRegistration): string {
  return `plimsoll.${topic}.${consumer.name}`;
}

export class Held {
  readonly #consumers: readonly ConsumerRegistration[];
  readonly #cursors = new Map<string, Cursor>();
  /** First offsets there are, and where the next message will stand. */
  #first: ReadonlyMap<number, number> = new Map();
  readonly #next = new Map<number, number>();
  #messages = 0;
  #bytes = 0;

  constructor(consumers: readonly ConsumerRegistration[]) {
    this.#consumers = consumers;
  }

  /** @throws what kafkajs throws */
  async load(link: KafkaLink): Promise<void> {
    const partitions = (await link.partitions()).map(({ partition }) => partition);
    this.#first = await link.offsets('first', partitions);
    for (const [partition, next] of await link.offsets('next', partitions)) this.sees(partition, next);
    for (const consumer of this.#consumers) {
      const committed = await link.committed(groupOf(link.topic, consumer), partitions);
      const parts = [...committed].map(
        ([partition, { offset, metadata }]) =>
          decodePart(metadata, partition, offset)?.cursor ?? {
            ...NEW_CURSOR,
            position: { [partition]: offset },
          },
      );
      if (parts.length > 0) this.#cursors.set(consumer.name, joinParts(parts));
    }
  }

  /** The next message of a partition will stand at `next` or behind it. */
  sees(partition: number, next: number): void {
    this.#next.set(partition, Math.max(next, this.#next.get(partition) ?? 0));
  }

  wrote(messages: number, bytes: number): void {
    this.#messages += messages;
    this.#bytes += bytes;
  }

  /** Of the topic, about. */
  get storedBytes(): number {
    return this.#unread(() => 0).reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Bytes that the furthest behind of those who must not lose anything has still to read. */
  heldBytes(): number {
    const held = this.#consumers
      .filter(({ onFull }) => onFull === 'refuse')
      .map((consumer) => this.#heldBy(consumer));
    return Math.max(0, ...held);
  }

  /** Whether the next messages could push out of a partition what somebody who must not lose anything has not read. */
  isAtRetention(retentionBytes: number | undefined): boolean {
    if (retentionBytes === undefined) return false;
    return this.#consumers
      .filter(({ onFull }) => onFull === 'refuse')
      .some((consumer) =>
        this.#unread(this.#positionOf(consumer)).some((bytes) => bytes > RETENTION_SHARE * retentionBytes),
      );
  }

  statuses(): readonly ConsumerStatus[] {
    return this.#consumers.map((consumer) => ({
      name: consumer.name,
      onFull: consumer.onFull,
      cursor: this.#cursors.get(consumer.name) ?? NEW_CURSOR,
      heldBytes: this.#heldBy(consumer),
    }));
  }

  #heldBy(consumer: ConsumerRegistration): number {
    return this.#unread(this.#positionOf(consumer)).reduce((sum, bytes) => sum + bytes, 0);
  }

  #positionOf(consumer: ConsumerRegistration): (partition: number) => number {
    const { position } = this.#cursors.get(consumer.name) ?? NEW_CURSOR;
    return (partition) => position[String(partition)] ?? 0;
  }

  /** By partition. */
  #unread(positionOf: (partition: number) => number): number[] {
    const average = this.#messages === 0 ? MESSAGE_BYTES_GUESS : this.#bytes / this.#messages;
    return [...this.#next].map(([partition, next]) => {
      const from = Math.max(positionOf(partition), this.#first.get(partition) ?? 0);
      return Math.ceil(Math.max(0, next - from) * average);
    });
  }
}
