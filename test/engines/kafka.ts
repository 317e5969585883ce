/** A real Kafka, broker and controller in one process (KRaft), without ZooKeeper. */
import { isMissing, runningEngine, type EngineAnswer } from '#test/engines/engine.ts';
import { findKafka, startBroker, type BrokerPlan } from '#test/engines/kafka-broker.ts';
import { freePort } from '#test/engines/ports.ts';

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
