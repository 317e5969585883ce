/**
 * Configuration of the journal on Kafka. Keys are those of the Collector's kafka
 * exporter where it has one; what is ours beyond them is how the topic is made
 * and how much may wait.
 */
import {
  boolean,
  bytes,
  choice,
  complain,
  duration,
  list,
  number,
  object,
  optional,
  section,
  text,
  withDefault,
  type Schema,
} from '#base/config/schema.ts';
import type { TlsConfig } from '#base/config/tls.ts';
import type { Compression } from '#journal/kafka/client.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const HOUR_MS = 3_600_000;

export type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

export interface KafkaSasl {
  readonly mechanism: SaslMechanism;
  readonly username: string;
  readonly password: string;
}

/** How to get at the brokers, for the journal and for whoever else speaks with Kafka. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls: TlsConfig | undefined;
  readonly sasl: KafkaSasl | undefined;
}

export interface KafkaJournalConfig extends KafkaConnection {
  readonly topic: string;
  /** How long a record may wait for the brokers until its sender is refused. */
  readonly timeoutMs: number;
  readonly compression: Compression;
  /** Largest batch of one partition; records are split below it. */
  readonly messageBytesMax: number;
  /** How the topic is made when it is not there; one that is there stays as it is. */
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly minInsyncReplicas: number;
  readonly retentionMs: number;
  /** What a `refuse` consumer may leave unread, as far as it can be told, before the door closes. */
  readonly bytesMax: number;
  readonly commitBytesMax: number;
  readonly queueBytesMax: number;
}

export const DEFAULT_KAFKA_CONFIG: KafkaJournalConfig = {
  brokers: ['localhost:9092'],
  clientId: 'plimsoll',
  topic: 'plimsoll',
  // OTLP senders wait ten seconds; a broker that restarts is back within them.
  timeoutMs: 8000,
  tls: undefined,
  sasl: undefined,
  compression: 'none',
  messageBytesMax: 1_000_000,
  partitions: 6,
  replicationFactor: 1,
  minInsyncReplicas: 1,
  retentionMs: 24 * HOUR_MS,
  bytesMax: 16 * GIB,
  commitBytesMax: 8 * MIB,
  queueBytesMax: 128 * MIB,
};

/** Below the limit of a batch, by what headers and framing take: 900 KB of the default. */
export function recordBytesMax(messageBytesMax: number): number {
  return Math.floor(messageBytesMax * 0.9);
}

const tls = object({
  insecure: withDefault(
    boolean(),
    false,
    'Speak without TLS, unless an authority or a certificate is named.',
  ),
  ca_file: optional(text(), 'Authorities to trust instead of the system’s, PEM.'),
  cert_file: optional(text(), 'Certificate to show, PEM.'),
  key_file: optional(text(), 'Key of that certificate, PEM.'),
  server_name_override: optional(text(), 'Name the certificate must be for, when it is not the broker’s.'),
  insecure_skip_verify: withDefault(boolean(), false, 'Do not check whose certificate it is.'),
});

const login = {
  username: withDefault(text(), '', 'Who logs in.'),
  password: withDefault(text(), '', 'With which password.'),
};

const sasl = object({
  ...login,
  mechanism: withDefault(
    choice(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']),
    'PLAIN',
    'How the password is shown.',
  ),
});

const D = DEFAULT_KAFKA_CONFIG;
const BROKER = /^[^\s:]+:\d{1,5}$/;

export const topicName = text({
  pattern: /^[a-zA-Z0-9._-]{1,249}$/,
  expected: 'the name of a topic',
});

/** Keys of a connection, the Collector's; spread into the schema of whoever has one. */
export const CONNECTION_FIELDS = {
  brokers: withDefault(
    list(text({ pattern: BROKER, expected: 'HOST:PORT' })),
    D.brokers,
    'Brokers to begin with; the others are learned from them.',
  ),
  client_id: withDefault(text(), D.clientId, 'How this client is called in the brokers’ logs and quotas.'),
  auth: section(
    object({
      plain_text: optional(object(login), 'The same as `sasl` with mechanism PLAIN.'),
      sasl: optional(sasl, 'Log in by SASL.'),
      tls: optional(tls, 'The older place of `tls`.'),
    }),
    'How to log in.',
  ),
  tls: optional(tls, 'Encryption, also when empty; without it connections are plain.'),
};

const schema = object({
  ...CONNECTION_FIELDS,
  topic: withDefault(topicName, D.topic, 'Topic that is the journal; made if it is not there.'),
  timeout: withDefault(
    duration({ minMs: 1000, maxMs: 120_000 }),
    D.timeoutMs,
    'How long a request waits for the brokers until it is refused.',
  ),
  producer: section(
    object({
      max_message_bytes: withDefault(
        bytes({ min: 65_536, max: 64 * MIB }),
        D.messageBytesMax,
        'Largest batch of a partition. A single item over nine tenths of it is refused; raise it with the topic’s `max.message.bytes`.',
      ),
      required_acks: withDefault(
        text({ pattern: /^(?:all|-1)$/, expected: 'all or -1' }),
        'all',
        'Only `all`: a record is acknowledged once every replica in sync has it.',
      ),
      compression: withDefault(
        choice(['none', 'gzip', 'zstd']),
        D.compression,
        'How batches are compressed on the wire and at the brokers.',
      ),
    }),
    'How batches are sent.',
  ),
  partitions: withDefault(
    number({ min: 1, max: 1000, integer: true }),
    D.partitions,
    'Partitions of the topic when it is made.',
  ),
  replication_factor: withDefault(
    number({ min: 1, max: 10, integer: true }),
    D.replicationFactor,
    'Copies of each partition when the topic is made. Use 3 where there are three brokers.',
  ),
  min_insync_replicas: withDefault(
    number({ min: 1, max: 10, integer: true }),
    D.minInsyncReplicas,
    'Copies that must have a record before it is acknowledged. From 2 on, losing a broker loses nothing.',
  ),
  retention: withDefault(
    duration({ minMs: 60_000, maxMs: 3650 * 24 * HOUR_MS }),
    D.retentionMs,
    'How long the brokers keep records when the topic is made. They do not wait for anybody: longer than the longest outage of a consumer.',
  ),
  bytes_max: withDefault(
    bytes({ min: MIB, max: 1024 * 1024 * GIB }),
    D.bytesMax,
    'Bytes a consumer that must not lose anything may leave unread before requests are refused.',
  ),
  commit_bytes_max: withDefault(
    bytes({ min: MIB, max: 256 * MIB }),
    D.commitBytesMax,
    'Most bytes sent to the brokers in one step.',
  ),
  queue_bytes_max: withDefault(
    bytes({ min: MIB, max: 4 * GIB }),
    D.queueBytesMax,
    'Bytes that may wait in memory for the brokers; beyond it requests are refused.',
  ),
});

type Values = NonNullable<ReturnType<typeof schema.read>>;
type ConnectionValues = Pick<Values, keyof typeof CONNECTION_FIELDS>;

/** Reads the kafka section of `journal:`; the keys are in `fields`, for the reference page. */
export const KAFKA_SCHEMA: Schema<KafkaJournalConfig> = {
  expected: schema.expected,
  fields: schema.fields,
  read(node, path, context) {
    const values = schema.read(node, path, context);
    if (values === undefined) return undefined;
    const problem = problemOf(values);
    if (problem !== undefined) return complain(context, node.place, `${path}.${problem[0]}`, problem[1]);
    return configOf(values);
  },
};

type ConfigProblem = readonly [key: string, message: string];

/** What is wrong beyond single keys. */
export function connectionProblem({ brokers, auth, tls: wire }: ConnectionValues): ConfigProblem | undefined {
  if (brokers.length === 0) return ['brokers', 'brokers is empty; name at least one HOST:PORT'];
  if (auth.plain_text !== undefined && auth.sasl !== undefined)
    return ['auth', 'auth has plain_text and sasl; keep one of them'];
  const files = wire ?? auth.tls;
  if ((files?.cert_file === undefined) !== (files?.key_file === undefined))
    return ['tls', 'cert_file and key_file of tls belong together'];
  return loginProblem('plain_text', auth.plain_text) ?? loginProblem('sasl', auth.sasl);
}

function loginProblem(
  name: string,
  login: { readonly username: string; readonly password: string } | undefined,
): ConfigProblem | undefined {
  if (login === undefined || (login.username !== '' && login.password !== '')) return undefined;
  const missing = login.username === '' ? 'username' : 'password';
  return [`auth.${name}.${missing}`, `auth.${name} needs a ${missing}`];
}

function problemOf(values: Values): ConfigProblem | undefined {
  if (values.min_insync_replicas > values.replication_factor)
    return [
      'min_insync_replicas',
      `min_insync_replicas cannot be above replication_factor, ${values.replication_factor}: nothing could ever be acknowledged`,
    ];
  if (values.commit_bytes_max < values.producer.max_message_bytes)
    return [
      'commit_bytes_max',
      'commit_bytes_max must hold one batch: raise it to producer.max_message_bytes',
    ];
  return connectionProblem(values);
}

export function connectionOf({ brokers, client_id, auth, tls: wire }: ConnectionValues): KafkaConnection {
  const plain =
    auth.plain_text === undefined ? undefined : { ...auth.plain_text, mechanism: 'PLAIN' as const };
  return { brokers, clientId: client_id, tls: tlsOf(wire ?? auth.tls), sasl: auth.sasl ?? plain };
}

function configOf(values: Values): KafkaJournalConfig {
  const { producer } = values;
  return {
    ...connectionOf(values),
    topic: values.topic,
    timeoutMs: values.timeout,
    compression: producer.compression,
    messageBytesMax: producer.max_message_bytes,
    partitions: values.partitions,
    replicationFactor: values.replication_factor,
    minInsyncReplicas: values.min_insync_replicas,
    retentionMs: values.retention,
    bytesMax: values.bytes_max,
    commitBytesMax: values.commit_bytes_max,
    queueBytesMax: values.queue_bytes_max,
  };
}

function tlsOf(values: Values['tls']): TlsConfig | undefined {
  if (values === undefined) return undefined;
  // As in the Collector: naming an authority or a certificate means TLS.
  const isNamed = values.ca_file !== undefined || values.cert_file !== undefined;
  if (values.insecure && !isNamed) return undefined;
  return {
    caFile: values.ca_file,
    certFile: values.cert_file,
    keyFile: values.key_file,
    serverName: values.server_name_override,
    skipsVerify: values.insecure_skip_verify,
  };
}
