/** Topics: made, and asked for their settings. */
import kafkajs, { type Admin } from 'kafkajs';
import type { KafkaSettings, TopicPlan } from '#journal/kafka/client.ts';
import { connectFailure } from '#journal/kafka/core/access.ts';
import { brokerAnswer, clientOf, Sockets } from '#journal/kafka/kafkajs/connection.ts';

const { ConfigResourceTypes } = kafkajs;

/** The settings of a topic by Kafka's names; the topic is made first if it is not there. */
export async function ensureTopic(
  settings: KafkaSettings,
  plan: TopicPlan,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const sockets = new Sockets(settings.tls);
  const admin = clientOf(settings, sockets).admin();
  try {
    await admin.connect();
    try {
      return await describeTopic(admin, plan.topic, names);
    } catch (error) {
      if (brokerAnswer(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
      await createTopic(admin, plan);
    }
    return await describeTopic(admin, plan.topic, names);
  } catch (error) {
    throw connectFailure(error, brokerAnswer(error), settings);
  } finally {
    sockets.destroy();
    void admin.disconnect().catch(() => {});
  }
}

async function createTopic(admin: Admin, plan: TopicPlan): Promise<void> {
  // False, not an error, when another collector has made it this moment.
  await admin.createTopics({
    topics: [
      {
        topic: plan.topic,
        numPartitions: plan.partitions,
        replicationFactor: plan.replicationFactor,
        configEntries: Object.entries(plan.config).map(([name, value]) => ({ name, value })),
      },
    ],
  });
}

async function describeTopic(
  admin: Admin,
  topic: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: [...names] }],
  });
  return new Map(
    resources.flatMap(({ configEntries }) =>
      configEntries.map(({ configName, configValue }) => [configName, configValue]),
    ),
  );
}
