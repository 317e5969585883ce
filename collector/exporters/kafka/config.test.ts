import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseYaml } from '#base/config/yaml.ts';
import { present } from '#base/invariant.ts';
import { formatProblem, type Problem } from '#base/problem.ts';
import { kafkaExporterSchema } from '#collector/exporters/kafka/config.ts';

function read(source: string) {
  const problems: Problem[] = [];
  const root = present(parseYaml('x.yaml', source).roots[0], 'it is YAML');
  const value = kafkaExporterSchema.read(root, '', { file: 'x.yaml', problems });
  return { value, problems: problems.map(formatProblem) };
}

test('a file of the Collector loads, and is told what has no effect', () => {
  const { value, problems } = read(`
brokers: [kafka-1:9092, kafka-2:9092]
protocol_version: 3.9.0
client_id: gateway
timeout: 5s
traces: { topic: spans, encoding: otlp_proto }
partition_traces_by_id: false
record_headers: { env: prod }
record_partitioner: { sticky_key: { hasher: sarama_compat } }
producer: { max_message_bytes: 2000000, required_acks: 1, compression: zstd, linger: 10ms }
auth: { sasl: { username: u, password: p, mechanism: SCRAM-SHA-512 } }
tls: { ca_file: /etc/ca.pem }
`);
  assert.deepEqual(value?.connection.brokers, ['kafka-1:9092', 'kafka-2:9092']);
  assert.deepEqual(value.topics, {
    'otlp-traces': 'spans',
    'otlp-metrics': 'otlp_metrics',
    'otlp-logs': 'otlp_logs',
  });
  assert.deepEqual(
    [
      value.messageBytesMax,
      value.compression,
      value.letsMakeTopics,
      { ...value.headers },
      value.common.timeoutMs,
    ],
    [2_000_000, 'zstd', true, { env: 'prod' }, 5000],
  );
  assert.deepEqual(
    [value.connection.sasl?.mechanism, value.connection.tls?.caFile],
    ['SCRAM-SHA-512', '/etc/ca.pem'],
  );
  assert.equal(problems.length, 2);
  assert.match(problems.join('\n'), /x\.yaml:3:\d+: .*protocol_version has no effect here/);
  assert.match(problems.join('\n'), /x\.yaml:10:\d+: .*linger has no effect here/);
});

test('the older place of a topic holds for signals that name none', () => {
  const { value } = read('topic: all\nlogs: { topic: logs }');
  assert.deepEqual(value?.topics, { 'otlp-traces': 'all', 'otlp-metrics': 'all', 'otlp-logs': 'logs' });
});

for (const [source, expected] of [
  ['brokers: [kafka]', /x\.yaml:1:11: .*expected HOST:PORT/],
  ['brokers: []', /brokers is empty/],
  ['traces: { encoding: otlp_json }', /x\.yaml:1:21: .*expected one of otlp_proto, got "otlp_json"/],
  ['partition_traces_by_id: true', /x\.yaml:1:25: .*not supported yet.*\(partition_traces_by_id\)/],
  ['topic_from_attribute: x', /topic_from_attribute is not supported yet; name one topic a signal/],
  ['producer: { compression: snappy }', /expected one of none, gzip, zstd/],
  ['producer: { required_acks: two }', /expected all, -1, 0 or 1/],
  ['record_partitioner: { round_robin: }', /round_robin is not supported yet/],
  ['headers: { a: b }', /headers is not supported yet; use record_headers/],
  ['brokrs: [a:1]', /brokrs is not known here; did you mean brokers/],
] as const) {
  test(`says: ${expected.source}`, () => {
    const { value, problems } = read(source);
    assert.equal(value, undefined);
    assert.match(problems.join('\n'), expected);
  });
}
