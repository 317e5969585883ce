import assert from 'node:assert/strict';
import { test } from 'node:test';
import { present } from '#base/invariant.ts';
import { parseYaml } from '#base/config/yaml.ts';
import type { Problem } from '#base/problem.ts';
import {
  elasticsearchExporterSchema,
  type ElasticsearchExporterConfig,
} from '#collector/exporters/elasticsearch/config.ts';

function read(source: string): {
  readonly config: ElasticsearchExporterConfig | undefined;
  readonly problems: readonly Problem[];
} {
  const problems: Problem[] = [];
  const file = 'plimsoll.yaml';
  const root = present(parseYaml(file, source).roots[0], 'the text is YAML');
  return { config: elasticsearchExporterSchema.read(root, '', { file, problems }), problems };
}

test("a file of the Collector's is taken as it is", () => {
  const { config, problems } = read(`
endpoints: [https://a:9200, https://b:9200]
user: elastic
password: changeme
timeout: 30s
num_workers: 4
flush: {bytes: 1000000}
retry: {enabled: true, max_retries: 5, initial_interval: 50ms, max_interval: 10s}
mapping: {mode: otel}
tls: {ca_file: /etc/ca.pem}
sending_queue: {enabled: true}
`);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    [config?.endpoints, config?.auth, config?.timeoutMs, config?.requestsMax, config?.requestBytesMax],
    [
      ['https://a:9200', 'https://b:9200'],
      { username: 'elastic', password: 'changeme' },
      30_000,
      4,
      1_000_000,
    ],
  );
  assert.deepEqual(config?.itemRetry, { retriesMax: 5, initialMs: 50, maxMs: 10_000 });
  assert.deepEqual([config?.compresses, config?.tls.caFile], [true, '/etc/ca.pem']);
});

const REFUSED: readonly (readonly [source: string, line: number, message: RegExp])[] = [
  ['num_workers: 2', 1, /either endpoint or endpoints/],
  ['endpoint: http://a:9200\nendpoints: [http://b:9200]', 1, /either endpoint or endpoints/],
  ['endpoint: a:9200', 1, /an address such as/],
  ['endpoint: http://a:9200\nuser: x', 1, /belong together/],
  ['endpoint: http://a:9200\nuser: x\npassword: y\napi_key: z', 1, /either api_key or/],
  ['endpoint: http://a:9200\nendpont: http://b', 2, /did you mean endpoint/],
  ['endpoint: http://a:9200\nmapping:\n  mode: ecs', 3, /one of otel/],
  ['endpoint: http://a:9200\nflush:\n  interval: 10s', 3, /nothing waits/],
  ['endpoint: http://a:9200\nlogs_index: Logs', 2, /data stream or index/],
  ['cloudid: x', 1, /write the address under endpoint/],
];

test('what is wrong is told by line', () => {
  for (const [source, line, message] of REFUSED) {
    const { config, problems } = read(source);
    assert.equal(config, undefined, source);
    assert.ok(
      problems.some((problem) => problem.line === line && message.test(problem.message)),
      `${source}: ${JSON.stringify(problems)}`,
    );
  }
});
