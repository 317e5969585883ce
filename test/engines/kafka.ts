/** A real Kafka, broker and controller in one process (KRaft), without ZooKeeper. */
import type { Admin, ITopicConfig } from 'kafkajs';
import { isMissing, runningEngine, type EngineAnswer } from '#test/engines/engine.ts';
import { findKafka, startBroker, type BrokerPlan } from '#test/engines/kafka-broker.ts';
import { freePort } from '#test/engines/ports.ts';
import { until } from '#test/support/wait.ts';

const TOPICS_MS_MAX = 30_000;

export type KafkaOptions = Pick<BrokerPlan, 'properties'>;

/** `url` is `127.0.0.1:PORT`. Topics are not made by themselves. Ready in 3 s. */
export async function startKafka({ properties = {} }: KafkaOptions = {}): Promise<EngineAnswer> {
  const running = runningEngine('kafka');
  if (running !== undefined) return running;
  const install = await findKafka();
  if (isMissing(install)) return install;
  const [port, controllerPort] = [await freePort(), await freePort()];
  return startBroker(install, { node: 1, port, controllerPorts: [controllerPort], properties });
}

/**
 * Resolves when every partition answers. A broker hears of its new topics a moment
 * after the controller has made them, and names itself as their leader before it has
 * made their folders.
 *
 * @throws Error after half a minute
 */
export async function makeTopics(admin: Admin, topics: readonly ITopicConfig[]): Promise<void> {
  await admin.createTopics({ waitForLeaders: false, topics: [...topics] });
  for (const { topic, numPartitions = 1 } of topics) {
    let seen = 'nothing';
    const isThere = async (): Promise<boolean> => {
      try {
        const partitions = await admin.fetchTopicOffsets(topic);
        seen = `${partitions.length} partitions`;
        return partitions.length === numPartitions;
      } catch (error) {
        seen = String(error);
        return false;
      }
    };
    await until(`the topic ${topic}`, isThere, { timeoutMs: TOPICS_MS_MAX, detail: () => seen });
  }
}
