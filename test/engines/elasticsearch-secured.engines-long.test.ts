/**
 * A real Elasticsearch with TLS and passwords: what our users need there and no
 * more, and what happens while it does not take who we are.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { Authority } from '#test/engines/certificates.ts';
import { newStreams } from '#test/engines/elasticsearch-backend.ts';
import {
  both,
  INSTALLER,
  putUser,
  READER,
  readProblem,
  securedConnection,
  withoutOne,
  WRITER,
  writeProblem,
} from '#test/engines/elasticsearch-privileges.ts';
import { startElasticsearch } from '#test/engines/elasticsearch.ts';
import { isMissing } from '#test/engines/engine.ts';
import { BCRYPT, PASSWORD, SecuredServer, USER } from '#test/engines/secured.ts';
import { getJson, OtlpSender } from '#test/support/client.ts';
import { buildLogs } from '#test/support/otlp.ts';
import { OtlpSink } from '#test/support/otlp-sink.ts';
import { startPlimsoll, type Program } from '#test/support/program.ts';
import { sloText, SteadySender } from '#test/support/steady-sender.ts';
import { until } from '#test/support/wait.ts';
import { startWebhook } from '#test/support/webhook.ts';

const WAIT = { timeoutMs: 60_000, everyMs: 200 };
const WORD = 'first-word-of-ours';
const OTHER_WORD = 'second-word-of-ours';
const LOGS = 'logs-secured.otel-test';
const POLICY = { objective: 0.999, longWindowMs: 10_000, shortWindowMs: 2000, factor: 14.4, badEventsMin: 5 };

const authority = await Authority.make();
const stranger = await Authority.make();
const engine = isMissing(authority)
  ? authority
  : await startElasticsearch({
      flavor: 'full',
      security: {
        certificate: await authority.issue('server', 'DNS:localhost'),
        ca: authority.ca,
        user: USER,
        bcrypt: BCRYPT,
      },
    });
after(async () => {
  if (!isMissing(engine)) await engine[Symbol.asyncDispose]();
  if (!isMissing(authority)) authority[Symbol.dispose]();
  if (!isMissing(stranger)) stranger[Symbol.dispose]();
});

/** Undefined after a skip with its reason. */
function secured(t: TestContext) {
  if (isMissing(engine) || isMissing(authority) || isMissing(stranger)) {
    t.skip([engine, authority, stranger].find(isMissing)?.missing);
    return undefined;
  }
  const { url } = engine;
  const server = new SecuredServer(url, authority.ca);
  const auth = { username: 'trial', password: WORD };
  const connection = securedConnection(url, authority.ca, auth);
  return { url, server, connection, ca: authority.ca, strangeCa: stranger.ca };
}

void test('users have the rights that the how-to lists, and each of them is needed', async (t) => {
  const world = secured(t);
  if (world === undefined) return;
  const { server, connection } = world;
  const tried = (rights: typeof WRITER) => putUser(server, 'trial', WORD, rights);
  await tried(WRITER);
  const refused = await writeProblem(connection);
  assert.match(refused ?? '', /^PLIM_CREDENTIALS_REFUSED: .*manage_index_templates/, 'templates are missing');
  const streams = newStreams();
  await tried(both(WRITER, INSTALLER));
  assert.equal(await writeProblem(connection, streams), undefined);
  await tried(WRITER);
  assert.equal(await writeProblem(connection, streams), undefined, 'templates are there');
  for (const [lacking, rights] of withoutOne(WRITER)) {
    await tried(rights);
    assert.match((await writeProblem(connection)) ?? '', /^PLIM_CREDENTIALS_REFUSED: .*403/, lacking);
  }
  await server.json('POST', `/${streams.logs},${streams.traces}/_refresh`);
  const admin = { ...connection, auth: { username: USER, password: PASSWORD } };
  const arrive = async (): Promise<void> => assert.equal(await writeProblem(admin, streams), undefined);
  await tried(READER);
  assert.equal(await readProblem(connection, streams, arrive), undefined);
  assert.match((await writeProblem(connection, streams)) ?? '', /^PLIM_CREDENTIALS_REFUSED/, 'it reads only');
  for (const [lacking, rights] of withoutOne(READER)) {
    await tried(rights);
    assert.match(
      (await readProblem(connection, streams, arrive)) ?? '',
      /^PLIM_CREDENTIALS_REFUSED .*403/,
      lacking,
    );
  }
  await ageTemplate(server);
  for (const [lacking, rights] of withoutOne(INSTALLER)) {
    await tried(both(WRITER, rights));
    assert.match((await writeProblem(connection)) ?? '', /^PLIM_CREDENTIALS_REFUSED/, lacking);
    await ageTemplate(server);
  }
  await tried(both(WRITER, INSTALLER));
  assert.equal(await writeProblem(connection), undefined);
});

/** As an older version of ours would have left it. */
async function ageTemplate(server: SecuredServer): Promise<void> {
  const path = '/_index_template/plimsoll-logs-otel';
  const { index_templates: found } = await server.json<{
    index_templates: { index_template: Record<string, unknown> }[];
  }>('GET', path);
  const { created_date, created_date_millis, modified_date, modified_date_millis, ...template } =
    found[0]?.index_template ?? {};
  assert.ok([created_date, created_date_millis, modified_date, modified_date_millis].length === 4);
  await server.json('PUT', path, { ...template, version: 0 });
}

void test('every wrong way in names the key to mend, and none tells a secret', async (t) => {
  const world = secured(t);
  if (world === undefined) return;
  const { url, server, connection, strangeCa } = world;
  await putUser(server, 'trial', WORD, both(WRITER, INSTALLER));
  const { tls } = connection;
  const byNumber = url.replace('localhost', '127.0.0.1');
  const expired = await apiKey(server, 'short', '1s');
  await until(
    'the key to expire',
    async () => {
      const problem = await writeProblem({ ...connection, auth: { apiKey: expired } });
      return problem?.includes('expired');
    },
    WAIT,
  );
  const cases: readonly (readonly [Partial<typeof connection>, RegExp])[] = [
    [
      { auth: { username: 'trial', password: OTHER_WORD } },
      /PLIM_CREDENTIALS_REFUSED.*mend user and password/,
    ],
    [{ auth: undefined }, /PLIM_CREDENTIALS_REFUSED.*mend user and password, or api_key/],
    [{ auth: { apiKey: expired } }, /PLIM_CREDENTIALS_REFUSED.*expired\); mend api_key/],
    [{ tls: { ...tls, caFile: strangeCa } }, /PLIM_TLS_FAILED.*mend ca_file/],
    [{ tls: { ...tls, caFile: undefined } }, /PLIM_TLS_FAILED.*mend ca_file/],
    [{ endpoints: [byNumber] }, /PLIM_TLS_FAILED.*server_name_override/],
    [{ endpoints: [url.replace('https', 'http')] }, /begins with https:\/\//],
  ];
  for (const [wrong, expected] of cases) {
    const whole = { ...connection, ...wrong };
    for (const problem of [await writeProblem(whole), await readProblem(whole, newStreams())]) {
      assert.match(problem ?? 'nothing went wrong', expected);
      for (const secret of [WORD, OTHER_WORD, expired]) assert.ok(!problem?.includes(secret), problem);
    }
  }
  const named = { ...connection, endpoints: [byNumber], tls: { ...tls, serverName: 'localhost' } };
  assert.equal(await writeProblem(named), undefined);
  const unchecked = { ...connection, tls: { ...tls, caFile: undefined, skipsVerify: true } };
  assert.equal(await writeProblem(unchecked), undefined);
});

async function apiKey(server: SecuredServer, name: string, expiration: string): Promise<string> {
  const { encoded } = await server.json<{ encoded: string }>('POST', '/_security/api_key', {
    name,
    expiration,
    role_descriptors: {
      writer: {
        cluster: WRITER.cluster,
        indices: [{ names: ['logs-*.otel-*', 'traces-*.otel-*'], privileges: WRITER.indices }],
      },
    },
  });
  return encoded;
}

interface Ledger {
  readonly exporters: readonly {
    readonly name: string;
    readonly state: { readonly kind: string; readonly error?: string };
  }[];
}

async function errorOf(program: Program, name: string): Promise<string | undefined> {
  const ledger = await getJson<Ledger>(program.origin, '/api/plimsoll/v1/ledger');
  return ledger?.exporters.find((one) => one.name === name)?.state.error;
}

/** Sends logs one by one, and remembers those that were acknowledged. */
class Logs {
  readonly acknowledged = new Set<string>();
  async send(program: Program, count: number): Promise<void> {
    using sender = new OtlpSender(program.otlpHttp);
    for (let index = 0; index < count; index += 1) {
      const body = `item ${this.acknowledged.size}`;
      const nanos = BigInt(Date.now()) * 1_000_000n;
      const answer = await sender.post('logs', buildLogs({ service: 'shop', logs: [{ nanos, body }] }));
      assert.equal(answer.status, 200);
      this.acknowledged.add(body);
    }
  }

  /** Waits until each is in the stream, and shows that none is there twice. */
  async arrivedAt(server: SecuredServer, stream: string): Promise<void> {
    let texts: readonly string[] = [];
    const areThere = async (): Promise<boolean> => {
      await server.request('POST', `/${stream}/_refresh`);
      const path = `/${stream}/_search?size=10000&_source=body.text&filter_path=hits.hits._source`;
      const { status, text } = await server.request('GET', path);
      if (status !== 200) return false;
      const { hits } = JSON.parse(text) as { hits?: { hits: { _source: { body: { text: string } } }[] } };
      texts = hits?.hits.map(({ _source }) => _source.body.text) ?? [];
      return [...this.acknowledged].every((one) => texts.includes(one));
    };
    const detail = (): string => `${texts.length} of ${this.acknowledged.size}`;
    await until(`everything in ${stream}`, areThere, { ...WAIT, detail });
    assert.equal(texts.length, this.acknowledged.size, 'each once');
  }
}

void test('while passwords and keys are wrong all else goes on, and later everything arrives', async (t) => {
  const world = secured(t);
  if (world === undefined) return;
  const { url, server, ca } = world;
  await putUser(server, 'writer', WORD, both(WRITER, INSTALLER));
  await putUser(server, 'reader', WORD, READER);
  const key = await apiKey(server, 'exporter', '1h');
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-secured-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'slo'));
  writeFileSync(join(folder, 'slo', 'billing.yaml'), sloText('billing', POLICY.objective, POLICY));
  await using sink = await OtlpSink.start();
  await using webhook = await startWebhook();
  const config = (keyText: string): string => `storage:
  elasticsearch: { endpoints: ['${url}'], user: reader, password: ${WORD}, tls: { ca_file: ${ca} }, logs: [${LOGS}] }
alerting:
  alertmanager:
    route: { receiver: hook, group_wait: 100ms }
    receivers: [{ name: hook, webhook_configs: [{ url: '${webhook.url}' }] }]
exporters:
  otlphttp: { logs_endpoint: '${sink.url}/v1/logs' }
  elasticsearch:
    endpoints: ['${url}']
    user: writer
    password: \${env:WRITER_PASSWORD}
    tls: { ca_file: ${ca} }
    logs_index: ${LOGS}
    retry_on_failure: { initial_interval: 100ms, max_interval: 500ms }
  elasticsearch/key:
    endpoints: ['${url}']
    api_key: ${keyText}
    tls: { ca_file: ${ca} }
    logs_index: logs-by-key.otel-test
    retry_on_failure: { initial_interval: 100ms, max_interval: 500ms }
`;
  const start = (keyText: string): Promise<Program> =>
    startPlimsoll({
      dataDirectory: join(folder, 'data'),
      sloDirectory: join(folder, 'slo'),
      configText: config(keyText),
      environment: { WRITER_PASSWORD: WORD },
    });
  const setPassword = (user: string, password: string): Promise<unknown> =>
    server.json('PUT', `/_security/user/${user}/_password`, { password });

  const logs = new Logs();
  const told: string[] = [];
  let program = await start(key);
  using sender = new OtlpSender(program.otlpHttp);
  const abort = new AbortController();
  const billing = new SteadySender(sender, { service: 'billing', perSecond: 50, batchMs: 100 });
  const running = billing.run(abort.signal);
  try {
    await logs.send(program, 20);
    await logs.arrivedAt(server, LOGS);
    await logs.arrivedAt(server, 'logs-by-key.otel-test');
    const page = await getJson<{ records: unknown[] }>(program.origin, '/api/plimsoll/v1/logs?service=shop');
    assert.ok((page?.records.length ?? 0) > 0, 'the reader reads');

    await setPassword('writer', OTHER_WORD);
    await setPassword('reader', OTHER_WORD);
    await server.json('DELETE', '/_security/api_key', { name: 'exporter' });
    await logs.send(program, 20);
    for (const [name, expected] of [
      ['elasticsearch', /^PLIM_CREDENTIALS_REFUSED: .*mend user and password/],
      ['elasticsearch/key', /^PLIM_CREDENTIALS_REFUSED: .*mend api_key/],
    ] as const) {
      let error: string | undefined;
      const isTold = async (): Promise<boolean> =>
        expected.test((error = await errorOf(program, name)) ?? '');
      await until(`${name} to say why`, isTold, { ...WAIT, detail: () => `${error}` });
    }
    const asked = await fetch(`${program.origin}/api/plimsoll/v1/logs?service=shop`);
    const answer = (await asked.json()) as { code: string; message: string };
    assert.deepEqual([asked.status, answer.code], [502, 'PLIM_CREDENTIALS_REFUSED']);
    assert.match(answer.message, /mend user and password/);
    told.push(JSON.stringify(answer));

    await until('the other destination', () => sink.logs.length >= logs.acknowledged.size, WAIT);
    billing.failing = true;
    const paged = () =>
      webhook.calls.some(({ body }) => body.alerts.some(({ status }) => status === 'firing'));
    await until('a page', paged, WAIT);
    const ledger = await getJson(program.origin, '/api/plimsoll/v1/ledger');
    const metrics = await (await fetch(`${program.origin}/metrics`)).text();
    told.push(JSON.stringify(ledger), metrics, program.output());
    assert.match(program.output(), /PLIM_CREDENTIALS_REFUSED/);

    await setPassword('writer', WORD);
    await setPassword('reader', WORD);
    await logs.arrivedAt(server, LOGS);
    assert.equal(await errorOf(program, 'elasticsearch'), undefined);
    const again = await getJson<{ records: unknown[] }>(program.origin, '/api/plimsoll/v1/logs?service=shop');
    assert.ok((again?.records.length ?? 0) > 0, 'the reader reads again');
  } finally {
    abort.abort();
    await running.catch(() => {});
    await program[Symbol.asyncDispose]();
  }
  const newKey = await apiKey(server, 'renewed', '1h');
  program = await start(newKey);
  try {
    await logs.arrivedAt(server, 'logs-by-key.otel-test');
  } finally {
    told.push(program.output());
    await program[Symbol.asyncDispose]();
  }
  for (const secret of [WORD, OTHER_WORD, PASSWORD, key, newKey]) {
    assert.ok(!told.some((text) => text.includes(secret)), 'no secret is told');
  }
});
