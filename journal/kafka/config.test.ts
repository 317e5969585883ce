import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseYaml } from '#base/config/yaml.ts';
import {
  DEFAULT_KAFKA_CONFIG,
  KAFKA_SCHEMA,
  recordBytesMax,
  type KafkaJournalConfig,
} from '#journal/kafka/config.ts';

test('nothing written means the defaults, and records of 900 KB', () => {
  assert.deepEqual(read('{}').config, DEFAULT_KAFKA_CONFIG);
  assert.equal(recordBytesMax(DEFAULT_KAFKA_CONFIG.messageBytesMax), 900_000);
});

test('a section of the Collector’s kafka exporter is read', () => {
  const { config, messages } = read(`
brokers: [kafka-1:9092, kafka-2:9092]
client_id: collector
timeout: 10s
tls: {ca_file: ca.pem}
auth: {sasl: {username: u, password: p, mechanism: SCRAM-SHA-512}}
producer: {max_message_bytes: 2000000, required_acks: -1, compression: zstd}
`);
  assert.deepEqual(messages, []);
  assert.deepEqual(config?.brokers, ['kafka-1:9092', 'kafka-2:9092']);
  assert.deepEqual(config.sasl, { username: 'u', password: 'p', mechanism: 'SCRAM-SHA-512' });
  assert.equal(config.tls?.caFile, 'ca.pem');
  assert.equal(config.compression, 'zstd');
  assert.equal(config.messageBytesMax, 2_000_000);
});

test('tls is off without its section, and when it is called insecure', () => {
  assert.equal(read('{}').config?.tls, undefined);
  assert.equal(read('tls: {insecure: true}').config?.tls, undefined);
  assert.equal(read('tls: {}').config?.tls?.skipsVerify, false);
});

test('what could not hold is refused, by its line', () => {
  assert.match(read('producer: {required_acks: 1}').messages[0] ?? '', /all or -1/);
  assert.match(read('brokers: []').messages[0] ?? '', /at least one HOST:PORT/);
  assert.match(read('min_insync_replicas: 2').messages[0] ?? '', /replication_factor/);
  assert.match(read('partition_traces_by_id: true').messages[0] ?? '', /not known here/);
  assert.match(
    read('commit_bytes_max: 1MiB\nproducer: {max_message_bytes: 2MiB}').messages[0] ?? '',
    /one batch/,
  );
});

test('a login lacks nothing, and a certificate has its key', () => {
  assert.match(read('auth: {sasl: {username: u}}').messages[0] ?? '', /auth\.sasl needs a password/);
  assert.match(
    read('auth: {plain_text: {password: p}}').messages[0] ?? '',
    /auth\.plain_text needs a username/,
  );
  assert.match(
    read('auth: {sasl: {username: u, password: p, mechanism: GSSAPI}}').messages[0] ?? '',
    /one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512/,
  );
  assert.match(read('tls: {cert_file: c.pem}').messages[0] ?? '', /cert_file and key_file .*together/);
  assert.match(read('auth: {tls: {key_file: k.pem}}').messages[0] ?? '', /cert_file and key_file/);
  assert.equal(read('auth: {tls: {ca_file: c.pem}}').config?.tls?.caFile, 'c.pem');
});

function read(text: string): {
  readonly config: KafkaJournalConfig | undefined;
  readonly messages: string[];
} {
  const parsed = parseYaml('test.yaml', text);
  const context = { file: 'test.yaml', problems: [...parsed.problems] };
  const [root] = parsed.roots;
  assert.ok(root !== undefined);
  const config = KAFKA_SCHEMA.read(root, 'journal', context);
  return { config, messages: context.problems.map(({ message }) => message) };
}
