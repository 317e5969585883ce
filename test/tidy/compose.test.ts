/** The large shape without Docker: its compose file, the files it mounts, the variables they use. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { present } from '#base/invariant.ts';
import { formatProblem } from '#base/problem.ts';
import { readConfig } from '#bin/config.ts';
import { SERVICES } from '#sample-services/topology.ts';
import { brokenRules, FREIGHT_PORT, isOurs, wrongAddresses } from '#test/tidy/compose-rules.ts';
import { mountsOf, readCompose, readDotEnv, type ComposeFile } from '#test/tidy/compose.ts';
import { pathsWith, readText } from '#test/tidy/source.ts';

const TEXT = readText('docker-compose.yml');
const DOT_ENV = readDotEnv(readText('.env'));
/** Read by Compose itself. */
const OF_COMPOSE = ['COMPOSE_PROFILES'];

function problemsOf(text: string): readonly string[] {
  const { compose, problems } = readCompose(text, DOT_ENV);
  return compose === undefined ? problems : [...problems, ...brokenRules(compose)];
}

function compose(): ComposeFile {
  return present(readCompose(TEXT, DOT_ENV).compose, 'the first test says what is wrong with the file');
}

test('the compose file is well formed and keeps its rules', () => {
  assert.deepEqual(problemsOf(TEXT), []);
});

const PLANTED: readonly (readonly [name: string, from: string | RegExp, to: string, problem: RegExp])[] = [
  [
    'an unknown key',
    'pids_limit: 1024',
    'pid_limit: 1024',
    /pid_limit is not known here; did you mean pids_limit/,
  ],
  ['a moving tag', 'kafka:4.1.2', 'kafka:latest', /expected NAME:EXACT-VERSION, got "apache\/kafka:latest"/],
  ['root', "user: '472:0'", "user: '0:0'", /expected UID:GID, not root/],
  ['a variable without a value', '${KAFKA_MEMORY}', '${KAFKA_MEMROY}', /variable KAFKA_MEMROY is not set/],
  [
    'a file that is away',
    './deploy/jaeger.yaml:',
    './deploy/jager.yaml:',
    /jager\.yaml is not there to be mounted/,
  ],
  ['a file mounted for writing', 'jaeger.yaml:ro', 'jaeger.yaml', /jaeger\.yaml is mounted for writing/],
  ['a volume that is not declared', 'kafka:/var', 'kafak:/var', /there is no volume kafak/],
  [
    'a port open to the network',
    "'127.0.0.1:${JAEGER_PORT}:",
    "'${JAEGER_PORT}:",
    /publishes 16686:16686, expected/,
  ],
  [
    'a port taken twice',
    '${OTLP_PORT_2}:',
    '${OTLP_PORT}:',
    /collector-2: collector-1 publishes port full 4318 too/,
  ],
  [
    'an unknown dependency',
    'carriers: { condition',
    'carrier: { condition',
    /depends on carrier, which is not there/,
  ],
  [
    'a dependency of another shape',
    'plimsoll-lite: { condition',
    'plimsoll: { condition',
    /depends on plimsoll, which is not in profile lite/,
  ],
  [
    'a root to write to',
    /user: '472:0'\n {4}read_only: true/,
    "user: '472:0'",
    /grafana: its root can be written to/,
  ],
  [
    'no health check',
    /healthcheck:\n {6}test: \[CMD, nc[^]*?\n\n/,
    '\n',
    /waits for kafka, which has no health check/,
  ],
];

for (const [name, from, to, problem] of PLANTED) {
  test(`planted: ${name}`, () => {
    const planted = TEXT.replace(from, () => to);
    assert.notEqual(planted, TEXT, 'the fault is planted');
    assert.match(problemsOf(planted).join('\n'), problem);
  });
}

test('every variable of .env is used, and none twice', () => {
  const used = new Set([...TEXT.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1]));
  const unused = Object.keys(DOT_ENV).filter((name) => !used.has(name) && !OF_COMPOSE.includes(name));
  assert.deepEqual(unused, []);
  const names = [...readText('.env').matchAll(/^(\w+)=/gm)].map((match) => match[1]);
  assert.equal(new Set(names).size, names.length);
});

test('every address names a service and a port it listens on', () => {
  const { services } = compose();
  const aliases = Object.values(services).flatMap(({ networks }) => networks?.['default']?.aliases ?? []);
  const names = [...Object.keys(services), ...aliases];
  for (const path of [
    'docker-compose.yml',
    ...pathsWith('.yaml', '.yml').filter((name) => name.startsWith('deploy/')),
  ]) {
    const text = readText(path)
      .replaceAll(/^\s*#.*$/gm, '')
      .replaceAll('plimsoll:0.1.0', '');
    assert.deepEqual(wrongAddresses(text, names), [], path);
  }
  assert.equal(wrongAddresses('http://kafka:9093 elastic:9200', names).length, 2, 'planted ones are caught');
});

test("Plimsoll's own files are taken, with nothing but defaults and with what the compose file gives", () => {
  const { services } = compose();
  const configured = Object.entries(services).filter(
    ([, { command }]) => command?.includes('--config') === true,
  );
  const ours = configured.filter(([, service]) => isOurs(service));
  assert.deepEqual(ours.map(([name]) => name).toSorted(), [
    'collector-1',
    'collector-2',
    'plimsoll',
    'plimsoll-lite',
  ]);
  for (const [name, { command = [], environment }] of ours) {
    const file = command[command.indexOf('--config') + 1] ?? '';
    const text = readText(file);
    for (const variables of [{}, environment])
      assert.deepEqual(readConfig(file, text, variables).problems.map(formatProblem), [], name);
    const unread = Object.keys(environment).filter((variable) => !text.includes(`\${env:${variable}:-`));
    assert.deepEqual(unread, [], `${name} is given what its file does not read`);
  }
});

test('what Grafana’s provisioning asks for is in its environment, and its mounts are where it looks', () => {
  const { services } = compose();
  for (const [name, flavour] of [
    ['grafana', 'engines'],
    ['grafana-lite', 'plimsoll'],
  ] as const) {
    const service = present(services[name], name);
    const folder = `dashboards/grafana/provisioning/${flavour}`;
    const text = pathsWith('.yaml')
      .filter((path) => path.startsWith(folder))
      .map(readText)
      .join('\n');
    const asked = [...text.matchAll(/(?<!\$)\$([A-Z_]+)/g)].map((match) => match[1] ?? '');
    assert.ok(asked.length > 5);
    assert.deepEqual(
      asked.filter((variable) => !Object.hasOwn(service.environment, variable)),
      [],
      name,
    );
    const targets = new Map(mountsOf(service).map(({ source, target }) => [source, target]));
    assert.equal(targets.get(`./${folder}`), '/etc/grafana/provisioning');
    assert.equal(targets.get('./dashboards/grafana/generated'), service.environment['PLIMSOLL_DASHBOARDS']);
  }
});

test('the freight company is the one of sample-services/topology.ts', () => {
  const { services } = compose();
  const scraped = (
    parse(readText('deploy/plimsoll.yaml')) as {
      receivers: { prometheus: { config: { scrape_configs: readonly { job_name: string }[] } } };
    }
  ).receivers.prometheus.config.scrape_configs.map(({ job_name }) => job_name);
  assert.deepEqual(
    scraped,
    SERVICES.map(({ name }) => name),
  );
  for (const { name, calls, keepsState, traces } of SERVICES) {
    const { command, environment, volumes } = present(services[name], name);
    assert.deepEqual(command, ['--import', '@plimsoll/sdk/register', `sample-services/${name}/main.ts`]);
    assert.equal(environment['OTEL_SERVICE_NAME'], name);
    const urls = Object.entries(environment).filter(
      ([variable]) => /^[A-Z]+_URL$/.test(variable) && variable !== 'HEALTH_URL',
    );
    const wanted = calls.map((other) => [`${other.toUpperCase()}_URL`, `http://${other}:${FREIGHT_PORT}`]);
    assert.deepEqual(Object.fromEntries(urls), Object.fromEntries(wanted), name);
    const peers = environment['OTEL_INSTRUMENTATION_COMMON_PEER_SERVICE_MAPPING']?.split(',') ?? [];
    assert.deepEqual(
      peers.toSorted(),
      calls.map((other) => `${other}:${FREIGHT_PORT}=${other}`).toSorted(),
      name,
    );
    assert.deepEqual(volumes, keepsState ? [`${name}:/data`] : [], name);
    assert.equal(environment['OTEL_TRACES_EXPORTER'], traces === 'jaeger' ? 'jaeger' : undefined, name);
  }
});
