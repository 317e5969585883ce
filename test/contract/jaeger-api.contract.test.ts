/** Jaeger's API as Grafana's data source asks it, and our log search, over HTTP and the real store. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import express from 'express';
import { systemClock } from '#base/real/clock.ts';
import { createMeter } from '#base/real/metrics.ts';
import type { DependencyReader } from '#server/jaeger/dependencies.ts';
import { jaegerRoutes } from '#server/jaeger/routes.ts';
import { logsRoutes } from '#server/plimsoll/logs.ts';
import { logsRecord } from '#test/contract/logs.ts';
import { spansRecord } from '#test/contract/traces.ts';
import { DocumentsWorld } from '#test/support/documents-world.ts';

const START_NANOS = BigInt(Date.now() - 60_000) * 1_000_000n;
const START_US = START_NANOS / 1000n;
const START_MS = START_NANOS / 1_000_000n;
const SHORT = 'abc123';
const TRACE = SHORT.padStart(32, '0');
const OTHER = 'f'.repeat(32);
const BIG = 9_007_199_254_740_993n;

let world: DocumentsWorld;
let origin = '';
let stop: () => Promise<void> = () => Promise.resolve();

before(async () => {
  world = await DocumentsWorld.open();
  const at = (traceId: string, spanId: string, offsetMs: bigint, durationMs: bigint) => ({
    traceId,
    spanId,
    startNanos: START_NANOS + offsetMs * 1_000_000n,
    endNanos: START_NANOS + (offsetMs + durationMs) * 1_000_000n,
  });
  const root = {
    ...at(TRACE, '00000000000000a1', 0n, 1500n),
    name: 'GET /buy',
    attributes: { 'user.id': 7n },
  };
  const child = {
    ...at(TRACE, '00000000000000a2', 10n, 5n),
    parentSpanId: root.spanId,
    name: 'charge',
    kind: 3,
  };
  const other = { ...at(OTHER, '00000000000000b1', 100n, 20n), name: 'GET /buy', statusCode: 2 };
  await world.write([
    spansRecord({ service: 'shop/eu', resource: { zone: 'z1' } }, [root, other]),
    spansRecord({ service: 'bank' }, [child]),
    logsRecord({ service: 'shop/eu' }, [
      {
        nanos: START_NANOS,
        body: 'Card refused',
        severityNumber: 17,
        traceId: TRACE,
        attributes: { big: BIG },
      },
      { nanos: START_NANOS + 1n, body: 'fine', severityNumber: 9 },
    ]),
  ]);
  const app = express();
  app.set('query parser', 'simple');
  app.use('/api/plimsoll/v1', logsRoutes({ reader: world.store, clock: systemClock, meter: createMeter() }));
  app.use('/without', jaegerRoutes(world.store));
  app.use('/api', jaegerRoutes(world.store, graph));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stop = async () => {
    server.closeAllConnections();
    server.close();
    await world[Symbol.asyncDispose]();
  };
});
after(() => stop());

/** Asked for a range it answers with it, and with one other pair. */
const graph: DependencyReader = {
  dependencies: ({ startMs, endMs }) =>
    Promise.resolve([
      { parent: 'bank', child: 'ledger', callCount: 2 },
      { parent: String(startMs), child: String(endMs), callCount: 1 },
    ]),
};

async function get(
  path: string,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const response = await fetch(`${origin}${path}`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

interface ShownTrace {
  readonly traceID: string;
  readonly spans: readonly { readonly operationName: string; readonly processID: string }[];
}

const RANGE = `start=${START_US - 1000n}&end=${START_US + 60_000_000n}`;
const SEARCH = `/api/traces?service=shop%2Feu&${RANGE}`;
const enc = encodeURIComponent;

/** What is asked and the ids of the traces that must come, newest first. */
const SEARCHES: readonly (readonly [what: string, path: string, ids: readonly string[]])[] = [
  ['a service', SEARCH, [OTHER, TRACE]],
  ['no time range', '/api/traces?service=bank&lookback=2d', [TRACE]],
  ['an operation', `${SEARCH}&operation=${enc('GET /buy')}&limit=20`, [OTHER, TRACE]],
  ['an unknown operation', `${SEARCH}&operation=nothing`, []],
  ['an unknown service', `/api/traces?service=none&${RANGE}`, []],
  ['tags as JSON', `${SEARCH}&tags=${enc('{"error":"true"}')}`, [OTHER]],
  ['tags on span and resource', `${SEARCH}&tags=${enc('{"user.id":"7","zone":"z1"}')}`, [TRACE]],
  ['repeated tag', `${SEARCH}&tag=${enc('user.id:7')}&tag=${enc('span.kind:server')}`, [TRACE]],
  ['shortest duration in Go', `${SEARCH}&minDuration=1.2s`, [TRACE]],
  ['longest duration in Go', `${SEARCH}&maxDuration=${enc('100000µs')}`, [OTHER]],
  ['both durations', `${SEARCH}&minDuration=19ms999us&maxDuration=1m0.5s`, [OTHER, TRACE]],
  ['a limit', `${SEARCH}&limit=1`, [OTHER]],
  ['a range that ends before', `/api/traces?service=shop%2Feu&start=1&end=${START_US - 1n}`, []],
  ['milliseconds', `/api/traces?service=shop%2Feu&start=${START_MS - 1n}&end=${START_MS + 50n}`, [TRACE]],
  ['ids', `/api/traces?traceID=${SHORT}&traceID=${OTHER}&traceID=1`, [TRACE, OTHER]],
  ['an unknown parameter', `${SEARCH}&wanted=no`, [OTHER, TRACE]],
];

for (const [what, path, expected] of SEARCHES) {
  void test(`search by ${what}`, async () => {
    const { status, body } = await get(path);
    assert.equal(status, 200, JSON.stringify(body));
    const data = body['data'] as readonly ShownTrace[];
    assert.deepEqual(
      data.map(({ traceID }) => traceID),
      expected,
    );
    const { total, limit, offset, errors } = body;
    assert.deepEqual([total, limit, offset, errors], [expected.length, 0, 0, null]);
  });
}

void test('services and operations, also of a name with a slash', async () => {
  assert.deepEqual((await get('/api/services')).body, {
    data: ['bank', 'shop/eu'],
    total: 2,
    limit: 0,
    offset: 0,
    errors: null,
  });
  assert.deepEqual((await get('/api/services/shop%2Feu/operations')).body['data'], ['GET /buy']);
  assert.deepEqual((await get('/api/services/none/operations')).body['data'], []);
  const operations = await get('/api/operations?service=bank');
  assert.deepEqual(operations.body['data'], [{ name: 'charge', spanKind: 'client' }]);
  assert.deepEqual((await get('/api/operations?service=bank&spanKind=server')).body['data'], []);
});

const IDS = [
  SHORT,
  TRACE,
  SHORT.toUpperCase(),
  `0000${SHORT}`,
  enc(Buffer.from(TRACE, 'hex').toString('base64')),
  `${SHORT}?start=${START_MS}&end=${START_MS + 5000n}`,
  `${SHORT}?start=${START_US}&end=${START_US + 5_000_000n}`,
];

for (const id of IDS) {
  void test(`trace by id, written ${id}`, async () => {
    const { status, body } = await get(`/api/traces/${id}`);
    assert.equal(status, 200, JSON.stringify(body));
    const [trace] = body['data'] as readonly ShownTrace[];
    assert.equal(trace?.traceID, TRACE);
    assert.deepEqual(
      trace.spans.map(({ operationName, processID }) => [operationName, processID]),
      [
        ['GET /buy', 'p1'],
        ['charge', 'p2'],
      ],
    );
  });
}

const REFUSED: readonly (readonly [path: string, status: number, message: RegExp])[] = [
  ['/api/traces', 400, /'service' is required/],
  [`${SEARCH}&tags=${enc('{"a":1}')}`, 400, /'tags'.*JSON object of strings/],
  [`${SEARCH}&tags=error`, 400, /'tags'/],
  [`${SEARCH}&tag=error`, 400, /'tag'.*key:value/],
  [`${SEARCH}&minDuration=5`, 400, /'minDuration'.*1\.2s/],
  [`${SEARCH}&minDuration=2s&maxDuration=1s`, 400, /maxDuration/],
  [`${SEARCH}&limit=-1`, 400, /'limit'/],
  ['/api/traces?service=a&start=yesterday', 400, /'start'.*microseconds/],
  ['/api/traces?traceID=xyz', 400, /'traceID'/],
  ['/api/traces/0', 400, /not all zero/],
  [`/api/traces/${'a'.repeat(33)}`, 400, /1 to 32 hex digits/],
  ['/api/traces/1234', 404, /trace not found: 1234/],
  ['/api/operations', 400, /'service' is required/],
  ['/api/operations?service=a&spanKind=sideways', 400, /'spanKind'.*consumer/],
  ['/api/dependencies?endTs=yesterday', 400, /'endTs'.*milliseconds/],
  ['/api/dependencies?endTs=1&lookback=1h', 400, /'lookback'.*milliseconds/],
  ['/without/dependencies?endTs=1', 404, /nothing under \/without\/dependencies/],
];

for (const [path, status, message] of REFUSED) {
  void test(`${status} in Jaeger's shape for ${path}`, async () => {
    const answer = await get(path);
    assert.equal(answer.status, status);
    assert.equal(answer.body['data'], null);
    const [error] = answer.body['errors'] as readonly { readonly code: number; readonly msg: string }[];
    assert.equal(error?.code, status);
    assert.match(error.msg, message);
  });
}

const DEPENDENCIES: readonly (readonly [query: string, pairs: readonly string[]])[] = [
  ['endTs=5000&lookback=2000', ['bank ledger', '3000 5000']],
  ['endTs=86400005', ['bank ledger', '5 86400005']],
  ['endTs=5000&lookback=2000&service=bank', ['bank ledger']],
  ['endTs=5000&service=nobody', []],
];

for (const [query, pairs] of DEPENDENCIES) {
  void test(`dependencies by ${query}`, async () => {
    const { status, body } = await get(`/api/dependencies?${query}`);
    assert.equal(status, 200);
    const { data, ...envelope } = body;
    const found = data as readonly { readonly parent: string; readonly child: string }[];
    assert.deepEqual(
      found.map(({ parent, child }) => `${parent} ${child}`),
      pairs,
    );
    assert.deepEqual(envelope, { total: pairs.length, limit: 0, offset: 0, errors: null });
  });
}

const RFC = new Date(Number(START_MS) + 1000).toISOString();

const LOGS: readonly (readonly [query: string, bodies: readonly string[]])[] = [
  ['', ['fine', 'Card refused']],
  ['service=shop%2Feu&order=oldest-first', ['Card refused', 'fine']],
  ['text=CARD', ['Card refused']],
  ['severity=error', ['Card refused']],
  ['severity=18', []],
  [`trace_id=${TRACE.toUpperCase()}`, ['Card refused']],
  [`attr.big=${BIG}`, ['Card refused']],
  ['attr.big=1', []],
  [`start=${START_NANOS + 1n}`, ['fine']],
  [`end=${enc(RFC)}`, ['fine', 'Card refused']],
];

for (const [query, expected] of LOGS) {
  void test(`logs by ${query || 'nothing'}`, async () => {
    const { status, body } = await get(`/api/plimsoll/v1/logs?${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    const records = body['records'] as readonly { readonly body: string }[];
    assert.deepEqual(
      records.map((record) => record.body),
      expected,
    );
    assert.equal(body['next'], null);
  });
}

void test('logs come in pages, 64-bit numbers as text', async () => {
  const first = (await get('/api/plimsoll/v1/logs?limit=1')).body;
  const next = (await get(`/api/plimsoll/v1/logs?limit=1&after=${enc(String(first['next']))}`)).body;
  const [record] = next['records'] as readonly Record<string, unknown>[];
  assert.equal(record?.['unixNanos'], START_NANOS.toString());
  assert.deepEqual(record['attributes'], { big: BIG.toString() });
  assert.deepEqual(record['resource'], { 'service.name': 'shop/eu' });
  assert.equal(next['next'], null);
});

for (const query of [
  'limit=0',
  'severity=loud',
  'trace_id=1',
  'start=now',
  'order=up',
  'after=x',
  'text=a&text=b',
]) {
  void test(`logs: 400 with a code for ${query}`, async () => {
    const { status, body } = await get(`/api/plimsoll/v1/logs?${query}`);
    assert.deepEqual([status, body['code']], [400, 'PLIM_PARAMETER']);
    assert.match(String(body['message']), new RegExp(query.split('=')[0] ?? ''));
  });
}
