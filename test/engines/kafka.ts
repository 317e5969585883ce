/** A real Kafka, broker and controller in one process (KRaft), without ZooKeeper. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runningEngine, type EngineAnswer } from '#test/engines/engine.ts';
import { preparedEntry } from '#test/engines/folder.ts';
import { findJava, SHORT_LIVED_JVM } from '#test/engines/java.ts';
import { copyJars } from '#test/engines/maven.ts';
import { freePort } from '#test/engines/ports.ts';
import { serverFolder, startServer } from '#test/engines/server.ts';
import { runTool } from '#test/engines/tool.ts';

const VERSION = '4.1.2';
const ARTIFACTS = [
  `org.apache.kafka:kafka_2.13:${VERSION}`,
  'org.apache.logging.log4j:log4j-slf4j-impl:2.25.3',
];
const JAVA_MIN = 17;
const NO_JAVA = `Kafka ${VERSION} needs Java ${JAVA_MIN} or newer (Debian: apt install openjdk-17-jdk-headless)`;
/** Sixteen bytes in base 64; any cluster of one is called this. */
const CLUSTER_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
const HEAP = '384m';
const READY_MS_MAX = 90_000;
const FORMAT_MS_MAX = 60_000;

export interface KafkaOptions {
  /** On top of ours, in the broker's own words: `{ 'message.max.bytes': '2000000' }`. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** `url` is `127.0.0.1:PORT`. Topics are not made by themselves. Ready in 3 s. */
export async function startKafka({ properties = {} }: KafkaOptions = {}): Promise<EngineAnswer> {
  const running = runningEngine('kafka');
  if (running !== undefined) return running;
  const java = findJava(JAVA_MIN);
  if (java === undefined) return { missing: NO_JAVA };
  const home = await preparedEntry(`kafka-${VERSION}`, (folder) => prepare(folder, java));
  if (typeof home !== 'string') return home;
  const [port, controllerPort] = [await freePort(), await freePort()];
  const folder = serverFolder('kafka');
  const data = join(folder, 'data');
  cpSync(join(home, 'formatted'), data, { recursive: true });
  const file = writeProperties(folder, { ...propertiesOf(port, controllerPort, data), ...properties });
  return startServer({
    name: 'kafka',
    url: `127.0.0.1:${port}`,
    folder,
    command: [...javaCommand(java, home, folder), 'kafka.Kafka', file],
    isReady: (log) => log().includes('Kafka Server started'),
    readyMsMax: READY_MS_MAX,
    version: () => VERSION,
  });
}

/** The jars, and a data folder formatted once: every broker starts from a copy of it. */
async function prepare(folder: string, java: string): Promise<void> {
  await copyJars(ARTIFACTS, join(folder, 'lib'));
  const data = join(folder, 'formatted');
  const file = writeProperties(folder, propertiesOf(1, 2, data));
  await runTool(
    [...javaCommand(java, folder, folder), 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file],
    { cwd: folder, timeoutMs: FORMAT_MS_MAX },
  );
  rmSync(file);
}

function javaCommand(java: string, home: string, folder: string): string[] {
  const logging = join(folder, 'log4j2.properties');
  writeFileSync(logging, LOGGING);
  return [
    join(java, 'bin', 'java'),
    `-Xms${HEAP}`,
    `-Xmx${HEAP}`,
    ...SHORT_LIVED_JVM,
    '-Djava.awt.headless=true',
    `-Dkafka.logs.dir=${folder}`,
    `-Dlog4j2.configurationFile=${logging}`,
    '-cp',
    join(home, 'lib', '*'),
  ];
}

/** Warnings, and the one line that says it is ready. */
const LOGGING = `
rootLogger.level = WARN
rootLogger.appenderRef.out.ref = OUT
appender.out.type = Console
appender.out.name = OUT
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %c: %m%n
logger.start.name = kafka.server.KafkaRaftServer
logger.start.level = INFO
`;

function writeProperties(folder: string, properties: Readonly<Record<string, string>>): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'server.properties');
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

function propertiesOf(port: number, controllerPort: number, data: string): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': data,
    'auto.create.topics.enable': 'false',
    'num.network.threads': '2',
    'num.io.threads': '4',
    'log.cleaner.dedupe.buffer.size': String(16 * 1024 * 1024),
    'group.initial.rebalance.delay.ms': '0',
    ...internalTopic('offsets.topic'),
    ...internalTopic('transaction.state.log', 'min.isr'),
    ...internalTopic('share.coordinator.state.topic', 'min.isr'),
    // After a kill the broker's old registration has to expire before it may come back.
    'broker.session.timeout.ms': '1500',
    'broker.heartbeat.interval.ms': '300',
    'controller.quorum.election.timeout.ms': '300',
    'controller.quorum.fetch.timeout.ms': '1000',
  };
}

/** The broker's own topics, on one broker. */
function internalTopic(prefix: string, ...ones: readonly string[]): Record<string, string> {
  const single = ['replication.factor', ...ones].map((name) => [`${prefix}.${name}`, '1'] as const);
  return { [`${prefix}.num.partitions`]: '4', ...Object.fromEntries(single) };
}
