/** One process of a real Kafka, broker and controller in one (KRaft), alone or in a cluster. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Engine, Missing } from '#test/engines/engine.ts';
import { preparedEntry } from '#test/engines/folder.ts';
import { findJava, SHORT_LIVED_JVM } from '#test/engines/java.ts';
import { copyJars } from '#test/engines/maven.ts';
import { serverFolder, startServer } from '#test/engines/server.ts';
import { runTool } from '#test/engines/tool.ts';

const VERSION = '4.1.2';
const ARTIFACTS = [
  `org.apache.kafka:kafka_2.13:${VERSION}`,
  'org.apache.logging.log4j:log4j-slf4j-impl:2.25.3',
];
const JAVA_MIN = 17;
const NO_JAVA = `Kafka ${VERSION} needs Java ${JAVA_MIN} or newer (Debian: apt install openjdk-17-jdk-headless)`;
/** Sixteen bytes in base 64; every cluster of these is called this. */
const CLUSTER_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
const UUID_BYTES = 16;
const HEAP = '384m';
const READY_MS_MAX = 90_000;
const TOOL_MS_MAX = 60_000;

/**
 * For a broker that a test kills: its old registration has to expire before it may
 * come back. One that the machine lets stand still for as long expires, too, and leads
 * no partition for a moment: whoever asks it asks again. Hence not for every broker;
 * Kafka's own is 9 seconds.
 */
export const EXPIRES_SOON: Readonly<Record<string, string>> = { 'broker.session.timeout.ms': '1500' };

/** The programs of Kafka, and what runs them. */
export interface KafkaInstall {
  readonly java: string;
  readonly home: string;
}

/** A member of a cluster, and where the members meet. */
export interface BrokerPlan {
  /** From 1 on; names the folder too. */
  readonly node: number;
  readonly port: number;
  /** Of the controllers, that of node 1 first. */
  readonly controllerPorts: readonly number[];
  /** On top of ours, in the broker's own words: `{ 'message.max.bytes': '2000000' }`. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Kept in the metadata: `SCRAM-SHA-512=[name=alice,password=secret]`. */
  readonly scram?: readonly string[];
}

/** Kafka from Maven: 43 MB, ten seconds, once. */
export async function findKafka(): Promise<KafkaInstall | Missing> {
  const java = findJava(JAVA_MIN);
  if (java === undefined) return { missing: NO_JAVA };
  const home = await preparedEntry(`kafka-${VERSION}`, (folder) => prepare(folder, java));
  return typeof home === 'string' ? { java, home } : home;
}

/** `url` is `127.0.0.1:PORT`. Topics are not made by themselves. Ready in 3 s, once most controllers are. */
export async function startBroker({ java, home }: KafkaInstall, plan: BrokerPlan): Promise<Engine> {
  const folder = serverFolder(plan.controllerPorts.length === 1 ? 'kafka' : `kafka-${plan.node}`);
  const data = join(folder, 'data');
  const file = writeProperties(folder, { ...propertiesOf(plan, data), ...plan.properties });
  if (plan.scram === undefined) copyFormatted(home, data, plan.node);
  else await format({ java, home }, folder, file, plan.scram);
  return startServer({
    name: 'kafka',
    url: `127.0.0.1:${plan.port}`,
    folder,
    command: [...javaCommand({ java, home }, folder), 'kafka.Kafka', file],
    isReady: (log) => log().includes('Kafka Server started'),
    readyMsMax: READY_MS_MAX,
    version: () => VERSION,
  });
}

/** The jars, and a data folder formatted once: a broker starts from a copy of it. */
async function prepare(folder: string, java: string): Promise<void> {
  await copyJars(ARTIFACTS, join(folder, 'lib'));
  const plan = { node: 1, port: 1, controllerPorts: [2] };
  const file = writeProperties(folder, propertiesOf(plan, join(folder, 'formatted')));
  await format({ java, home: folder }, folder, file, []);
  rmSync(file);
}

async function format(
  install: KafkaInstall,
  folder: string,
  file: string,
  scram: readonly string[],
): Promise<void> {
  const words = ['format', '-t', CLUSTER_ID, '-c', file, ...scram.flatMap((one) => ['--add-scram', one])];
  await runKafkaTool(install, folder, ['kafka.tools.StorageTool', ...words]);
}

/**
 * One of Kafka's own programs, run to its end: its class and its words.
 *
 * @param folder to work in
 * @throws CannotPrepare when it ends with anything but 0
 */
export async function runKafkaTool(
  install: KafkaInstall,
  folder: string,
  words: readonly string[],
): Promise<void> {
  await runTool([...javaCommand(install, folder), ...words], { cwd: folder, timeoutMs: TOOL_MS_MAX });
}

/** Formatting takes a second of a JVM; what differs between members is two lines. */
function copyFormatted(home: string, data: string, node: number): void {
  cpSync(join(home, 'formatted'), data, { recursive: true });
  const file = join(data, 'meta.properties');
  const text = readFileSync(file, 'utf8')
    .replace(/^node\.id=.*$/m, `node.id=${node}`)
    .replace(/^directory\.id=.*$/m, `directory.id=${uuid()}`);
  writeFileSync(file, text);
}

/** As Kafka writes them: 16 bytes in base 64, none that begins with a dash. */
function uuid(): string {
  const bytes = randomBytes(UUID_BYTES);
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString('base64url');
}

function javaCommand({ java, home }: KafkaInstall, folder: string): string[] {
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

function propertiesOf({ node, port, controllerPorts }: BrokerPlan, data: string): Record<string, string> {
  const voters = controllerPorts.map((controller, index) => `${index + 1}@127.0.0.1:${controller}`);
  const replicas = String(controllerPorts.length);
  // Half of them may be away without a broker that waits for its own topics.
  const insync = String(Math.ceil((controllerPorts.length + 1) / 2));
  return {
    'process.roles': 'broker,controller',
    'node.id': String(node),
    'controller.quorum.voters': voters.join(','),
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPorts[node - 1]}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': data,
    'auto.create.topics.enable': 'false',
    'num.network.threads': '2',
    'num.io.threads': '4',
    'log.cleaner.dedupe.buffer.size': String(16 * 1024 * 1024),
    'group.initial.rebalance.delay.ms': '0',
    ...internalTopic('offsets.topic', { 'replication.factor': replicas }),
    ...internalTopic('transaction.state.log', { 'replication.factor': replicas, 'min.isr': insync }),
    ...internalTopic('share.coordinator.state.topic', { 'replication.factor': replicas, 'min.isr': insync }),
    'broker.heartbeat.interval.ms': '300',
    'controller.quorum.election.timeout.ms': '300',
    'controller.quorum.fetch.timeout.ms': '1000',
  };
}

/** One of the broker's own topics. */
function internalTopic(prefix: string, settings: Readonly<Record<string, string>>): Record<string, string> {
  const named = Object.entries(settings).map(([name, value]) => [`${prefix}.${name}`, value] as const);
  return { [`${prefix}.num.partitions`]: '4', ...Object.fromEntries(named) };
}
