import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { parseYaml } from '#base/config/yaml.ts';
import { present } from '#base/invariant.ts';
import { formatProblem, type Problem } from '#base/problem.ts';
import { RECEIVERS_DEFAULT, receiversSchema, type ReceiversConfig } from '#collector/config.ts';

function read(text: string): { config: ReceiversConfig | undefined; problems: Problem[] } {
  const problems: Problem[] = [];
  const parsed = parseYaml('plimsoll.yaml', text);
  const root = present(parsed.roots[0], 'the text holds a document');
  return { config: receiversSchema.read(root, 'receivers', { file: 'plimsoll.yaml', problems }), problems };
}

test('nothing written gives the defaults', () => {
  deepEqual(read('{}').config, RECEIVERS_DEFAULT);
  deepEqual(read('otlp: {protocols: {http: {}}}').config, RECEIVERS_DEFAULT);
  deepEqual(RECEIVERS_DEFAULT.otlp.http.endpoint, { host: '127.0.0.1', port: 4318 });
  equal(RECEIVERS_DEFAULT.otlp.http.bodyBytesMax, 64 * 1024 * 1024);
});

test("the OpenTelemetry Collector's settings are read", () => {
  const { config } = read(
    'otlp: {protocols: {http: {endpoint: "[::1]:14318", max_request_body_size: 20971520, read_timeout: 5s, traces_url_path: /t}}}',
  );
  const http = present(config, 'it is valid').otlp.http;
  deepEqual(
    [http.endpoint.port, http.bodyBytesMax, http.readTimeoutMs, http.tracesPath],
    [14318, 20971520, 5000, '/t'],
  );
});

test('Jaeger: what is not written is off, what is has limits', () => {
  deepEqual(RECEIVERS_DEFAULT.jaeger, { http: undefined, compact: undefined, binary: undefined });
  const { config } = read(
    'jaeger: {protocols: {thrift_http: , thrift_compact: {endpoint: "0.0.0.0:1", queue_size: 5}}}',
  );
  const { http, compact, binary } = present(config, 'it is valid').jaeger;
  deepEqual(http?.endpoint, { host: '127.0.0.1', port: 14_268 });
  equal(http.bodyBytesMax, RECEIVERS_DEFAULT.otlp.http.bodyBytesMax);
  deepEqual([compact?.endpoint.port, compact?.packetsMax, compact?.packetBytesMax], [1, 5, 65_000]);
  equal(binary, undefined);
});

test('a scrape section as Prometheus has it', () => {
  const { config } = read(`prometheus:
  config:
    global: {scrape_interval: 5s}
    scrape_configs:
      - job_name: freight
        static_configs:
          - {targets: ['127.0.0.1:41000', quotes]}
          - {targets: ['[::1]:9090'], labels: {zone: b, instance: third}}
      - job_name: slow
        scrape_interval: 1m
        scrape_timeout: 30s
        scheme: https
        metrics_path: /prom?x=1
        honor_labels: true
        sample_limit: 10
        static_configs: [{targets: [a:1]}]
`);
  const { targets } = present(config, 'it is valid').prometheus;
  deepEqual(
    targets.map(({ url, labels, intervalMs, timeoutMs }) => [url, labels, intervalMs, timeoutMs]),
    [
      ['http://127.0.0.1:41000/metrics', { job: 'freight', instance: '127.0.0.1:41000' }, 5000, 5000],
      ['http://quotes/metrics', { job: 'freight', instance: 'quotes' }, 5000, 5000],
      ['http://[::1]:9090/metrics', { job: 'freight', instance: 'third', zone: 'b' }, 5000, 5000],
      ['https://a:1/prom?x=1', { job: 'slow', instance: 'a:1' }, 60_000, 30_000],
    ],
  );
  deepEqual([targets[3]?.honorLabels, targets[3]?.samplesMax, targets[0]?.samplesMax], [true, 10, 100_000]);
});

/** One scrape section with `more` in it. */
function scrape(more: string): string {
  return `prometheus: {config: {scrape_configs: [{job_name: a, ${more}}]}}`;
}

const BAD: readonly (readonly [name: string, text: string, problem: RegExp])[] = [
  ['grpc', 'otlp:\n  protocols:\n    grpc: {}', /^plimsoll.yaml:3:11: grpc is not supported yet; .*4318/],
  ['a misspelt key', 'otlp: {protocols: {http: {endpont: "a:1"}}}', /did you mean endpoint\?/],
  ['no limit', 'otlp: {protocols: {http: {max_request_body_size: 0}}}', /max_request_body_size/],
  ['a limit that is no size', 'otlp: {protocols: {http: {max_request_body_size: big}}}', /64MiB/],
  ['in flight below body', 'otlp: {protocols: {http: {max_in_flight_bytes: 1MiB}}}', /never be admitted/],
  ['equal paths', 'otlp: {protocols: {http: {traces_url_path: /v1/logs}}}', /must differ/],
  ['Jaeger over gRPC', 'jaeger: {protocols: {grpc: {}}}', /grpc is not supported yet; .*OTLP/],
  ['a packet no UDP has', 'jaeger: {protocols: {thrift_binary: {max_packet_size: 70000}}}', /65507/],
  ['relabeling', scrape('relabel_configs: []'), /relabel_configs is not supported yet/],
  ['discovery', scrape('kubernetes_sd_configs: []'), /name the targets under static_configs/],
  [
    'a URL for a target',
    scrape('static_configs: [{targets: ["http://a:1"]}]'),
    /HOST:PORT, without a scheme/,
  ],
  ['a reserved label', scrape('static_configs: [{targets: [], labels: {__x: y}}]'), /__x begins with __/],
  ['a label that is none', scrape('static_configs: [{targets: [], labels: {a-b: y}}]'), /a-b has characters/],
  ['a late timeout', scrape('scrape_interval: 1s, scrape_timeout: 2s'), /2000 ms\) is longer than .*1000 ms/],
  ['a target twice', scrape('static_configs: [{targets: [a:1, a:1]}]'), /named twice: .*a:1/],
  ['no sample limit', scrape('sample_limit: 0'), /from 1 to 1000000/],
  ['a job twice', 'prometheus: {config: {scrape_configs: [{job_name: a}, {job_name: a}]}}', /used twice/],
  ['a job without a name', 'prometheus: {config: {scrape_configs: [{}]}}', /job_name is missing/],
  ['a path that is none', 'otlp: {protocols: {http: {traces_url_path: "v1?"}}}', /a path such as/],
];

for (const [name, text, problem] of BAD) {
  test(`refused with its place: ${name}`, () => {
    const { config, problems } = read(text);
    equal(config, undefined);
    match(problems.map(formatProblem).join('\n'), problem);
  });
}
