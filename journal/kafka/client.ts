/** What the journal asks of a Kafka client, in its own words; the folder `kafkajs/` does it, the only place that knows the package. */
import type { ConnectionOptions } from 'node:tls';

export interface KafkaSettings {
  /** `HOST:PORT`, at least one. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls: ConnectionOptions | undefined;
  readonly sasl:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
        readonly username: string;
        readonly password: string;
      }
    | undefined;
  /** Until a connection stands. */
  readonly connectTimeoutMs: number;
  /** Until an answer is there. */
  readonly requestTimeoutMs: number;
}

export type Compression = 'none' | 'gzip' | 'zstd';

export interface StoredMessage {
  readonly offset: number;
  /** A view into what was fetched. */
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, Uint8Array | undefined>>;
  readonly bytes: number;
}

export interface FetchedPartition {
  readonly partition: number;
  /** Where the next message will stand. */
  readonly highWatermark: number;
  /** From the asked offset on. */
  readonly messages: readonly StoredMessage[];
  /** Where to read on, also behind what is no message of anybody. */
  readonly next: number;
}

export interface FetchRequest {
  readonly leader: string;
  /** Offsets to read from, by partition. */
  readonly from: ReadonlyMap<number, number>;
  readonly maxWaitMs: number;
  readonly bytesMax: number;
}

export interface Committed {
  readonly offset: number;
  readonly metadata: string;
}

/** Who commits: a member of a group in one of its generations, or somebody outside of it. */
export interface Committer {
  readonly group: string;
  readonly generation: number;
  readonly member: string;
}

export interface PartitionFacts {
  readonly partition: number;
  readonly leader: string;
  readonly replicas: number;
}

export interface OutgoingMessage {
  readonly partition: number;
  readonly key: string | undefined;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestampMs: number;
}

/** An idempotent producer with acks = all. What fails is sent again as it was, by {@link send}, or never. */
export interface KafkaProducer {
  /** Resolves with the offset of each partition's first message once all are kept by the replicas in sync. */
  send(messages: readonly OutgoingMessage[]): Promise<ReadonlyMap<number, number>>;
  /** What is under way fails, and may yet be kept. */
  close(): void;
}

export interface TopicPlan {
  readonly topic: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}
