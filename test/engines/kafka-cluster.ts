/** Three real brokers on this machine, each a controller too, that keep three copies and need two. */
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { isMissing, type Engine, type Missing } from '#test/engines/engine.ts';
import { findKafka, startBroker } from '#test/engines/kafka-broker.ts';
import { freePort } from '#test/engines/ports.ts';
import { until } from '#test/support/wait.ts';

const BROKERS = 3;
const IN_SYNC_MS_MAX = 60_000;
const POLL_MS = 200;

/**
 * A busy machine must not look like a broker that is away; and one that is away has
 * to be noticed within what senders wait.
 */
const PATIENCE = {
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '500',
  'controller.quorum.election.timeout.ms': '600',
  'controller.quorum.fetch.timeout.ms': '2000',
};

export interface KafkaCluster extends AsyncDisposable {
  readonly brokers: readonly Engine[];
  readonly urls: readonly string[];
  /**
   * Resolves when every broker has all of a topic's records.
   *
   * @throws Error after a minute
   */
  inSync(topic: string): Promise<void>;
}

/** Ready in 8 s; needs 1 GB. */
export async function startKafkaCluster(): Promise<KafkaCluster | Missing> {
  const install = await findKafka();
  if (isMissing(install)) return install;
  const ports = await freePorts(2 * BROKERS);
  const controllerPorts = ports.slice(BROKERS);
  const properties = { ...PATIENCE, 'default.replication.factor': '3', 'min.insync.replicas': '2' };
  const starting = ports
    .slice(0, BROKERS)
    .map((port, index) => startBroker(install, { node: index + 1, port, controllerPorts, properties }));
  const started = await Promise.allSettled(starting);
  const brokers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const end = async (): Promise<void> => {
    await Promise.all(brokers.map((broker) => broker[Symbol.asyncDispose]()));
  };
  const failed = started.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    await end();
    throw failed.reason;
  }
  const urls = brokers.map(({ url }) => url);
  return { brokers, urls, inSync: (topic) => inSync(urls, topic), [Symbol.asyncDispose]: end };
}

/** All different: each is free until somebody listens. */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

async function inSync(urls: readonly string[], topic: string): Promise<void> {
  let seen = 'nothing';
  const isInSync = async (): Promise<boolean> => {
    const client = new kafkajs.Kafka({ brokers: [...urls], logLevel: kafkajs.logLevel.NOTHING });
    const admin = client.admin();
    try {
      await admin.connect();
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic, '__consumer_offsets'] });
      const partitions = topics.flatMap((one) => one.partitions);
      seen = JSON.stringify(partitions.map(({ partitionId, leader, isr }) => [partitionId, leader, isr]));
      return partitions.every(({ isr, leader }) => isr.length === BROKERS && leader > 0);
    } catch (error) {
      seen = String(error);
      await sleep(POLL_MS);
      return false;
    } finally {
      await admin.disconnect();
    }
  };
  await until(`${topic} to be in sync`, isInSync, {
    timeoutMs: IN_SYNC_MS_MAX,
    everyMs: POLL_MS,
    detail: () => seen,
  });
}
