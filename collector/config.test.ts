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

const BAD: readonly (readonly [name: string, text: string, problem: RegExp])[] = [
  ['grpc', 'otlp:\n  protocols:\n    grpc: {}', /^plimsoll.yaml:3:11: grpc is not supported yet; .*4318/],
  ['a misspelt key', 'otlp: {protocols: {http: {endpont: "a:1"}}}', /did you mean endpoint\?/],
  ['no limit', 'otlp: {protocols: {http: {max_request_body_size: 0}}}', /max_request_body_size/],
  ['a limit that is no size', 'otlp: {protocols: {http: {max_request_body_size: big}}}', /64MiB/],
  ['in flight below body', 'otlp: {protocols: {http: {max_in_flight_bytes: 1MiB}}}', /never be admitted/],
  ['equal paths', 'otlp: {protocols: {http: {traces_url_path: /v1/logs}}}', /must differ/],
  ['Jaeger over gRPC', 'jaeger: {protocols: {grpc: {}}}', /grpc is not supported yet; .*OTLP/],
  ['a packet no UDP has', 'jaeger: {protocols: {thrift_binary: {max_packet_size: 70000}}}', /65507/],
  ['a path that is none', 'otlp: {protocols: {http: {traces_url_path: "v1?"}}}', /a path such as/],
];

for (const [name, text, problem] of BAD) {
  test(`refused with its place: ${name}`, () => {
    const { config, problems } = read(text);
    equal(config, undefined);
    match(problems.map(formatProblem).join('\n'), problem);
  });
}
