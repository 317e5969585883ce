/**
 * Real servers with TLS, passwords and certificates of ours: Prometheus,
 * Alertmanager, the OpenTelemetry Collector and Jaeger. Every wrong way in names
 * the key to mend, holds nobody else up, and loses nothing.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { systemNet } from '#base/real/net.ts';
import { readTls } from '#base/real/tls-files.ts';
import { COMMON_DEFAULT } from '#collector/exporters/config.ts';
import { JaegerReader } from '#storage/jaeger/reader.ts';
import { startAlertmanager } from '#test/engines/alertmanager.ts';
import { Authority } from '#test/engines/certificates.ts';
import { isMissing } from '#test/engines/engine.ts';
import { startJaeger } from '#test/engines/jaeger.ts';
import { startOtelCollector } from '#test/engines/otelcol.ts';
import { startPrometheus } from '#test/engines/prometheus.ts';
import { basic, BCRYPT, PASSWORD, SecuredServer, USER } from '#test/engines/secured.ts';
import { getJson, OtlpSender } from '#test/support/client.ts';
import { OtlpSink } from '#test/support/otlp-sink.ts';
import { buildLogs, buildMetrics, buildTraces } from '#test/support/otlp.ts';
import { startPlimsoll, type Program, type ProgramOptions } from '#test/support/program.ts';
import { sloText, SteadySender } from '#test/support/steady-sender.ts';
import { until } from '#test/support/wait.ts';

const WAIT = { timeoutMs: 60_000, everyMs: 200 };
const POLICY = { objective: 0.999, longWindowMs: 10_000, shortWindowMs: 2000, factor: 14.4, badEventsMin: 5 };
const RETRY = 'retry_on_failure: { initial_interval: 100ms, max_interval: 500ms }';

const [authority, stranger] = await Promise.all([Authority.make(), Authority.make()]);
after(() => {
  for (const one of [authority, stranger]) if (!isMissing(one)) one[Symbol.dispose]();
});

/** Undefined after a skip with its reason. */
async function certificates(t: TestContext) {
  if (isMissing(authority) || isMissing(stranger)) {
    t.skip([authority, stranger].find(isMissing)?.missing);
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-tls-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const server = await authority.issue('server', 'DNS:localhost');
  return { authority, stranger, folder, server, ca: authority.ca, strangeCa: stranger.ca };
}

/** Of a collector, or all of it with SLOs. */
function startIn(folder: string, configText: string, more: Partial<ProgramOptions> = {}): Promise<Program> {
  return startPlimsoll({ dataDirectory: join(folder, 'data'), configText, ...more });
}

interface Ledger {
  readonly exporters: readonly { readonly name: string; readonly state: { readonly error?: string } }[];
}

/** Waits until an exporter says why it cannot send. */
async function told(program: Program, name: string, expected: RegExp): Promise<void> {
  let error: string | undefined;
  const isTold = async (): Promise<boolean> => {
    const ledger = await getJson<Ledger>(program.origin, '/api/plimsoll/v1/ledger');
    error = ledger?.exporters.find((one) => one.name === name)?.state.error;
    return expected.test(error ?? '');
  };
  await until(`${name} to say ${expected}`, isTold, { ...WAIT, detail: () => `${error}` });
}

/** All that a stranger and the log see. */
async function shownBy(program: Program): Promise<string> {
  const ledger = await getJson(program.origin, '/api/plimsoll/v1/ledger');
  const metrics = await (await fetch(`${program.origin}/metrics`)).text();
  return `${JSON.stringify(ledger)}${metrics}${program.output()}`;
}

/** One sample each, in order. */
class Samples {
  sent = 0;

  async send(program: Program, count: number): Promise<void> {
    using sender = new OtlpSender(program.otlpHttp);
    for (let index = 0; index < count; index += 1) {
      const nanos = BigInt(Date.now()) * 1_000_000n;
      const points = [{ nanos, value: (this.sent += 1) }];
      const body = buildMetrics({ service: 'shop', metrics: [{ kind: 'gauge', name: 'secured', points }] });
      assert.equal((await sender.post('metrics', body)).status, 200);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Waits until the server has all of them, asked through our own API. */
  async arrived(program: Program): Promise<void> {
    let seen = '';
    const areThere = async (): Promise<boolean> => {
      const path = '/api/v1/query?query=sum(count_over_time(secured[1h]))';
      const answer = await fetch(`${program.origin}${path}`);
      seen = await answer.text();
      return seen.includes(`"${this.sent}"`);
    };
    await until(`${this.sent} samples`, areThere, { ...WAIT, detail: () => seen });
  }
}

for (const flavor of ['packaged', 'built'] as const)
  void test(`Prometheus and Alertmanager (${flavor}) behind TLS and passwords`, async (t) => {
    const world = await certificates(t);
    if (world === undefined) return;
    const { folder, server, ca, strangeCa } = world;
    const web = join(folder, 'web.yml');
    const letIn = (user: string): void =>
      writeFileSync(
        web,
        `tls_server_config: {cert_file: ${server.cert}, key_file: ${server.key}}\nbasic_auth_users: {${user}: '${BCRYPT}'}\n`,
      );
    letIn(USER);
    const prometheusEngine = await startPrometheus({ flavor, webConfigFile: web });
    if (isMissing(prometheusEngine)) return t.skip(prometheusEngine.missing);
    await using prometheus = prometheusEngine;
    const alertmanagerEngine = await startAlertmanager({ flavor, webConfigFile: web });
    if (isMissing(alertmanagerEngine)) return t.skip(alertmanagerEngine.missing);
    await using alertmanager = alertmanagerEngine;
    await using sink = await OtlpSink.start();
    const url = prometheus.url.replace('127.0.0.1', 'localhost');
    const alerts = new SecuredServer(alertmanager.url.replace('127.0.0.1', 'localhost'), ca);
    const authorization = basic(USER, PASSWORD);
    const write = (at: string, trusted: string): string =>
      `{ endpoint: '${at}/api/v1/write', headers: { Authorization: '${authorization}' }, tls: { ca_file: ${trusted} }, ${RETRY} }`;
    mkdirSync(join(folder, 'slo'));
    writeFileSync(join(folder, 'slo', 'billing.yaml'), sloText('billing', POLICY.objective, POLICY));
    await using program = await startIn(
      folder,
      `storage:
  prometheus: { endpoint: '${url}', headers: { Authorization: '${authorization}' }, tls: { ca_file: ${ca} } }
alerting:
  alertmanagers:
    - scheme: https
      static_configs: [{ targets: ['${new URL(alerts.url).host}'] }]
      basic_auth: { username: ${USER}, password: ${PASSWORD} }
      tls_config: { ca_file: ${ca} }
exporters:
  otlphttp: { logs_endpoint: '${sink.url}/v1/logs' }
  prometheusremotewrite: ${write(url, ca)}
  prometheusremotewrite/authority: ${write(url, strangeCa)}
  prometheusremotewrite/name: ${write(prometheus.url, ca)}
  prometheusremotewrite/plain: ${write(url.replace('https', 'http'), ca)}
`,
      { sloDirectory: join(folder, 'slo') },
    );
    const samples = new Samples();
    using sender = new OtlpSender(program.otlpHttp);
    const abort = new AbortController();
    const billing = new SteadySender(sender, { service: 'billing', perSecond: 50, batchMs: 100 });
    // It ends with an error when the program goes before it.
    void billing.run(abort.signal).catch(() => {});
    t.after(() => abort.abort());
    await samples.send(program, 10);
    await samples.arrived(program);
    await told(program, 'prometheusremotewrite/authority', /^PLIM_TLS_FAILED: .*mend ca_file/);
    await told(program, 'prometheusremotewrite/name', /^PLIM_TLS_FAILED: .*server_name_override/);
    await told(program, 'prometheusremotewrite/plain', /^PLIM_TLS_FAILED: .*https:\/\//);

    letIn('somebody-else');
    await samples.send(program, 10);
    await told(program, 'prometheusremotewrite', /^PLIM_CREDENTIALS_REFUSED: .*401.*mend Authorization/);
    const refused = await fetch(`${program.origin}/api/v1/query?query=secured`);
    assert.equal(refused.status, 502);
    const answer = await refused.text();
    assert.match(answer, /answered 401.*mend Authorization under headers/);
    billing.failing = true;
    const isLogged = (): boolean =>
      /PLIM_CREDENTIALS_REFUSED.*authorization or basic_auth/.test(program.output());
    await until('the alert to be refused', isLogged, { ...WAIT, detail: program.output });
    const logs = [{ nanos: BigInt(Date.now()) * 1_000_000n, body: 'meanwhile' }];
    assert.equal((await sender.post('logs', buildLogs({ logs }))).status, 200);
    await until('another destination', () => sink.logs.length > 0, WAIT);

    letIn(USER);
    await samples.arrived(program);
    const isFiring = async (): Promise<boolean> => {
      const { text } = await alerts.request('GET', '/api/v2/alerts?active=true');
      return text.includes('"service":"billing"');
    };
    await until('the alert', isFiring, WAIT);
    const shown = `${answer}${await shownBy(program)}`;
    for (const secret of [PASSWORD, authorization, authorization.slice('Basic '.length)])
      assert.ok(!shown.includes(secret), 'no secret is told');
  });

void test('the Collector that asks for our certificate', async (t) => {
  const world = await certificates(t);
  if (world === undefined) return;
  const { folder, server, ca, strangeCa } = world;
  await using sink = await OtlpSink.start();
  const engine = await startOtelCollector({
    config: `receivers:
  otlp: {protocols: {http: {endpoint: '\${env:OTLP_HTTP}', tls: {cert_file: ${server.cert}, key_file: ${server.key}, client_ca_file: ${ca}}}}}
exporters: {otlphttp: {endpoint: '${sink.url}'}}
service: {telemetry: {metrics: {level: none}}, pipelines: {logs: {receivers: [otlp], exporters: [otlphttp]}}}
`,
  });
  if (isMissing(engine)) return t.skip(engine.missing);
  await using collector = engine;
  const ours = await world.authority.issue('client', 'DNS:client');
  const foreign = await world.stranger.issue('client', 'DNS:client');
  const url = collector.url.replace('http://127.0.0.1', 'https://localhost');
  const byNumber = collector.url.replace('http:', 'https:');
  const pair = ({ cert, key }: typeof ours): string => `cert_file: ${cert}, key_file: ${key}`;
  const exporter = (at: string, tls: string): string =>
    `{ logs_endpoint: '${at}/v1/logs', tls: { ${tls} }, ${RETRY} }`;
  const config = (mended: boolean): string => `exporters:
  otlphttp: ${exporter(url, `ca_file: ${ca}, ${pair(ours)}`)}
  otlphttp/nameless: ${exporter(url, `ca_file: ${ca}${mended ? `, ${pair(ours)}` : ''}`)}
  otlphttp/foreign: ${exporter(url, `ca_file: ${ca}, ${pair(mended ? ours : foreign)}`)}
  otlphttp/authority: ${exporter(url, `ca_file: ${mended ? ca : strangeCa}, ${pair(ours)}`)}
  otlphttp/name: ${exporter(byNumber, `ca_file: ${ca}, ${pair(ours)}${mended ? ', server_name_override: localhost' : ''}`)}
  otlphttp/plain: ${exporter(mended ? url : collector.url, `ca_file: ${ca}, ${pair(ours)}`)}
`;
  const bodies = Array.from({ length: 20 }, (_, index) => `item ${index}`);
  {
    await using program = await startIn(folder, config(false), { command: 'collector' });
    using sender = new OtlpSender(program.otlpHttp);
    for (const body of bodies) {
      const logs = [{ nanos: BigInt(Date.now()) * 1_000_000n, body }];
      assert.equal((await sender.post('logs', buildLogs({ logs }))).status, 200);
    }
    await until('the right one to arrive', () => sink.logs.length >= bodies.length, WAIT);
    await told(program, 'otlphttp/nameless', /^PLIM_TLS_FAILED: .*cert_file and key_file/);
    await told(program, 'otlphttp/foreign', /^PLIM_TLS_FAILED: .*cert_file and key_file/);
    await told(program, 'otlphttp/authority', /^PLIM_TLS_FAILED: .*mend ca_file/);
    await told(program, 'otlphttp/name', /^PLIM_TLS_FAILED: .*server_name_override/);
    await told(program, 'otlphttp/plain', /^PLIM_TLS_FAILED: .*https:\/\//);
    assert.equal(sink.logs.length, bodies.length, 'the wrong ones sent nothing');
    assert.equal(await program.stop(), 0);
  }
  await using program = await startIn(folder, config(true), { command: 'collector' });
  const counts = (): number[] => bodies.map((one) => sink.logs.filter(({ body }) => body === one).length);
  const isAllThere = (): boolean => counts().every((count) => count >= 6);
  await until('what waited', isAllThere, { ...WAIT, detail: () => `${counts().join()} ${program.output()}` });
  assert.deepEqual(new Set(counts()), new Set([6]), 'once by each of six');
});

void test('Jaeger behind TLS is written to and read', async (t) => {
  const world = await certificates(t);
  if (world === undefined) return;
  const { folder, server, ca, strangeCa } = world;
  const engine = await startJaeger({ certificate: server });
  if (isMissing(engine)) return t.skip(engine.missing);
  await using jaeger = engine;
  await using program = await startIn(
    folder,
    `storage: { jaeger: { endpoint: '${jaeger.url}', tls: { ca_file: ${ca} } } }
exporters:
  otlphttp: { traces_endpoint: '${jaeger.otlpHttp}/v1/traces', tls: { ca_file: ${ca} } }
`,
  );
  using sender = new OtlpSender(program.otlpHttp);
  const traceId = 'abcdef0123456789abcdef0123456789';
  const startNanos = BigInt(Date.now()) * 1_000_000n;
  const spans = [{ traceId, spanId: '00000000000000ff', startNanos, endNanos: startNanos + 1000n }];
  assert.equal((await sender.post('traces', buildTraces({ service: 'shop', spans }))).status, 200);
  const isThere = async (): Promise<boolean> =>
    (await fetch(`${program.origin}/api/traces/${traceId}`)).status === 200;
  await until('the trace through our API', isThere, WAIT);
  const tls = readTls({ ...COMMON_DEFAULT.tls, caFile: strangeCa });
  const reader = new JaegerReader({ net: systemNet, url: jaeger.url, headers: {}, timeoutMs: 5000, tls });
  await assert.rejects(reader.services(), { code: 'PLIM_TLS_FAILED', message: /mend ca_file/ });
});
