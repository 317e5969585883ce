/** The Elasticsearch API as Grafana's data source and the stock client ask it, over HTTP and the real store. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { Client, errors } from '@elastic/elasticsearch';
import { CodedError } from '#base/errors.ts';
import { silentLogger } from '#base/log.ts';
import { systemClock } from '#base/real/clock.ts';
import { LOOPBACK_NAMES } from '#base/real/http-access.ts';
import { createOrigin } from '#server/origin.ts';
import { elasticsearchRoutes } from '#server/elasticsearch/routes.ts';
import { logsRecord } from '#test/contract/logs.ts';
import { spansRecord } from '#test/contract/traces.ts';
import { DocumentsWorld } from '#test/support/documents-world.ts';

const START_MS = Date.UTC(2026, 0, 1, 12, 0, 0);
const TRACE = 'abcdef0123456789abcdef0123456789';
const LOGS = 'logs-generic.otel-default';

let world: DocumentsWorld;
let url = '';
let journalFull = false;
let stop: () => void = () => {};

function nanos(ms: number): bigint {
  return BigInt(START_MS + ms) * 1_000_000n;
}

before(async () => {
  world = await DocumentsWorld.open();
  await world.write([
    logsRecord({ service: 'quotes', resource: { 'host.name': 'h1' } }, [
      {
        nanos: nanos(0),
        body: 'Card refused by bank',
        severityNumber: 17,
        severityText: 'ERROR',
        traceId: TRACE,
      },
      {
        nanos: nanos(1000),
        body: 'fine',
        severityNumber: 9,
        severityText: 'INFO',
        attributes: { 'http.status': 200n },
      },
      {
        nanos: nanos(1000),
        body: 'fine again',
        severityNumber: 9,
        severityText: 'INFO',
        attributes: { latency: 2.5 },
      },
      {
        nanos: nanos(60_000),
        body: 'odd',
        severityText: '',
        attributes: { ['__proto__']: 'x', 'quote"d': 'y' },
      },
    ]),
    spansRecord({ service: 'billing' }, [
      {
        traceId: TRACE,
        spanId: '00000000000000a1',
        startNanos: nanos(5),
        endNanos: nanos(8),
        name: 'charge',
        statusCode: 2,
      },
    ]),
  ]);
  const intake = {
    takeIn: async (draft: Parameters<DocumentsWorld['take']>[0]) => {
      if (journalFull) throw new CodedError('PLIM_JOURNAL_FULL', 'the journal is full');
      return world.take(draft);
    },
  };
  const app = createOrigin({
    access: { hosts: new Set(LOOPBACK_NAMES), apiKey: undefined },
    log: silentLogger,
    routers: [
      {
        prefix: '/es',
        router: elasticsearchRoutes({ reader: world.store, clock: systemClock, version: '0.0.0', intake }),
      },
    ],
    metrics: () => Promise.resolve(''),
    console: () => ({ state: 'absent' }),
    notReady: () => undefined,
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/es`;
  stop = () => {
    server.closeAllConnections();
    server.close();
  };
});

after(async () => {
  stop();
  await world[Symbol.asyncDispose]();
});

interface Asked {
  readonly status: number;
  readonly headers: Headers;
  // A test looks wherever it likes.
  readonly body: Json;
}
type Json = Readonly<Record<string, unknown>>;

async function ask(path: string, init: RequestInit = {}): Promise<Asked> {
  const response = await fetch(`${url}${path}`, init);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: JSON.parse(text === '' ? 'null' : text) as Json,
  };
}

function post(path: string, body: unknown, type = 'application/json'): Promise<Asked> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return ask(path, { method: 'POST', headers: { 'content-type': type }, body: text });
}

/** What stands there, or undefined. */
function at(json: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Json | undefined)?.[key], json);
}

const client = (): Client => new Client({ node: url, requestTimeout: 10_000, maxRetries: 0 });

test('the root says which version it stands for; every answer names the product', async () => {
  const root = await ask('');
  assert.equal(root.status, 200);
  assert.match(String(at(root.body, 'version', 'number')), /^9\./);
  assert.notEqual(at(root.body, 'version', 'build_flavor'), 'serverless');
  const head = await fetch(url, { method: 'HEAD' });
  assert.equal(head.status, 200);
  for (const one of [root.headers, head.headers]) assert.equal(one.get('x-elastic-product'), 'Elasticsearch');
});

test('health, field caps and mapping as Grafana probes them', async () => {
  const health = await ask('/_cluster/health?wait_for_status=yellow');
  assert.equal(health.status, 200);
  assert.equal(health.body['status'], 'green');
  const time = await ask('/logs-*.otel-*/_field_caps?fields=@timestamp');
  assert.equal(at(time.body, 'fields', '@timestamp', 'date', 'type'), 'date');
  const all = await ask('/logs-*.otel-*/_field_caps?fields=*');
  const types = Object.entries(all.body['fields'] ?? {}).map(
    ([name, caps]) => `${name}:${Object.keys(caps as object).join()}`,
  );
  for (const wanted of [
    'message:text',
    'severity_text:keyword',
    'attributes.http.status:long',
    'http.status:long',
    'latency:double',
    'service.name:keyword',
    'resource.attributes.service.name:keyword',
  ]) {
    assert.ok(types.includes(wanted), `${wanted} in ${types.join(' ')}`);
  }
  const mapping = await ask('/logs-*/_mapping');
  assert.equal(at(mapping.body, LOGS, 'mappings', 'properties', 'message', 'path'), 'body.text');
  const missing = await ask('/logs-2026.01.01/_field_caps?fields=*');
  assert.equal(missing.status, 404);
  assert.equal(at(missing.body, 'error', 'type'), 'index_not_found_exception');
});

const HIGHLIGHT = {
  fields: { '*': {} },
  pre_tags: ['@HIGHLIGHT@'],
  post_tags: ['@/HIGHLIGHT@'],
  fragment_size: 2_147_483_647,
};
const range = (from: number, to: number) => ({
  range: { '@timestamp': { gte: START_MS + from, lte: START_MS + to, format: 'epoch_millis' } },
});

function logsQuery(query: string) {
  return {
    size: 500,
    query: { bool: { filter: [range(0, 60_000), { query_string: { analyze_wildcard: true, query } }] } },
    sort: { '@timestamp': { order: 'desc', unmapped_type: 'boolean' }, _doc: { order: 'desc' } },
    docvalue_fields: ['@timestamp'],
    script_fields: {},
    fields: [{ field: '@timestamp', format: 'strict_date_optional_time_nanos' }],
    highlight: HIGHLIGHT,
    aggs: {
      '1': {
        date_histogram: {
          field: '@timestamp',
          fixed_interval: '500ms',
          min_doc_count: 0,
          extended_bounds: { min: START_MS, max: START_MS + 2000 },
          format: 'epoch_millis',
        },
      },
    },
  };
}

test('a panel of logs and one of their volume, in one _msearch', async () => {
  const head = JSON.stringify({
    ignore_unavailable: true,
    index: 'logs-*.otel-*',
    search_type: 'query_then_fetch',
  });
  const volume = {
    size: 0,
    query: { bool: { filter: range(0, 60_000) } },
    aggs: {
      '3': {
        terms: {
          field: 'severity_text',
          size: '500',
          order: { _key: 'desc' },
          missing: 'unknown',
          min_doc_count: 1,
        },
        aggs: {
          '2': {
            date_histogram: {
              field: '@timestamp',
              fixed_interval: '60000ms',
              min_doc_count: 0,
              format: 'epoch_millis',
            },
          },
        },
      },
    },
  };
  const body = `${head}\n${JSON.stringify(logsQuery('refused OR fine'))}\n${head}\n${JSON.stringify(volume)}\n`;
  const answer = await post('/_msearch?max_concurrent_shard_requests=5', body, 'application/x-ndjson');
  assert.equal(answer.status, 200);
  const [logs, counts] = answer.body['responses'] as unknown as [Json, Json];
  assert.equal(logs['status'], 200);
  assert.deepEqual(at(logs, 'hits', 'total'), { value: 3, relation: 'eq' });
  const hit = at(logs, 'hits', 'hits', 2);
  assert.equal(at(hit, '_source', 'body', 'text'), 'Card refused by bank');
  assert.deepEqual(at(hit, 'fields'), { '@timestamp': ['2026-01-01T12:00:00.000Z'] });
  assert.deepEqual(at(hit, 'highlight', 'message'), ['Card @HIGHLIGHT@refused@/HIGHLIGHT@ by bank']);
  assert.equal(at(hit, 'sort', 0), START_MS);
  const buckets = at(logs, 'aggregations', '1', 'buckets');
  assert.deepEqual(
    (buckets as unknown as Json[]).slice(0, 5).map((bucket) => [bucket['key'], bucket['doc_count']]),
    [0, 500, 1000, 1500, 2000].map((ms) => [START_MS + ms, { 0: 1, 1000: 2 }[ms] ?? 0]),
  );
  const levels = at(counts, 'aggregations', '3', 'buckets') as unknown as Json[];
  assert.deepEqual(
    levels.map((bucket) => [bucket['key'], bucket['doc_count']]),
    [
      ['unknown', 1],
      ['INFO', 2],
      ['ERROR', 1],
    ],
  );
});

test('search_after walks through documents of equal times, each once, both ways', async () => {
  const ids: string[] = [];
  for (const order of ['desc', 'asc']) {
    let after: unknown;
    for (;;) {
      const sort = { '@timestamp': { order }, _doc: { order } };
      const page = await post('/logs-*/_search', {
        size: 1,
        sort,
        ...(after === undefined ? {} : { search_after: after }),
      });
      const hit = at(page.body, 'hits', 'hits', 0);
      if (hit === undefined) break;
      after = at(hit, 'sort');
      ids.push(String(at(hit, '_id')));
    }
  }
  assert.equal(ids.length, 8);
  assert.deepEqual(ids.slice(0, 4), ids.slice(4).toReversed());
});

test('spans are documents too, and both are searched at once', async () => {
  const spans = await post('/traces-*.otel-*/_search', { query: { term: { 'status.code': 'Error' } } });
  const hit = at(spans.body, 'hits', 'hits', 0);
  assert.deepEqual(
    [at(hit, '_index'), at(hit, '_source', 'name'), at(hit, '_source', 'duration')],
    ['traces-generic.otel-default', 'charge', 3_000_000],
  );
  const both = await post('/_count', { query: { term: { trace_id: TRACE } } });
  assert.equal(both.body['count'], 2);
});

test('names of strangers come through as they are', async () => {
  const found = await post('/logs-*/_search', { query: { exists: { field: 'quote"d' } } });
  assert.deepEqual(
    at(found.body, 'hits', 'hits', 0, '_source', 'attributes'),
    JSON.parse('{"__proto__":"x","quote\\"d":"y"}'),
  );
});

const REFUSED: readonly (readonly [what: string, body: unknown, type: string, reason: RegExp])[] = [
  ['an unknown clause', { query: { geo_shape: {} } }, 'parsing_exception', /\[geo_shape\]/],
  ['an unknown option', { query: { range: { a: { gtee: 1 } } } }, 'parsing_exception', /\[gtee\]/],
  [
    'an unknown aggregation',
    { aggs: { a: { significant_text: {} } } },
    'parsing_exception',
    /\[significant_text\]/,
  ],
  ['an unknown part', { collapse: { field: 'a' } }, 'parsing_exception', /\[collapse\]/],
  ['a script', { aggs: { a: { avg: { script: '1' } } } }, 'parsing_exception', /\[script\]/],
  [
    'a text that is no query',
    { query: { query_string: { query: 'a AND (' } } },
    'query_shard_exception',
    /a AND \(/,
  ],
  [
    'a regular expression with a range of numbers',
    { query: { query_string: { query: '/a<1-9>/' } } },
    'illegal_argument_exception',
    /regular/,
  ],
  [
    'a text as a bucket',
    { aggs: { a: { terms: { field: 'message' } } } },
    'illegal_argument_exception',
    /message/,
  ],
  [
    'an average of words',
    { aggs: { a: { avg: { field: 'severity_text' } } } },
    'illegal_argument_exception',
    /\[avg\]/,
  ],
  [
    'a bad date',
    { query: { range: { '@timestamp': { gte: 'soon' } } } },
    'illegal_argument_exception',
    /soon/,
  ],
  ['a window too large', { from: 9999, size: 2 }, 'illegal_argument_exception', /10000/],
  [
    'too many buckets',
    {
      aggs: {
        a: {
          date_histogram: {
            field: '@timestamp',
            fixed_interval: '1ms',
            extended_bounds: { min: 0, max: START_MS },
          },
        },
      },
    },
    'too_many_buckets_exception',
    /65536/,
  ],
  [
    'an order by nothing',
    { aggs: { a: { terms: { field: 'a', order: { b: 'asc' } } } } },
    'illegal_argument_exception',
    /\[b\]/,
  ],
  [
    'a strange place',
    { sort: ['_doc'], search_after: ['here'] },
    'illegal_argument_exception',
    /search_after/,
  ],
  ['no JSON', '{"a":', 'x_content_parse_exception', /./],
  ['a deep query', deep(60), 'parsing_exception', /deep/],
];

function deep(levels: number): unknown {
  let query: unknown = { match_all: {} };
  for (let at = 0; at < levels; at += 1) query = { bool: { must: query } };
  return { query };
}

for (const [what, body, type, reason] of REFUSED) {
  test(`refused in Elasticsearch's words: ${what}`, async () => {
    const answer = await post('/logs-*/_search', body);
    assert.equal(answer.status, 400, JSON.stringify(answer.body));
    assert.equal(at(answer.body, 'error', 'type'), type);
    assert.match(String(at(answer.body, 'error', 'reason')), reason);
    assert.equal(at(answer.body, 'error', 'root_cause', 0, 'type'), type);
  });
}

test('one bad search of many spoils no other', async () => {
  const lines = [
    '{"index":"nope"}',
    '{}',
    '{"index":"nope","ignore_unavailable":true}',
    '{}',
    '{"index":"logs-*"}',
    '{"query":{"x":{}}}',
    '{"index":"logs-*"}',
    '{}',
  ];
  const answer = await post('/_msearch', `${lines.join('\n')}\n`, 'application/x-ndjson');
  const statuses = (answer.body['responses'] as unknown as Json[]).map((one) => one['status']);
  assert.deepEqual(statuses, [404, 200, 400, 200]);
});

test('what is not there is 404 in their shape, a type nobody speaks 406 or 400', async () => {
  for (const path of ['/_nothing', '/logs-*/_nothing', '/a/b/c', '/%zz']) {
    const answer = await ask(path);
    assert.ok([400, 404].includes(answer.status), path);
    assert.equal(typeof at(answer.body, 'error', 'reason'), 'string');
  }
  assert.equal((await post('/_search', 'a=1', 'application/x-www-form-urlencoded')).status, 406);
  const wrong = { accept: 'application/vnd.elasticsearch+json; compatible-with=6' };
  assert.equal((await ask('/', { headers: wrong })).status, 400);
  const type = (
    await ask('/', { headers: { accept: 'application/vnd.elasticsearch+json; compatible-with=8' } })
  ).headers;
  assert.equal(type.get('content-type'), 'application/vnd.elasticsearch+json;compatible-with=8');
});

test('the stock client: info, search, count, field caps, bulk', async () => {
  await using elastic = { client: client(), [Symbol.asyncDispose]: () => elastic.client.close() };
  const es = elastic.client;
  assert.equal(await es.ping(), true);
  assert.equal((await es.info()).tagline, 'You Know, for Search');
  assert.equal(await es.indices.exists({ index: LOGS }), true);
  assert.equal(await es.indices.exists({ index: 'nope' }), false);
  const operations = [
    { create: { _index: LOGS } },
    {
      '@timestamp': '2026-03-01T00:00:00.123456789Z',
      message: 'from a client',
      severity_text: 'WARN',
      attributes: { n: 1 },
      service: { name: 'beat' },
    },
    { create: { _index: LOGS } },
    { message: 'without a time' },
    { index: { _index: LOGS } },
    { '@timestamp': 1, message: 'no' },
    { create: { _index: LOGS, _id: 'mine' } },
    { '@timestamp': 1, message: 'no' },
  ];
  const bulk = await es.bulk({ refresh: true, operations });
  assert.equal(bulk.errors, true);
  assert.deepEqual(
    bulk.items.map((item) => (item.create ?? item.index)?.status),
    [201, 400, 400, 400],
  );
  const id = bulk.items[0]?.create?._id ?? '';
  const found = await es.search({ index: 'logs-*', query: { ids: { values: [id] } } });
  const source = found.hits.hits[0]?._source as { '@timestamp': string; body: { text: string } };
  assert.equal(source['@timestamp'], '2026-03-01T00:00:00.123456789Z');
  assert.equal(source.body.text, 'from a client');
  assert.equal((await es.count({ index: 'logs-*', query: { term: { 'service.name': 'beat' } } })).count, 1);
  assert.equal((await es.fieldCaps({ index: 'logs-*', fields: ['n'] })).fields['n']?.['long']?.type, 'long');
  const histogram = await es.search({
    index: 'logs-*',
    size: 0,
    aggs: { a: { percentiles: { field: 'n', percents: [95] } } },
  });
  assert.deepEqual(at(histogram.aggregations, 'a'), { values: { '95.0': 1 } });
  await assert.rejects(es.search({ query: { fuzzy: { a: 'b' } } }), errors.ResponseError);
});

test('a bulk request that the journal cannot take is refused as a whole', async () => {
  journalFull = true;
  const body = `{"create":{}}\n{"@timestamp":"2026-03-01T00:00:00Z","message":"m"}\n`;
  const answer = await post(`/${LOGS}/_bulk`, body, 'application/x-ndjson');
  journalFull = false;
  assert.equal(answer.status, 429);
  assert.equal(answer.headers.get('retry-after'), '1');
});

test('a request with a foreign Host is refused before it is looked at', async () => {
  const answer = await fetch(url, {
    headers: { 'sec-fetch-site': 'cross-site', origin: 'http://evil.example' },
    method: 'POST',
  });
  assert.equal(answer.status, 403);
});
