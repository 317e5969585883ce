/**
 * A connection that fetches, and commits offsets, where it is told to. kafkajs
 * only fetches for members of a group, as a stream it pushes. Here readers pull,
 * from positions of their own, so this uses the client's cluster and brokers
 * directly: they are typed in its declarations, but made behind a symbol. The
 * package is pinned and no longer changes.
 */
import type { Broker, Cluster } from 'kafkajs';
import { present } from '#base/invariant.ts';
import type {
  Committed,
  Committer,
  FetchedPartition,
  FetchRequest,
  KafkaSettings,
  PartitionFacts,
  StoredMessage,
} from '#journal/kafka/client.ts';
import { accessFailure, connectFailure } from '#journal/kafka/core/access.ts';
import { brokerAnswer, clientOf, Sockets, type KafkaClient } from '#journal/kafka/kafkajs/connection.ts';

/** Refusals after which the leaders have to be asked for again. */
const STALE = new Set(['NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION']);
const METADATA_AGE_MS_MAX = 60_000;
type MakeCluster = (options: { metadataMaxAge: number; allowAutoTopicCreation: boolean }) => Cluster;

function clusterOf(client: KafkaClient, allowAutoTopicCreation: boolean): Cluster {
  const symbol = Object.getOwnPropertySymbols(client).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  const make = (client as unknown as Record<symbol, MakeCluster>)[
    present(symbol, 'kafkajs keeps the maker of clusters behind this symbol')
  ];
  return present(make, 'it is a function')({ metadataMaxAge: METADATA_AGE_MS_MAX, allowAutoTopicCreation });
}

/** The answer of a fetch as kafkajs decodes it. */
interface FetchResponse {
  readonly responses: readonly {
    readonly partitions: readonly {
      readonly partition: number;
      readonly highWatermark: string;
      readonly messages: readonly {
        readonly offset: string;
        readonly key: Buffer | null;
        readonly value: Buffer | null;
        readonly headers: Readonly<Record<string, Buffer | Buffer[] | undefined>>;
        readonly isControlRecord?: boolean;
      }[];
    }[];
  }[];
}

/** What Kafka's tools call themselves that ask for the end of a log and not for what is safe to read. */
const DEBUGGING_REPLICA = -2;
const LATEST = -1;

/** What kafkajs's brokers are asked here beyond what its declarations say. */
interface OffsetBroker extends Broker {
  listOffsets(request: {
    replicaId: number;
    topics: { topic: string; partitions: { partition: number; timestamp: number }[] }[];
  }): Promise<{
    readonly responses: readonly {
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
    }[];
  }>;
}

/** What kafkajs's brokers can do beyond what its declarations say. */
export interface GroupBroker extends Broker {
  joinGroup(request: {
    groupId: string;
    sessionTimeout: number;
    rebalanceTimeout: number;
    memberId: string;
    groupProtocols: { name: string; metadata: Buffer }[];
  }): Promise<{
    readonly generationId: number;
    readonly leaderId: string;
    readonly memberId: string;
    readonly members: readonly { readonly memberId: string }[];
  }>;
  syncGroup(request: {
    groupId: string;
    generationId: number;
    memberId: string;
    groupAssignment: { memberId: string; memberAssignment: Buffer }[];
  }): Promise<{ readonly memberAssignment: Buffer }>;
  heartbeat(request: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>;
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>;
}

/** One connection to the brokers of one topic; connects when first used, and again after a failure. */
export class KafkaLink {
  readonly topic: string;
  readonly #settings: KafkaSettings;
  readonly #sockets: Sockets;
  readonly #letsMakeTopic: boolean;
  #cluster: Promise<Cluster> | undefined;
  #isClosed = false;

  /** @param options `letsMakeTopic`: whether the brokers may make the topic, where they are set up to */
  constructor(
    settings: KafkaSettings,
    topic: string,
    options: { readonly letsMakeTopic: boolean } = { letsMakeTopic: false },
  ) {
    this.#settings = settings;
    this.#letsMakeTopic = options.letsMakeTopic;
    this.#sockets = new Sockets(settings.tls);
    this.topic = topic;
  }

  /** All partitions of the topic, rising. */
  partitions(): Promise<readonly PartitionFacts[]> {
    return this.#use(async (cluster) =>
      cluster
        .findTopicPartitionMetadata(this.topic)
        .map(({ partitionId, leader, replicas }) => ({
          partition: partitionId,
          leader: String(leader),
          replicas: replicas.length,
        }))
        .toSorted((a, b) => a.partition - b.partition),
    );
  }

  fetch(request: FetchRequest): Promise<readonly FetchedPartition[]> {
    return this.#use(async (cluster) => {
      const broker = await cluster.findBroker({ nodeId: request.leader });
      const partitions = [...request.from].map(([partition, offset]) => ({
        partition,
        fetchOffset: String(offset),
        maxBytes: request.bytesMax,
      }));
      const response: FetchResponse = await broker.fetch({
        maxWaitTime: request.maxWaitMs,
        minBytes: 1,
        maxBytes: request.bytesMax,
        // Read committed or not is the same here: the journal writes no transactions.
        isolationLevel: 0,
        topics: [{ topic: this.topic, partitions }],
      });
      return response.responses.flatMap((one) =>
        one.partitions.map(({ partition, highWatermark, messages }) => ({
          partition,
          highWatermark: Number(highWatermark),
          messages: storedFrom(messages, request.from.get(partition) ?? 0),
          next: Math.max(request.from.get(partition) ?? 0, Number(messages.at(-1)?.offset ?? -1) + 1),
        })),
      );
    });
  }

  /** First offsets still there, or where the next message will stand, by partition. */
  offsets(which: 'first' | 'next', partitions: readonly number[]): Promise<ReadonlyMap<number, number>> {
    return this.#use(async (cluster) => {
      const answers = await cluster.fetchTopicsOffset([
        {
          topic: this.topic,
          partitions: partitions.map((partition) => ({ partition })),
          fromBeginning: which === 'first',
        },
      ]);
      return new Map(
        answers.flatMap((answer) =>
          answer.partitions.map(({ partition, offset }) => [partition, Number(offset)] as const),
        ),
      );
    });
  }

  /**
   * Where the logs of a leader end: beyond where readers see, while replicas have yet
   * to follow. By partition.
   */
  ends(leader: string, partitions: readonly number[]): Promise<ReadonlyMap<number, number>> {
    return this.#use(async (cluster) => {
      const broker = (await cluster.findBroker({ nodeId: leader })) as OffsetBroker;
      const asked = partitions.map((partition) => ({ partition, timestamp: LATEST }));
      const { responses } = await broker.listOffsets({
        replicaId: DEBUGGING_REPLICA,
        topics: [{ topic: this.topic, partitions: asked }],
      });
      return new Map(
        responses.flatMap((one) =>
          one.partitions.map(({ partition, offset }) => [partition, Number(offset)] as const),
        ),
      );
    });
  }

  /** @throws the broker's refusal when the committer's generation is over */
  commit({ group, generation, member }: Committer, offsets: ReadonlyMap<number, Committed>): Promise<void> {
    return this.coordinator(group, async (broker) => {
      const partitions = [...offsets].map(([partition, { offset, metadata }]) => ({
        partition,
        offset: String(offset),
        metadata,
      }));
      await broker.offsetCommit({
        groupId: group,
        groupGenerationId: generation,
        memberId: member,
        topics: [{ topic: this.topic, partitions }],
      });
    });
  }

  /** What was last committed; partitions without a commit are left out. */
  committed(group: string, partitions: readonly number[]): Promise<ReadonlyMap<number, Committed>> {
    return this.coordinator(group, async (broker) => {
      const asked = partitions.map((partition) => ({ partition, offset: '0' }));
      const { responses } = await broker.offsetFetch({
        groupId: group,
        topics: [{ topic: this.topic, partitions: asked }],
      });
      const found = responses.flatMap(
        (one) => one.partitions as { partition: number; offset: string; metadata?: string | null }[],
      );
      return new Map(
        found
          .filter(({ offset }) => Number(offset) >= 0)
          .map(({ partition, offset, metadata }) => [
            partition,
            { offset: Number(offset), metadata: metadata ?? '' },
          ]),
      );
    });
  }

  /** Asks the broker that keeps a group's offsets and members. */
  coordinator<T>(group: string, ask: (broker: GroupBroker) => Promise<T>): Promise<T> {
    return this.#use(async (cluster) => {
      const broker = await cluster.findGroupCoordinator({ groupId: group });
      return await ask(broker as GroupBroker);
    });
  }

  /** Everything under way fails. */
  close(): void {
    this.#isClosed = true;
    this.#drop(this.#cluster);
  }

  async #use<T>(work: (cluster: Cluster) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new Error('the connection to Kafka is closed');
    const connecting = (this.#cluster ??= this.#connect());
    try {
      return await work(await connecting);
    } catch (error) {
      const answer = brokerAnswer(error);
      if (answer === undefined) this.#drop(connecting);
      else if (STALE.has(answer))
        await connecting.then((cluster) => cluster.refreshMetadata()).catch(() => this.#drop(connecting));
      throw accessFailure(error, answer, this.#settings);
    }
  }

  async #connect(): Promise<Cluster> {
    const cluster = clusterOf(clientOf(this.#settings, this.#sockets), this.#letsMakeTopic);
    try {
      await cluster.connect();
      await cluster.addTargetTopic(this.topic);
    } catch (error) {
      throw connectFailure(error, brokerAnswer(error), this.#settings);
    }
    return cluster;
  }

  #drop(connecting: Promise<Cluster> | undefined): void {
    if (connecting === undefined || this.#cluster !== connecting) return;
    this.#cluster = undefined;
    this.#sockets.destroy();
    void connecting.then((cluster) => cluster.disconnect()).catch(() => {});
  }
}

function storedFrom(
  messages: FetchResponse['responses'][number]['partitions'][number]['messages'],
  from: number,
): StoredMessage[] {
  const stored: StoredMessage[] = [];
  for (const { offset, value, headers, isControlRecord } of messages) {
    // A batch is sent whole; what stands before the asked offset in it was read before.
    if (Number(offset) < from || isControlRecord === true) continue;
    const single: Record<string, Uint8Array | undefined> = {};
    let bytes = value?.length ?? 0;
    for (const [name, header] of Object.entries(headers)) {
      const first = Array.isArray(header) ? header[0] : header;
      single[name] = first;
      bytes += name.length + (first?.length ?? 0);
    }
    stored.push({ offset: Number(offset), value: value ?? new Uint8Array(0), headers: single, bytes });
  }
  return stored;
}
