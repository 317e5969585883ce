import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseYaml } from '#base/config/yaml.ts';
import { present } from '#base/invariant.ts';
import { formatProblem, type Problem } from '#base/problem.ts';
import { otlpHttpSchema } from '#collector/exporters/otlphttp/config.ts';

function read(source: string) {
  const problems: Problem[] = [];
  const root = present(parseYaml('x.yaml', source).roots[0], 'it is YAML');
  const value = otlpHttpSchema.read(root, '', { file: 'x.yaml', problems });
  return { value, problems: problems.map(formatProblem) };
}

test('a file of the Collector loads, and is told what has no effect', () => {
  const { value, problems } = read(`
endpoint: https://backend:4318/
traces_endpoint: http://jaeger:4318/v1/traces
compression: none
max_idle_conns: 10
tls: { ca_file: /etc/ca.pem }
`);
  assert.deepEqual(value?.urls, {
    traces: 'http://jaeger:4318/v1/traces',
    logs: 'https://backend:4318/v1/logs',
    metrics: 'https://backend:4318/v1/metrics',
  });
  assert.deepEqual([value.compresses, value.common.tls.caFile], [false, '/etc/ca.pem']);
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? '', /x\.yaml:5:17: .*max_idle_conns has no effect here; one request at a time/);
});

test('a signal without an address is not sent', () => {
  const { value } = read('traces_endpoint: http://jaeger:4318/v1/traces');
  assert.deepEqual(value?.urls, { traces: 'http://jaeger:4318/v1/traces' });
});

for (const [source, expected] of [
  ['compression: gzip', /endpoint is missing; expected it, or one of a signal/],
  ['endpoint: backend:4318', /x\.yaml:1:11: expected an address that begins with http/],
  ['endpoint: http://b\ncompression: zstd', /x\.yaml:2:14: expected one of gzip, none, got "zstd"/],
  ['endpoint: http://b\nencoding: json', /x\.yaml:2:11: expected one of proto/],
  ['endpoint: http://b\nendpint: x', /endpint is not known here; did you mean endpoint/],
  ['endpoint: http://b\nproxy_url: http://p', /proxy_url is not supported yet/],
] as const) {
  test(`says: ${expected.source}`, () => {
    const { value, problems } = read(source);
    assert.equal(value, undefined);
    assert.match(problems.join('\n'), expected);
  });
}
