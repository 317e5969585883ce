/** What the exporter `kafka` can be told, in the Collector's words. */
import {
  boolean,
  bytes,
  choice,
  mapped,
  notSupportedYet,
  object,
  optional,
  record,
  section,
  text,
  withDefault,
  withoutEffect,
  type Field,
  type Schema,
} from '#base/config/schema.ts';
import { COMMON_FIELDS, commonConfig, type CommonConfig } from '#collector/exporters/config.ts';
import type { Compression } from '#journal/kafka/client.ts';
import {
  CONNECTION_FIELDS,
  connectionOf,
  connectionProblem,
  topicName,
  type KafkaConnection,
} from '#journal/kafka/config.ts';
import type { RecordKind } from '#signals/records.ts';

const MIB = 2 ** 20;

/** Prometheus samples are no OTLP; they leave by `prometheusremotewrite`. */
export type KafkaKind = Exclude<RecordKind, 'prom-samples'>;

export interface KafkaExporterConfig {
  readonly common: CommonConfig;
  readonly connection: KafkaConnection;
  readonly topics: Readonly<Record<KafkaKind, string>>;
  /** Set on every message. */
  readonly headers: Readonly<Record<string, string>>;
  /** Largest message, and batch of a partition, before compression. */
  readonly messageBytesMax: number;
  readonly compression: Compression;
  /** Whether the brokers may make a topic that is not there. */
  readonly letsMakeTopics: boolean;
}

/** `false`, as it stands in many files, asks for nothing. */
function onlyFalse(wayOut: string): Field<boolean | undefined> {
  const schema: Schema<boolean> = mapped(boolean(), (value, complainHere) =>
    value ? complainHere(`it is not supported yet; ${wayOut}`) : value,
  );
  return optional(schema, 'Only `false`.');
}

const encoding = withDefault(
  choice(['otlp_proto']),
  'otlp_proto',
  'Messages are forwarded as they are kept: protobuf.',
);
const oneTopic = 'name one topic a signal';
const instances = 'messages of one service.instance.id are in one partition';

function signalOf(topic: string) {
  return section(
    object({
      topic: optional(topicName, `Topic of this signal, \`${topic}\` without it.`),
      encoding,
      topic_from_metadata_key: notSupportedYet(oneTopic),
      message_key_from_metadata_key: notSupportedYet(`remove it; ${instances}`),
    }),
    'Where this signal goes.',
  );
}

const partitioner = object({
  sticky_key: optional(
    object({
      hasher: withDefault(
        choice(['sarama_compat']),
        'sarama_compat',
        'FNV-1a of the key, the Collector’s own default.',
      ),
    }),
    'The partition is chosen by the key.',
  ),
  round_robin: notSupportedYet(`remove it; ${instances}`),
  least_backup: notSupportedYet(`remove it; ${instances}`),
  extension: notSupportedYet('there are no extensions here'),
});

const batched = 'what is in a batch of the journal is sent at once';

const producer = object({
  max_message_bytes: withDefault(
    bytes({ min: 65_536, max: 64 * MIB }),
    1_000_000,
    'Largest message before compression; records are cut below nine tenths of it between their items.',
  ),
  required_acks: withDefault(
    text({ pattern: /^(?:all|-1|0|1)$/, expected: 'all, -1, 0 or 1' }),
    'all',
    'Accepted as the Collector has it; it is always `all`: a cursor passes only what every replica in sync has.',
  ),
  compression: withDefault(choice(['none', 'gzip', 'zstd']), 'none', 'Of batches.'),
  allow_auto_topic_creation: withDefault(
    boolean(),
    true,
    'Whether brokers that are set up to may make a topic that is not there.',
  ),
  compression_params: withoutEffect('the default level is used'),
  flush_max_messages: withoutEffect(batched),
  max_broker_write_bytes: withoutEffect(batched),
  linger: withoutEffect(batched),
});

const written = object({
  ...COMMON_FIELDS,
  ...CONNECTION_FIELDS,
  headers: notSupportedYet('use record_headers'),
  traces: signalOf('otlp_spans'),
  metrics: signalOf('otlp_metrics'),
  logs: signalOf('otlp_logs'),
  profiles: notSupportedYet('remove it; there are no profiles here'),
  topic: optional(topicName, 'Topic of the signals that name none, in the older place.'),
  encoding,
  record_headers: withDefault(record(text()), {}, 'Headers of every message.'),
  producer: section(producer, 'How messages are sent.'),
  record_partitioner: optional(partitioner, 'How the partition is chosen.'),
  partition_traces_by_id: onlyFalse(`remove it; ${instances}, spans of a trace are not`),
  partition_metrics_by_resource_attributes: onlyFalse(`remove it; ${instances}`),
  partition_logs_by_resource_attributes: onlyFalse(`remove it; ${instances}`),
  partition_logs_by_trace_id: onlyFalse(`remove it; ${instances}`),
  topic_from_attribute: notSupportedYet(oneTopic),
  include_metadata_keys: notSupportedYet('use record_headers'),
  resolve_canonical_bootstrap_servers_only: onlyFalse('remove it'),
  protocol_version: withoutEffect('it is agreed on with each broker'),
  conn_idle_timeout: withoutEffect('a connection that was closed is opened again'),
  metadata: withoutEffect('metadata is asked for once a minute, and when it has changed'),
});

const COMMON_WRITTEN = section(object(COMMON_FIELDS), '').default.value;

/** Schema of an exporter `kafka`. */
export const kafkaExporterSchema: Schema<KafkaExporterConfig> = mapped(written, (value, complainHere) => {
  const problem = connectionProblem(value);
  if (problem !== undefined) return complainHere(problem[1]);
  const { timeout, retry_on_failure, sending_queue } = value;
  return {
    common: commonConfig({ ...COMMON_WRITTEN, timeout, retry_on_failure, sending_queue }),
    connection: connectionOf(value),
    topics: {
      'otlp-traces': value.traces.topic ?? value.topic ?? 'otlp_spans',
      'otlp-metrics': value.metrics.topic ?? value.topic ?? 'otlp_metrics',
      'otlp-logs': value.logs.topic ?? value.topic ?? 'otlp_logs',
    },
    headers: value.record_headers,
    messageBytesMax: value.producer.max_message_bytes,
    compression: value.producer.compression,
    letsMakeTopics: value.producer.allow_auto_topic_creation,
  };
});
