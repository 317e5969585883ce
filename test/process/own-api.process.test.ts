/**
 * What a running Plimsoll says of itself is what it promised: answers of its own
 * API fit their description, and every family on /metrics stands in the registry.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { present } from '#base/invariant.ts';
import { METRICS } from '#signals/registry.ts';
import { OtlpSender } from '#test/support/client.ts';
import { openEventSource } from '#test/support/event-source.ts';
import { asObject, misfits, type Json } from '#test/support/openapi.ts';
import { buildLogs, buildMetrics } from '#test/support/otlp.ts';
import { startPlimsoll, type Program } from '#test/support/program.ts';
import { pagingConfig, sloText, SteadySender } from '#test/support/steady-sender.ts';
import { until } from '#test/support/wait.ts';
import { startWebhook } from '#test/support/webhook.ts';

const OWN = '/api/plimsoll/v1';
const POLICY = { objective: 0.999, longWindowMs: 60_000, shortWindowMs: 5000, factor: 14.4, badEventsMin: 5 };

let folder: string;
let program: Program;
let root: Json;
const resources = new AsyncDisposableStack();

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-own-api-'));
  resources.defer(() => rmSync(folder, { recursive: true, force: true }));
  const webhook = resources.use(await startWebhook());
  const sloDirectory = join(folder, 'slo');
  mkdirSync(sloDirectory);
  writeFileSync(join(sloDirectory, 'quotes.yaml'), sloText('quotes', POLICY.objective, POLICY));
  writeFileSync(join(sloDirectory, 'idle.yaml'), sloText('nobody', POLICY.objective));
  program = resources.use(
    await startPlimsoll({
      dataDirectory: join(folder, 'data'),
      sloDirectory,
      // What is not written is off, and so are its metrics.
      configText: `exporters:
  otlphttp: { endpoint: "http://127.0.0.1:9" }
receivers:
  jaeger:
    protocols:
      thrift_compact: { endpoint: 127.0.0.1:0 }
${pagingConfig(webhook.url)}`,
    }),
  );
  root = present(
    asObject(await (await fetch(`${program.origin}/api/plimsoll/openapi.json`)).json()),
    'it is JSON',
  );
  using sender = new OtlpSender(program.otlpHttp);
  await sendOthers(sender);
  const stop = new AbortController();
  const quotes = new SteadySender(sender, { service: 'quotes', perSecond: 50, batchMs: 100 });
  quotes.failing = true;
  const running = quotes.run(stop.signal);
  await until('the page', () => webhook.calls.length > 0, { timeoutMs: 20_000, detail: program.output });
  stop.abort();
  await running;
});
after(() => resources.disposeAsync());

/** One log record of every kind of value, and one metric. */
async function sendOthers(sender: OtlpSender): Promise<void> {
  const nanos = BigInt(Date.now()) * 1_000_000n;
  const attributes = { text: 'x', count: 2n ** 60n, ratio: 0.5, flag: true };
  const logs = buildLogs({
    service: 'quotes',
    logs: [
      { nanos, body: 'no trace', attributes },
      { nanos, body: 'in a trace', traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) },
    ],
  });
  equal((await sender.post('logs', logs)).status, 200);
  const metrics = buildMetrics({
    service: 'quotes',
    metrics: [{ name: 'm', kind: 'gauge', points: [{ nanos, value: 1 }] }],
  });
  equal((await sender.post('metrics', metrics)).status, 200);
}

interface Answer {
  readonly status: number;
  readonly body: Json;
}

/** Asks, and holds the answer to its description. */
async function asked(method: 'get' | 'post', template: string, path: string, body?: Json): Promise<Answer> {
  const response = await fetch(`${program.origin}${OWN}${path}`, {
    method: method.toUpperCase(),
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  const answer = present(asObject(JSON.parse(text)), 'it is an object');
  const operation = asObject(asObject(asObject(root['paths'])?.[template])?.[method]);
  const responses = asObject(operation?.['responses']);
  const described = asObject(responses?.[String(response.status)] ?? responses?.['default']);
  const schema = asObject(asObject(asObject(described?.['content'])?.['application/json'])?.['schema']);
  ok(schema !== undefined, `${method} ${template} has no description of ${response.status}`);
  deepEqual(misfits(root, schema, answer), [], `${method} ${path}: ${text.slice(0, 2000)}`);
  return { status: response.status, body: answer };
}

async function good(template: string, path = template): Promise<Json> {
  const { status, body } = await asked('get', template, path);
  equal(status, 200, path);
  return body;
}

function listIn(body: Json, name: string): readonly Json[] {
  const list = body[name] as readonly Json[];
  ok(Array.isArray(list) && list.length > 0, `${name} is not empty`);
  return list;
}

test('SLOs and budgets, with and without events', async () => {
  const slos = listIn(await good('/slos'), 'slos');
  deepEqual(slos.map(({ id }) => String(id)).toSorted(), ['nobody/availability', 'quotes/availability']);
  equal((await good('/slos/{id}', '/slos/quotes/availability'))['service'], 'quotes');
  await good('/slos/{id}', '/slos/quotes%2Favailability');
  const history = await good('/slos/{id}/history', '/slos/quotes/availability/history?steps=100');
  ok((history['total'] as number[]).some((count) => count > 0));
  deepEqual(
    (await good('/slos/{id}/history', '/slos/nobody/availability/history?steps=1'))['measured'],
    [0],
    'nobody ever sent anything',
  );
  equal((await asked('get', '/slos/{id}/history', '/slos/no/such/history')).status, 404);
  equal(listIn(await good('/budgets'), 'budgets').length, 2);
  equal((await asked('get', '/slos/{id}', '/slos/no/such')).status, 404);
});

test('the SLO that burns is a rule that fires, and an alert, in the shapes of Prometheus', async () => {
  const ask = async (path: string): Promise<Json> => {
    const answer = await (await fetch(`${program.origin}/api/v1${path}`)).json();
    return present(asObject(asObject(answer)?.['data']), 'it has data');
  };
  const [alert] = listIn(await ask('/alerts'), 'alerts');
  equal(asObject(alert?.['labels'])?.['slo_id'], 'quotes/availability');
  match(String(alert?.['value']), /^\d(?:\.\d+)?e[+-]\d\d$/);
  const groups = listIn(await ask('/rules?type=alert'), 'groups');
  deepEqual(groups.map(({ name }) => String(name)).toSorted(), ['nobody', 'quotes']);
  const quotes = present(
    groups.find(({ name }) => name === 'quotes'),
    'a group a service',
  );
  match(String(quotes['file']), /quotes\.yaml$/);
  const states = listIn(quotes, 'rules').map(({ state, name }) => `${String(name)} ${String(state)}`);
  ok(states.includes('ErrorBudgetBurn firing'), states.join());
  ok(states.includes('SLOTelemetryLost inactive'), states.join());
  deepEqual(await ask('/rules?rule_group[]=nobody&rule_name[]=Other'), { groups: [] });
});

test('incidents, their acknowledgement, deliveries', async () => {
  const [incident] = listIn(await good('/incidents'), 'incidents');
  const id = String(incident?.['id']);
  await good('/incidents/{id}', `/incidents/${id}`);
  for (const change of ['acknowledge', 'unacknowledge']) {
    const template = `/incidents/{id}/${change}`;
    const path = `/incidents/${id}/${change}`;
    equal((await asked('post', template, path, { by: 'ann' })).status, 200);
    equal((await asked('post', template, path, {})).status, 400);
    equal((await asked('post', template, `/incidents/none/${change}`, { by: 'ann' })).status, 404);
  }
  const noted = await asked('post', '/incidents/{id}/notes', `/incidents/${id}/notes`, {
    by: 'ann',
    text: 'x',
  });
  equal(noted.status, 200);
  equal(listIn(noted.body, 'timeline').at(-1)?.['kind'], 'note');
  equal(listIn(await good('/incidents', '/incidents?slo=quotes/availability'), 'incidents').length, 1);
  deepEqual((await good('/incidents', '/incidents?service=nobody'))['incidents'], []);
  equal((await asked('get', '/incidents', '/incidents?open=maybe')).status, 400);
  ok(listIn(await good('/deliveries'), 'deliveries').length > 0);
});

test('the evidence of the stores is kept with an incident within seconds', async () => {
  const [incident] = listIn(await good('/incidents'), 'incidents');
  const path = `/incidents/${String(incident?.['id'])}/evidence`;
  const evidence = await until(
    'the evidence',
    async () => {
      const answer = await good('/incidents/{id}/evidence', path);
      const states = Object.values(answer).map((part) => asObject(part)?.['state']);
      return states.every((state) => state === 'kept') && answer;
    },
    { timeoutMs: 10_000, detail: program.output },
  );
  const traces = listIn(present(asObject(evidence['traces']), 'a part'), 'value');
  equal(traces[0]?.['rootService'], 'quotes');
  equal((await asked('get', '/incidents/{id}/evidence', '/incidents/none/evidence')).status, 404);
});

test('logs and the ledger', async () => {
  const records = await until(
    'the logs',
    async () => {
      const found = (await good('/logs', '/logs?service=quotes'))['records'] as readonly Json[];
      return found.length === 2 && found;
    },
    { timeoutMs: 10_000 },
  );
  deepEqual(records.map(({ body }) => String(body)).toSorted(), ['in a trace', 'no trace']);
  equal((await asked('get', '/logs', '/logs?limit=0')).status, 400);
  const nowMs = Date.now();
  const times = `service=quotes&start=${nowMs - 60_000}000000&end=${nowMs + 60_000}000000`;
  const buckets = listIn(await good('/logs/histogram', `/logs/histogram?${times}`), 'buckets');
  equal(
    buckets.reduce((sum, { total }) => sum + Number(total), 0),
    2,
  );
  equal((await good('/logs/facets', `/logs/facets?${times}&span_id=${'cd'.repeat(8)}`))['scanned'], 1);
  const patterns = listIn(
    await good('/logs/patterns', `/logs/patterns?${times}&baseline_start=0`),
    'patterns',
  );
  deepEqual(patterns.map(({ pattern }) => String(pattern)).toSorted(), ['in a trace', 'no trace']);
  const rows = listIn(await good('/ledger'), 'rows');
  deepEqual([...new Set(rows.map(({ consumer }) => String(consumer)))].toSorted(), [
    'alerting',
    'connectors',
    'documents',
    'metrics',
    'otlphttp',
  ]);
  ok(rows.every(({ residual }) => residual === 0));
});

test('a log record is told to who watches, within seconds of its arrival', async () => {
  using tail = await openEventSource(`${program.origin}${OWN}/logs/tail?text=watched`);
  equal(tail.response.statusCode, 200);
  using sender = new OtlpSender(program.otlpHttp);
  const nanos = BigInt(Date.now()) * 1_000_000n;
  const body = buildLogs({ service: 'quotes', logs: [{ nanos, body: 'watched' }] });
  equal((await sender.post('logs', body)).status, 200);
  await until('the record', () => tail.events.length > 0, { timeoutMs: 15_000, detail: tail.text });
  const records = listIn(present(asObject(tail.events[0]?.data), 'it has data'), 'records');
  deepEqual(
    records.map((record) => record['body']),
    ['watched'],
  );
});

test('a reload says what it found; with an error in it nothing changes', async () => {
  deepEqual(await asked('post', '/reload', '/reload'), {
    status: 200,
    body: { reloaded: true, problems: [] },
  });
  writeFileSync(join(folder, 'slo', 'bad.yaml'), 'apiVersion: openslo/v1\nkind: SLO\nmetadata: {}\n');
  const refused = await asked('post', '/reload', '/reload');
  equal(refused.status, 422);
  equal(refused.body['reloaded'], false);
  equal(listIn(await good('/slos'), 'slos').length, 2);
});

test('every family on /metrics stands in the registry, as it is there', async () => {
  // A part that does not answer in time is missing from a page.
  let absent: readonly string[] = [];
  const page = await until(
    'a page with every metric of the registry',
    async () => {
      const text = await (await fetch(`${program.origin}/metrics`)).text();
      absent = Object.values(METRICS).flatMap(({ name }) => (text.includes(`# TYPE ${name} `) ? [] : [name]));
      return absent.length === 0 && text;
    },
    { timeoutMs: 20_000, everyMs: 500, detail: () => `all but ${absent.join(' ')}` },
  );
  const registry = new Map<string, (typeof METRICS)[keyof typeof METRICS]>(
    Object.values(METRICS).map((metric) => [metric.name, metric]),
  );
  const types = [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  ok(types.length > 25, `${types.length} families`);
  for (const [, name = '', type] of types) {
    const metric = registry.get(name);
    ok(metric !== undefined, `${name} is not in the registry`);
    equal(type, metric.type, name);
  }
  equal(new Set(types.map(([, name]) => name)).size, types.length, 'each family stands there once');
  for (const line of page.split('\n').filter((text) => text !== '' && !text.startsWith('#'))) {
    const [, sample = '', labels = ''] = /^([\w:]+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    const metric = registry.get(sample) ?? registry.get(sample.replace(/_(bucket|sum|count)$/, ''));
    ok(metric !== undefined, line);
    const known: readonly string[] = [...metric.labels, 'le'];
    for (const [, label = ''] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g))
      ok(known.includes(label), `${line}: ${label} is not in the registry`);
  }
  const samples = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const series = samples.map((line) => line.slice(0, line.lastIndexOf(' ')));
  const twice = series.filter((name, index) => series.indexOf(name) !== index);
  deepEqual(twice, [], 'no series stands there twice');
  match(page, /^plimsoll_build_info\{version="\d+\.\d+\.\d+"\} 1$/m);
});
