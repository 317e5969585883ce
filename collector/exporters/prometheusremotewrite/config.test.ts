import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseYaml } from '#base/config/yaml.ts';
import { present } from '#base/invariant.ts';
import { formatProblem, type Problem } from '#base/problem.ts';
import { remoteWriteSchema } from '#collector/exporters/prometheusremotewrite/config.ts';

function read(source: string) {
  const problems: Problem[] = [];
  const root = parseYaml('x.yaml', source).roots[0];
  const value =
    root === undefined ? undefined : remoteWriteSchema.read(root, '', { file: 'x.yaml', problems });
  return { value, problems: problems.map(formatProblem) };
}

test('a file of the Collector loads as it is', () => {
  const { value, problems } = read(`
endpoint: "http://prometheus:9090/api/v1/write"
tls: { insecure: true }
headers: { X-Scope-OrgID: one }
external_labels: { cluster: a, region: b }
namespace: ship
timeout: 5s
resource_to_telemetry_conversion: { enabled: true }
target_info: { enabled: false }
add_metric_suffixes: false
send_metadata: false
max_batch_size_bytes: 1000000
retry_on_failure: { enabled: true, initial_interval: 5s, max_interval: 30s, max_elapsed_time: 0s }
`);
  assert.deepEqual(problems, []);
  const { common, ...own } = present(value, 'it has no problems');
  assert.deepEqual([common.timeoutMs, common.headers['X-Scope-OrgID']], [5000, 'one']);
  assert.deepEqual(
    { ...own, externalLabels: { ...own.externalLabels } },
    {
      endpoint: 'http://prometheus:9090/api/v1/write',
      protocol: 'auto',
      externalLabels: { cluster: 'a', region: 'b' },
      namespace: 'ship',
      addsSuffixes: false,
      addsTargetInfo: false,
      addsResource: true,
      sendsMetadata: false,
      requestBytesMax: 1_000_000,
    },
  );
});

const BAD: readonly (readonly [string, RegExp])[] = [
  ['timeout: 5s', /x\.yaml:1:1: endpoint is missing/],
  ['endpoint: prometheus:9090', /x\.yaml:1:11: expected an address that begins with http/],
  [
    'endpoint: http://p/w\nremote_write_queue: {queue_size: 5}',
    /x\.yaml:2:21: remote_write_queue is not supported yet; remove it; the journal is the queue/,
  ],
  ['endpoint: http://p/w\nwal: {directory: x}', /x\.yaml:2:6: wal is not supported yet/],
  ['endpoint: http://p/w\nendpiont: x', /x\.yaml:2:1: endpiont is not known here; did you mean endpoint\?/],
  ['endpoint: http://p/w\nexternal_labels: {a-b: c}', /external_labels: a-b is not the name of a label/],
  ['endpoint: http://p/w\nprotobuf_message: v3', /x\.yaml:2:19: expected one of auto, /],
];

for (const [source, expected] of BAD) {
  test(`says: ${expected.source}`, () => {
    const { value, problems } = read(source);
    assert.equal(value, undefined);
    assert.match(problems.join('\n'), expected);
  });
}
