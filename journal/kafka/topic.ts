/** The topic that is the journal: made if it is not there, and asked how safe it is. */
import type { JournalCapabilities } from '#journal/ports.ts';
import type { KafkaJournalConfig } from '#journal/kafka/config.ts';
import type { KafkaSettings, PartitionFacts } from '#journal/kafka/client.ts';
import type { KafkaLink } from '#journal/kafka/kafkajs/link.ts';
import { ensureTopic } from '#journal/kafka/kafkajs/topics.ts';

export interface TopicFacts {
  readonly partitions: readonly PartitionFacts[];
  /** Copies of the partition that has fewest. */
  readonly replicas: number;
  readonly minInsyncReplicas: number;
  /** Largest batch the brokers take. */
  readonly messageBytesMax: number;
  /** Of each partition; undefined without a limit. */
  readonly retentionBytes: number | undefined;
}

const MIN_INSYNC = 'min.insync.replicas';
const MESSAGE_BYTES = 'max.message.bytes';
const RETENTION_BYTES = 'retention.bytes';
/** Kafka's own default, should a broker not tell. */
const MESSAGE_BYTES_DEFAULT = 1_048_588;
/** Framing of a batch, beyond its messages. */
const BATCH_HEAD_BYTES = 1024;

/** @throws what kafkajs throws */
export async function openTopic(
  settings: KafkaSettings,
  link: KafkaLink,
  config: KafkaJournalConfig,
): Promise<TopicFacts> {
  const plan = {
    topic: config.topic,
    partitions: config.partitions,
    replicationFactor: config.replicationFactor,
    config: {
      [MIN_INSYNC]: String(config.minInsyncReplicas),
      [MESSAGE_BYTES]: String(config.messageBytesMax + BATCH_HEAD_BYTES),
      'retention.ms': String(config.retentionMs),
    },
  };
  const found = await ensureTopic(settings, plan, [MIN_INSYNC, MESSAGE_BYTES, RETENTION_BYTES]);
  const partitions = await link.partitions();
  const retentionBytes = Number(found.get(RETENTION_BYTES) ?? -1);
  return {
    partitions,
    replicas: Math.min(...partitions.map(({ replicas }) => replicas)),
    minInsyncReplicas: Number(found.get(MIN_INSYNC) ?? 1),
    messageBytesMax: Number(found.get(MESSAGE_BYTES) ?? MESSAGE_BYTES_DEFAULT) - BATCH_HEAD_BYTES,
    retentionBytes: retentionBytes > 0 ? retentionBytes : undefined,
  };
}

export const UNKNOWN_CAPABILITIES: JournalCapabilities = {
  durability: 'not known yet: the brokers have not answered',
  survivesDiskLoss: false,
  partitions: 0,
};

/** Kafka syncs no disk before it answers: what makes a record safe is that others have it. */
export function capabilitiesOf(facts: TopicFacts): JournalCapabilities {
  const copies = Math.min(facts.minInsyncReplicas, facts.replicas);
  return {
    durability:
      copies >= 2
        ? `in the memory of ${copies} brokers at least (min.insync.replicas ${facts.minInsyncReplicas}, ${facts.replicas} copies): ` +
          `survives the loss of ${copies - 1}, its disk included`
        : `in the memory of one broker (min.insync.replicas ${facts.minInsyncReplicas}, ${facts.replicas} ${facts.replicas === 1 ? 'copy' : 'copies'}): ` +
          'survives a kill of the broker and of this process, not a power cut or the loss of the broker’s disk',
    survivesDiskLoss: copies >= 2,
    partitions: facts.partitions.length,
  };
}
