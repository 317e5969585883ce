/**
 * As Grafana asks: the calls its data sources for Prometheus, Alertmanager, Jaeger
 * and Elasticsearch make on "Save & test", on loading and from their editors, against the
 * running program, with the headers they come with.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { OtlpSender } from '#test/support/client.ts';
import { buildMetrics, buildTraces } from '#test/support/otlp.ts';
import { startPlimsoll, type Program } from '#test/support/program.ts';
import { until } from '#test/support/wait.ts';

const SERVICE = 'quotes/eu';
const TRACE_ID = '00ab'.padEnd(32, 'c');
const NOW_MS = Date.now();
/** A proxy passes these on; none of them may change an answer. */
const HEADERS = {
  'accept-encoding': 'gzip',
  'x-dashboard-uid': 'abc',
  'x-panel-id': '1',
  'x-grafana-cache': 'no-store',
  'user-agent': 'Grafana/13.0.0',
};

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

const resources = new AsyncDisposableStack();
let program: Program;

before(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-grafana-'));
  resources.defer(() => rmSync(folder, { recursive: true, force: true }));
  program = resources.use(await startPlimsoll({ dataDirectory: join(folder, 'data') }));
  using sender = new OtlpSender(program.otlpHttp);
  const nanos = BigInt(NOW_MS) * 1_000_000n;
  const spans = [
    {
      traceId: TRACE_ID,
      spanId: '1'.repeat(16),
      name: 'GET /quotes',
      startNanos: nanos - 5_000_000n,
      endNanos: nanos,
    },
  ];
  equal((await sender.post('traces', buildTraces({ service: SERVICE, spans }))).status, 200);
  const points = [{ nanos, value: 42, attributes: { 'cargo.kind': 'fragile' } }];
  const metrics = buildMetrics({ service: 'quotes', metrics: [{ name: 'load', kind: 'gauge', points }] });
  equal((await sender.post('metrics', metrics)).status, 200);
  await until('what was sent', isThere, { timeoutMs: 10_000, detail: program.output });
});
after(() => resources.disposeAsync());

async function isThere(): Promise<boolean> {
  const trace = await ask('GET', `/api/traces/${TRACE_ID}`);
  const labels = await ask('GET', '/api/v1/query?query=load');
  return trace.status === 200 && (data(labels) as { result: unknown[] }).result.length === 1;
}

async function ask(method: string, path: string, form?: string): Promise<Answer> {
  const response = await fetch(`${program.origin}${path}`, {
    method,
    headers: {
      ...HEADERS,
      ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    ...(form === undefined ? {} : { body: form }),
  });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  const json = (type.startsWith('application/json') && text !== '' ? JSON.parse(text) : {}) as Answer['json'];
  return { status: response.status, type, text, json };
}

/** Of a 200 with status success. */
function data(answer: Answer): unknown {
  equal(answer.status, 200, answer.text);
  equal(answer.json['status'], 'success');
  return answer.json['data'];
}

describe('Prometheus', () => {
  test('Save & test 1: 1+1 at Unix second 4, as a form', async () => {
    for (const form of ['query=1%2B1&time=4', 'query=1%2B1&time=4.000&timeout=30s&unknown=1']) {
      const answer = await ask('POST', '/api/v1/query', form);
      deepEqual(data(answer), { resultType: 'scalar', result: [4, '2'] });
      ok(answer.text.indexOf('"resultType"') < answer.text.indexOf('"result"'), 'the type comes first');
    }
    deepEqual(data(await ask('GET', '/api/v1/query?query=1%2B1&time=4')), {
      resultType: 'scalar',
      result: [4, '2'],
    });
  });

  test('Save & test 2: build information without features', async () => {
    const information = data(await ask('GET', '/api/v1/status/buildinfo')) as Record<string, unknown>;
    deepEqual(Object.keys(information).toSorted(), [
      'branch',
      'buildDate',
      'buildUser',
      'goVersion',
      'revision',
      'version',
    ]);
    ok(Object.values(information).every((value) => typeof value === 'string'));
    match(String(information['version']), /^\d+\.\d+\.\d+/);
  });

  test('on load: rules and alerts', async () => {
    deepEqual(data(await ask('GET', '/api/v1/rules')), { groups: [] });
    deepEqual(data(await ask('GET', '/api/v1/rules?type=record&exclude_alerts=true')), { groups: [] });
    deepEqual(data(await ask('GET', '/api/v1/alerts')), { alerts: [] });
  });

  test('on load: the probe for exemplars, milliseconds where seconds belong', async () => {
    const parameters = `query=test&start=${NOW_MS - 1_800_000}&end=${NOW_MS}`;
    deepEqual(data(await ask('GET', `/api/v1/query_exemplars?${parameters}`)), []);
    deepEqual(data(await ask('POST', '/api/v1/query_exemplars', parameters)), []);
  });

  test('a panel: range and instant, statistics asked for in the URL of a POST', async () => {
    const endS = Math.ceil(NOW_MS / 15_000) * 15;
    const form = `query=${encodeURIComponent('load{job="quotes"}')}&start=${endS - 60}&end=${endS}&step=15`;
    const range = data(await ask('POST', '/api/v1/query_range?stats=true', form)) as {
      resultType: string;
      result: { metric: Record<string, string>; values: [number, string][] }[];
    };
    equal(range.resultType, 'matrix');
    deepEqual(range.result[0]?.metric, { __name__: 'load', cargo_kind: 'fragile', job: 'quotes' });
    deepEqual(range.result[0].values.at(-1), [endS, '42']);
    const atS = NOW_MS / 1000;
    const instant = data(await ask('POST', '/api/v1/query', `query=load&time=${atS}`)) as {
      resultType: string;
    };
    equal(instant.resultType, 'vector');
  });

  test('the editor: names, values by GET and by an empty POST, series, metadata', async () => {
    const range = `start=${NOW_MS / 1000 - 600}&end=${NOW_MS / 1000 + 60}`;
    const values = `/api/v1/label/__name__/values?${range}&limit=40000`;
    ok((data(await ask('GET', values)) as string[]).includes('load'));
    ok((data(await ask('POST', values, '')) as string[]).includes('load'));
    ok((data(await ask('POST', values)) as string[]).includes('load'));
    const labels = data(await ask('POST', '/api/v1/labels', `${range}&limit=40000&match[]=load`)) as string[];
    deepEqual(labels, ['__name__', 'cargo_kind', 'job']);
    const everything = encodeURIComponent('{__name__!=""}');
    const series = data(await ask('POST', '/api/v1/series', `match[]=${everything}&${range}`)) as unknown[];
    ok(series.length > 0);
    ok(Object.hasOwn(data(await ask('GET', '/api/v1/metadata')) as object, 'load'));
    deepEqual(data(await ask('GET', '/api/v1/label/U__cargo_2e_kind/values')), []);
  });

  test('an error is one in the shape that is shown to the person', async () => {
    const answer = await ask('POST', '/api/v1/query', 'query=sum(');
    equal(answer.status, 400);
    deepEqual(Object.keys(answer.json), ['status', 'errorType', 'error']);
    equal(answer.json['errorType'], 'bad_data');
  });
});

describe('Alertmanager', () => {
  test('Save & test: no Mimir, no Cortex, and a status', async () => {
    const information = await ask('GET', '/api/v1/status/buildinfo');
    ok(!information.text.includes('Mimir'));
    equal((await ask('GET', '/alertmanager/api/v2/status')).status, 404);
    const status = await ask('GET', '/api/v2/status');
    equal(status.status, 200);
    deepEqual(Object.keys(status.json).toSorted(), ['cluster', 'config', 'uptime', 'versionInfo']);
    equal((status.json['cluster'] as Record<string, unknown>)['status'], 'disabled');
    const version = status.json['versionInfo'] as Record<string, unknown>;
    equal(Object.values(version).filter((value) => typeof value === 'string').length, 6);
    equal(typeof (status.json['config'] as Record<string, unknown>)['original'], 'string');
    ok(Number.isFinite(Date.parse(String(status.json['uptime']))));
  });

  test('the alerting page: receivers, alerts, groups, silences', async () => {
    for (const path of [
      'receivers',
      'alerts?active=true&silenced=true&inhibited=true&unprocessed=true',
      'alerts/groups?muted=true',
      'silences',
    ]) {
      const answer = await ask('GET', `/api/v2/${path}`);
      equal(answer.status, 200, `${path}: ${answer.text}`);
      ok(Array.isArray(answer.json), path);
    }
  });
});

describe('Jaeger', () => {
  test('Save & test and the editor: services and operations, a slash in the name', async () => {
    const services = await ask('GET', '/api/services');
    equal(services.status, 200);
    deepEqual(services.json['data'], [SERVICE]);
    const path = `/api/services/${encodeURIComponent(SERVICE)}/operations`;
    deepEqual((await ask('GET', path)).json['data'], ['GET /quotes']);
  });

  test('search: microseconds, tags as JSON, durations as Go writes them', async () => {
    const range = `start=${(NOW_MS - 3_600_000) * 1000}&end=${(NOW_MS + 60_000) * 1000}`;
    const tags = encodeURIComponent('{"span.kind":"server"}');
    const query = `service=${encodeURIComponent(SERVICE)}&operation=GET%20%2Fquotes&tags=${tags}&minDuration=1ms&maxDuration=1.2s&limit=20&${range}`;
    const found = await ask('GET', `/api/traces?${query}`);
    equal(found.status, 200, found.text);
    const traces = found.json['data'] as { traceID: string; spans: { duration: number }[] }[];
    deepEqual(
      traces.map(({ traceID, spans }) => [traceID, spans[0]?.duration]),
      [[TRACE_ID, 5000]],
    );
  });

  test('a trace: short ids, times in milliseconds or microseconds', async () => {
    for (const path of [
      TRACE_ID,
      TRACE_ID.replace(/^0+/, ''),
      `${TRACE_ID}?start=${NOW_MS - 60_000}&end=${NOW_MS + 60_000}`,
      `${TRACE_ID}?start=${(NOW_MS - 60_000) * 1000}&end=${(NOW_MS + 60_000) * 1000}`,
    ]) {
      const answer = await ask('GET', `/api/traces/${path}`);
      equal(answer.status, 200, `${path}: ${answer.text}`);
      equal((answer.json['data'] as { traceID: string }[])[0]?.traceID, TRACE_ID);
    }
    const graph = await ask('GET', `/api/dependencies?endTs=${NOW_MS}&lookback=3600000`);
    deepEqual(Object.keys(graph.json), ['data', 'total', 'limit', 'offset', 'errors']);
    deepEqual([graph.json['data'], graph.json['errors']], [[], null]);
    const none = await ask('GET', `/api/traces/${'f'.repeat(32)}`);
    equal(none.status, 404);
    equal(none.json['data'], null);
    equal((none.json['errors'] as { code: number }[])[0]?.code, 404);
  });
});

describe('what is not there is a 404 in JSON, in the shape of the engine whose prefix it has', () => {
  const shapes: readonly (readonly [path: string, keys: readonly string[]])[] = [
    ['/api/v1/status/flags', ['status', 'errorType', 'error']],
    ['/api/v1/nothing', ['status', 'errorType', 'error']],
    ['/api/v3/services', ['data', 'total', 'limit', 'offset', 'errors']],
    ['/api/echo', ['data', 'total', 'limit', 'offset', 'errors']],
    ['/api/v2/traces/abc', []],
    ['/alertmanager/api/v2/status', ['code', 'message']],
    ['/loki/api/v1/labels', ['code', 'message']],
    ['/prometheus/api/v1/rules', ['code', 'message']],
    ['/_cluster/health', ['code', 'message']],
    ['/api/plimsoll/v1/nothing', ['code', 'message']],
    ['/api/plimsoll/nothing', ['code', 'message']],
    ['/dashboards', ['code', 'message']],
  ];
  for (const [path, keys] of shapes) {
    test(path, async () => {
      const answer = await ask('GET', path);
      equal(answer.status, 404, answer.text);
      match(answer.type, /^application\/json/);
      // Alertmanager's errors are bare strings.
      if (keys.length === 0) equal(typeof answer.json, 'string');
      else deepEqual(Object.keys(answer.json), keys);
    });
  }
});

describe('what cannot be read is a 4xx in the shape of the engine, never a failure of ours', () => {
  test('escapes that are none', async () => {
    const jaeger = await ask('GET', '/api/services/%E0%A4%A/operations');
    equal(jaeger.status, 400);
    equal((jaeger.json['errors'] as { code: number }[])[0]?.code, 400);
    const prometheus = await ask('GET', '/api/v1/label/%E0%A4%A/values');
    deepEqual([prometheus.status, prometheus.json['errorType']], [400, 'bad_data']);
    const alertmanager = await ask('GET', '/api/v2/silence/%E0%A4%A');
    equal(alertmanager.status, 400);
    match(alertmanager.text, /decode/);
    const own = await ask('GET', '/api/plimsoll/v1/incidents/%E0%A4%A');
    deepEqual([own.status, own.json['code']], [400, 'PLIM_BODY_MALFORMED']);
  });

  test('bodies in a character set or encoding we do not know, or that are broken', async () => {
    for (const path of ['/api/v2/silences', '/api/plimsoll/v1/incidents/x/acknowledge']) {
      const post = async (headers: Record<string, string>, body: string): Promise<number> => {
        const json = { 'content-type': 'application/json', ...headers };
        return (await fetch(`${program.origin}${path}`, { method: 'POST', headers: json, body })).status;
      };
      equal(await post({ 'content-type': 'application/json; charset=latin9' }, '{}'), 415, path);
      equal(await post({ 'content-encoding': 'compress' }, '{}'), 415, path);
      equal(await post({}, '{'), 400, path);
      equal(await post({}, `"${'x'.repeat(70_000)}"`), 413, path);
    }
  });
});

describe('Elasticsearch', () => {
  const json = { 'content-type': 'application/x-ndjson' };

  async function send(path: string, body: string): Promise<Record<string, unknown>> {
    const response = await fetch(`${program.origin}/es${path}`, {
      method: 'POST',
      headers: { ...HEADERS, ...json },
      body,
    });
    equal(response.status, 200);
    equal(response.headers.get('x-elastic-product'), 'Elasticsearch');
    return (await response.json()) as Record<string, unknown>;
  }

  test('what _bulk acknowledged a panel finds, in the program that runs', async () => {
    const document = {
      '@timestamp': new Date(NOW_MS).toISOString(),
      message: 'dock 7 is closed',
      severity_text: 'WARN',
    };
    const written = await send(
      '/logs-generic.otel-default/_bulk?refresh=wait_for',
      `{"create":{}}\n${JSON.stringify(document)}\n`,
    );
    equal(written['errors'], false);
    const query = {
      bool: { filter: [{ query_string: { query: 'dock AND severity_text:WARN', analyze_wildcard: true } }] },
    };
    const found = await send(
      '/_msearch',
      `{"index":"logs-*.otel-*"}\n${JSON.stringify({ query, size: 1 })}\n`,
    );
    match(JSON.stringify(found), /"total":\{"value":1,"relation":"eq"\}.*dock 7 is closed/);
  });

  test('spans are there too, and unknown paths are 404', async () => {
    const query = JSON.stringify({ query: { term: { trace_id: TRACE_ID } } });
    const found = await send('/_msearch', `{"index":"traces-*"}\n${query}\n`);
    match(JSON.stringify(found), /"name":"GET \/quotes"/);
    const missing = await fetch(`${program.origin}/es/_nothing`, { headers: HEADERS });
    equal(missing.status, 404);
    match(await missing.text(), /resource_not_found_exception/);
  });
});
