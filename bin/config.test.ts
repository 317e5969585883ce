import { deepEqual, equal, match, ok, throws } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { isCoded } from '#base/errors.ts';
import { formatProblem } from '#base/problem.ts';
import { EMBEDDED_CONFIG_FILE, loadConfig, readConfig } from '#bin/config.ts';

function problemsOf(text: string): string[] {
  const { config, problems } = readConfig('p.yaml', text, {});
  equal(config, undefined, 'a file with an error gives no configuration');
  return problems.map(formatProblem);
}

test('the embedded default reads without a problem and says what the code says', () => {
  const written = readConfig('plimsoll.yaml', readFileSync(EMBEDDED_CONFIG_FILE, 'utf8'), {});
  deepEqual(written.problems, []);
  const empty = readConfig('empty.yaml', '', {}).config;
  ok(written.config !== undefined && empty !== undefined);
  const { slosDir, ...alerting } = written.config.alerting;
  // The one thing it adds: where a person would put SLOs.
  equal(slosDir, './slos');
  deepEqual({ ...written.config, alerting: { ...alerting, slosDir: undefined } }, empty);
});

test('nothing, a comment and empty sections mean the defaults', () => {
  const { config } = readConfig('p.yaml', '', {});
  ok(config !== undefined);
  for (const text of ['# only a comment\n', 'journal:\nserver:\n', '---\n{}\n'])
    deepEqual(readConfig('p.yaml', text, {}), { config, problems: [] }, JSON.stringify(text));
});

describe('a mistake is named with its place and what would be right', () => {
  const cases: readonly (readonly [name: string, text: string, problem: RegExp])[] = [
    ['a section', 'storrage: {}\n', /^p\.yaml:1:1: storrage is not known here; did you mean storage\?/],
    [
      'a key',
      'journal:\n  bytes_max: 1GiB\n  age_mx: 1h\n',
      /^p\.yaml:3:3: age_mx is not known here; did you mean age_max\? \(journal\.age_mx\)$/,
    ],
    [
      'a size',
      'journal:\n  bytes_max: a lot\n',
      /^p\.yaml:2:14: expected a size such as 64MiB or 2GiB, got "a lot"/,
    ],
    ['a duration', 'journal:\n  age_max: 5 hours\n', /^p\.yaml:2:12: expected a duration/],
    ['an address', 'server:\n  endpoint: here\n', /^p\.yaml:2:13: expected HOST:PORT, got "here"/],
    ['a port', 'server: { endpoint: "127.0.0.1:70000" }\n', /^p\.yaml:1:21: expected HOST:PORT/],
    ['a scalar for a map', 'server: 7300\n', /^p\.yaml:1:9: expected a map with endpoint/],
    ['a list for a map', '- server\n', /^p\.yaml:1:1: expected a map with receivers/],
    ['a short API key', 'server:\n  api_key: short\n', /^p\.yaml:2:12: expected at least 16/],
    ['a URL that is none', 'server:\n  external_url: console\n', /^p\.yaml:2:17: expected an http/],
    [
      'a companion that is not on this machine',
      'server: { companions: { chaos: "http://example.com:80" } }\n',
      /expected an http URL on loopback with a port and no path, got "http:/,
    ],
    [
      'a companion with a path',
      'server: { companions: { pages: "http://127.0.0.1:80/x" } }\n',
      /\(server\.companions\.pages\)$/,
    ],
    ['a folder that is relative', 'server: { companions: { proofs: a } }\n', /expected an absolute path/],
    ['YAML that is none', 'server: {endpoint: 1\n', /^p\.yaml:\d+:\d+: /],
    ['a key given twice', 'server: {}\nserver: {}\n', /^p\.yaml:2:1: /],
  ];
  for (const [name, text, problem] of cases) {
    test(name, () => {
      const problems = problemsOf(text);
      equal(problems.length, 1, problems.join('\n'));
      match(problems[0] ?? '', problem);
    });
  }

  test('all of them at once', () => {
    equal(problemsOf('journal: { byts_max: 1 }\nserver: { endpoint: x }\nstorag: {}\n').length, 3);
  });
});

test('what the OpenTelemetry Collector knows and we do not do yet is refused by name', () => {
  match(
    problemsOf('extensions:\n  zpages: {}\n').join('\n'),
    /^p\.yaml:2:3: extensions is not supported yet/,
  );
  match(
    problemsOf('processors:\n  transform: {}\n').join('\n'),
    /^p\.yaml:2:3: there is no processor transform here/,
  );
  match(problemsOf('exporters:\n  loki: {}\n').join('\n'), /^p\.yaml:2:3: there is no exporter loki here/);
  match(
    problemsOf('receivers:\n  otlp:\n    protocols:\n      grpc: {}\n').join('\n'),
    /grpc is not supported yet/,
  );
});

test('the engines of a large shape are named in one file', () => {
  const { config, problems } = readConfig(
    'p.yaml',
    `journal: { kafka: { brokers: ["kafka:9092"], replication_factor: 3, min_insync_replicas: 2 } }
storage:
  elasticsearch: { endpoints: ["http://es:9200"] }
  prometheus: { endpoint: "http://prometheus:9090/" }
alerting: { alertmanagers: [{ static_configs: [{ targets: ["am:9093"] }] }] }
`,
    {},
  );
  deepEqual(problems, []);
  ok(config?.journal.kind === 'kafka');
  deepEqual(config.journal.kafka.brokers, ['kafka:9092']);
  equal(config.storage.prometheus?.endpoint, 'http://prometheus:9090');
  deepEqual(config.storage.elasticsearch?.connection.endpoints, ['http://es:9200']);
  equal(config.alerting.alertmanagers[0]?.url, 'http://am:9093/api/v2/alerts');
  match(
    problemsOf('journal: { kafka: { brokers: [a:1] }, age_max: 1h }').join('\n'),
    /age_max belongs to the journal on disk/,
  );
});

test('values come from the environment, and one that is missing is told once, with its place', () => {
  const text = `journal: { kafka: { brokers: ["\${env:KAFKA}"], partitions: "\${env:PARTITIONS:-12}" } }
server: { endpoint: "\${env:HOST:-0.0.0.0}:7300" }
`;
  const { config, problems } = readConfig('p.yaml', text, { KAFKA: 'kafka:9092' });
  deepEqual(problems, []);
  ok(config?.journal.kind === 'kafka');
  deepEqual(config.journal.kafka.brokers, ['kafka:9092']);
  equal(config.journal.kafka.partitions, 12);
  deepEqual(config.server.endpoint, { host: '0.0.0.0', port: 7300 });
  deepEqual(problemsOf(text), [
    'p.yaml:1:31: the environment variable KAFKA is not set; set it, or write ${env:KAFKA:-DEFAULT}',
  ]);
});

test("a Collector's file is read, with a warning for what has no effect", () => {
  const { config, problems } = readConfig(
    'p.yaml',
    `receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:4318" } } } }
processors: { batch: { timeout: 1s }, memory_limiter: { limit_mib: 400 } }
exporters:
  elasticsearch: { endpoints: [http://es:9200] }
  prometheusremotewrite/far: { endpoint: "http://prometheus:9090/api/v1/write" }
service:
  pipelines:
    logs: { receivers: [otlp], processors: [memory_limiter, batch], exporters: [elasticsearch] }
    metrics: { receivers: [otlp], exporters: [prometheusremotewrite/far] }
`,
    {},
  );
  deepEqual(
    problems.map(({ line, severity, path }) => [line, severity, path]),
    [
      [2, 'warning', 'processors.batch'],
      [2, 'warning', 'processors.memory_limiter'],
    ],
  );
  deepEqual(
    config?.exporters.map(({ id, type }) => [id, type]),
    [
      ['elasticsearch', 'elasticsearch'],
      ['prometheusremotewrite/far', 'prometheusremotewrite'],
    ],
  );
  deepEqual(config.service.logs, ['elasticsearch']);
  match(
    problemsOf('service: { pipelines: { logs: { exporters: [loki] } } }\n').join('\n'),
    /service\.pipelines names the exporter loki, which is not among exporters/,
  );
});

test('a full file', () => {
  const { config, problems } = readConfig(
    'p.yaml',
    `receivers: { otlp: { protocols: { http: { endpoint: "[::1]:0" } } } }
journal: { bytes_max: 512MiB, age_max: 1h30m }
alerting:
  slos: ./objectives
  alertmanager:
    route: { receiver: on-call, group_wait: 1s }
    receivers:
      - name: on-call
        webhook_configs: [{ url: "http://127.0.0.1:9000/page" }]
server: { endpoint: "127.0.0.1:0", external_url: "https://plimsoll.example/", allowed_hosts: [plimsoll.example] }
`,
    {},
  );
  deepEqual(problems, []);
  deepEqual(config?.receivers.otlp.http.endpoint, { host: '::1', port: 0 });
  ok(config.journal.kind === 'disk');
  equal(config.journal.disk.bytesMax, 512 * 2 ** 20);
  equal(config.journal.disk.ageMaxMs, 5_400_000);
  equal(config.alerting.route.groupWaitMs, 1000);
  equal(config.server.externalUrl, 'https://plimsoll.example', 'without the slash');
});

test('a file that is not there, or is a folder, is one sentence with the way out', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-config-'));
  try {
    for (const [file, reason] of [
      [join(folder, 'missing.yaml'), /missing\.yaml does not exist; name another with --config$/],
      [folder, /cannot be read \(EISDIR\); name another with --config$/],
    ] as const)
      throws(
        () => loadConfig(file),
        (error) => isCoded(error, 'PLIM_CONFIG_INVALID') && reason.test(error.message),
      );
    const bad = join(folder, 'bad.yaml');
    writeFileSync(bad, 'journl: {}\nservr: {}\n');
    throws(
      () => loadConfig(bad),
      (error) => isCoded(error, 'PLIM_CONFIG_INVALID') && error.message.split('\n').length === 2,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
