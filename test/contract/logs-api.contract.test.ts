/** `/api/plimsoll/v1/logs` over HTTP and the real store: what is asked, answered and refused, and records as they arrive. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { CodedError } from '#base/errors.ts';
import { createMeter } from '#base/real/metrics.ts';
import { SimulatedClock } from '#base/sim/clock.ts';
import { TAIL_POLL_MS, TAIL_RECORDS_MAX, TAILS_MAX } from '#server/plimsoll/logs-tail.ts';
import { OPENAPI } from '#server/plimsoll/openapi.ts';
import type { OriginApis } from '#server/routers.ts';
import { METRICS } from '#signals/registry.ts';
import { logsRecord } from '#test/contract/logs.ts';
import { DocumentsWorld } from '#test/support/documents-world.ts';
import { openEventSource, type EventSource } from '#test/support/event-source.ts';
import { asObject, misfits, type Json } from '#test/support/openapi.ts';
import { serveOwn } from '#test/support/own-origin.ts';
import { until } from '#test/support/wait.ts';

const SECOND = 1_000_000_000n;
const START = 1_700_000_000n * SECOND;
const SPAN = '00000000000000ff';
/** For what comes at once unless the machine stalls. */
const WAIT_MS_MAX = 15_000;

let world: DocumentsWorld;
before(async () => {
  world = await DocumentsWorld.open();
  const log = (second: bigint, body: string, severityNumber: number) => ({
    nanos: START + second * SECOND,
    body,
    severityNumber,
    attributes: { route: '/quotes' },
  });
  await world.write([
    logsRecord({ service: 'quotes' }, [
      log(1n, 'took 5 ms', 9),
      log(12n, 'took 6 ms', 9),
      { ...log(19n, 'refused by 10.0.0.1', 17), traceId: 'f'.repeat(32), spanId: SPAN },
      log(20n, 'took 7 ms', 9),
    ]),
    logsRecord({ service: 'billing' }, [log(15n, 'paid', 0)]),
  ]);
});
after(() => world[Symbol.asyncDispose]());

function serve(t: TestContext, more: Partial<OriginApis> = {}): Promise<string> {
  return serveOwn(t, { documents: world.store, ...more });
}

/** The answer, once it fits what OpenAPI says of it. */
async function get(url: string, path: string): Promise<Json> {
  const response = await fetch(`${url}${path}`);
  const body: unknown = await response.json();
  equal(response.status, 200, JSON.stringify(body));
  const described = asObject(asObject(OPENAPI['paths'])?.[new URL(`http://x${path}`).pathname]);
  const good = asObject(asObject(asObject(described?.['get'])?.['responses'])?.['200']);
  const schema = asObject(asObject(asObject(good?.['content'])?.['application/json'])?.['schema']);
  ok(schema !== undefined, path);
  deepEqual(misfits(OPENAPI, schema, body), [], path);
  return asObject(body) ?? {};
}

const TIMES = `start=${START + 10n * SECOND}&end=${START + 20n * SECOND}`;

test('a histogram counts from start until just before end', async (t) => {
  const url = await serve(t);
  const body = await get(url, `/logs/histogram?${TIMES}&buckets=2&attr.route=/quotes`);
  deepEqual(body, {
    startUnixNanos: String(START + 10n * SECOND),
    stepNanos: String(5n * SECOND),
    buckets: [
      {
        unixNanos: String(START + 10n * SECOND),
        total: 1,
        counts: { unset: 0, trace: 0, debug: 0, info: 1, warn: 0, error: 0, fatal: 0 },
      },
      {
        unixNanos: String(START + 15n * SECOND),
        total: 2,
        counts: { unset: 1, trace: 0, debug: 0, info: 0, warn: 0, error: 1, fatal: 0 },
      },
    ],
  });
  const short = await get(url, '/logs/histogram?start=100&end=103');
  deepEqual([short['stepNanos'], (short['buckets'] as unknown[]).length], ['1', 3]);
  const odd = await get(url, '/logs/histogram?start=100&end=110&buckets=4');
  deepEqual([odd['stepNanos'], (odd['buckets'] as unknown[]).length], ['3', 4]);
});

test('facets name services, severities and attributes', async (t) => {
  const url = await serve(t);
  deepEqual(await get(url, `/logs/facets?${TIMES}`), {
    scanned: 4,
    facets: [
      {
        key: 'service',
        values: [
          { value: 'quotes', count: 3 },
          { value: 'billing', count: 1 },
        ],
        otherCount: 0,
      },
      {
        key: 'severity',
        values: [
          { value: 'info', count: 2 },
          { value: 'error', count: 1 },
          { value: 'unset', count: 1 },
        ],
        otherCount: 0,
      },
      { key: 'attr.route', values: [{ value: '/quotes', count: 4 }], otherCount: 0 },
    ],
  });
});

test('patterns are compared with the time before', async (t) => {
  const url = await serve(t);
  const path = `/logs/patterns?service=quotes&${TIMES}&baseline_start=${START}`;
  const { patterns, ...scans } = await get(url, path);
  deepEqual(scans, { scanned: 3, baselineScanned: 1 });
  deepEqual(
    (patterns as readonly Json[]).map(({ exampleId: _id, firstUnixNanos, lastUnixNanos, ...one }) => [
      one,
      BigInt(String(firstUnixNanos)) - START,
      BigInt(String(lastUnixNanos)) - START,
    ]),
    [
      [
        {
          pattern: 'took <num> ms',
          service: 'quotes',
          severity: 'info',
          count: 2,
          baselineCount: 1,
          example: 'took 7 ms',
        },
        12n * SECOND,
        20n * SECOND,
      ],
      [
        {
          pattern: 'refused by <ip>',
          service: 'quotes',
          severity: 'error',
          count: 1,
          baselineCount: 0,
          example: 'refused by 10.0.0.1',
        },
        19n * SECOND,
        19n * SECOND,
      ],
    ],
  );
});

test('records are found by span and by the severity that is none', async (t) => {
  const url = await serve(t);
  const bodies = async (path: string): Promise<unknown> =>
    ((await get(url, path))['records'] as readonly Json[]).map(({ body }) => body);
  deepEqual(await bodies(`/logs?span_id=${SPAN.toUpperCase()}`), ['refused by 10.0.0.1']);
  deepEqual(await bodies('/logs?severity=unset&service=billing'), ['paid']);
});

test('what a name with not. in front has is left out, several times over', async (t) => {
  const url = await serve(t);
  const bodies = async (query: string): Promise<unknown> =>
    ((await get(url, `/logs?${query}`))['records'] as readonly Json[]).map(({ body }) => body);
  deepEqual(await bodies('not.text=TOOK'), ['refused by 10.0.0.1', 'paid']);
  deepEqual(await bodies('not.service=billing&not.text=5+ms&not.text=7+ms'), [
    'refused by 10.0.0.1',
    'took 6 ms',
  ]);
  deepEqual(await bodies('not.severity=Error&not.severity=unset&not.text=took'), []);
  deepEqual(await bodies('not.attr.route=/quotes'), []);
  deepEqual((await bodies('not.attr.route=/&not.service=')) as readonly string[], [
    'took 7 ms',
    'refused by 10.0.0.1',
    'paid',
    'took 6 ms',
    'took 5 ms',
  ]);
  const { facets } = await get(url, `/logs/facets?${TIMES}&not.service=quotes`);
  deepEqual((facets as readonly Json[])[0], {
    key: 'service',
    values: [{ value: 'billing', count: 1 }],
    otherCount: 0,
  });
});

const REFUSED: readonly (readonly [path: string, message: RegExp])[] = [
  ['/logs?span_id=ff', /^span_id is "ff"; expected 16 hex digits$/],
  ['/logs?severity=loud', /one of unset, trace, debug/],
  ['/logs/histogram?end=5', /^start is ""; expected a time: it is needed here$/],
  ['/logs/histogram?start=5', /^end is ""/],
  ['/logs/histogram?start=5&end=5', /^end is "5"; expected a time after start$/],
  ['/logs/histogram?start=5&end=9&buckets=501', /^buckets is "501"; expected a whole number from 1 to 500$/],
  ['/logs/histogram?start=5&end=9&buckets=0', /^buckets is "0"/],
  ['/logs/facets?trace_id=x', /^trace_id is "x"/],
  ['/logs/patterns?start=5&baseline_start=5', /^baseline_start is "5"; expected a time before start$/],
  ['/logs/tail?severity=25', /^severity is "25"/],
  ['/logs?not.severity=17', /^not\.severity is "17"; expected one of unset, trace/],
  ['/logs?not.span_id=ff', /^not\.span_id is "ff"; expected one of not\.service, not\.text/],
  [`/logs?not.text=${'x'.repeat(1001)}`, /^not\.text is "1001 characters"/],
  [`/logs?${'not.service=x&'.repeat(21)}`, /^not\.\* is "21 conditions"; expected at most 20$/],
];

test('what makes no sense is refused by name', async (t) => {
  const url = await serve(t);
  for (const [path, message] of REFUSED) {
    const response = await fetch(`${url}${path}`);
    const body = (await response.json()) as { readonly code: string; readonly message: string };
    deepEqual([response.status, body.code], [400, 'PLIM_PARAMETER'], path);
    match(body.message, message, path);
  }
});

interface Tail {
  readonly source: EventSource;
  /** Lets the origin look once, and waits until it has. */
  readonly look: () => Promise<void>;
  /** Bodies of all events so far. */
  readonly bodies: () => readonly unknown[];
}

/** A tail whose looks the test decides on. */
async function tail(t: TestContext, query: string, more: Partial<OriginApis> = {}): Promise<Tail> {
  const clock = new SimulatedClock();
  let looks = 0;
  const documents = more.documents ?? world.store;
  const counted: typeof documents = {
    ...documents,
    logArrivals: (...args) => documents.logArrivals(...args).finally(() => (looks += 1)),
  };
  const url = await serve(t, { clock, ...more, documents: counted });
  const source = await openEventSource(`${url}/logs/tail?${query}`);
  t.after(() => source[Symbol.dispose]());
  return {
    source,
    look: async () => {
      const seen = looks;
      await clock.advanceAsync(TAIL_POLL_MS);
      await until('a look', () => looks > seen, { timeoutMs: WAIT_MS_MAX, everyMs: 2 });
    },
    bodies: () =>
      source.events.flatMap(({ data }) =>
        ((data as Json)['records'] as readonly Json[]).map(({ body }) => body),
      ),
  };
}

async function write(bodies: readonly string[], service = 'quotes'): Promise<void> {
  const logs = bodies.map((body, index) => ({ nanos: START + BigInt(index), body }));
  await world.write([logsRecord({ service }, logs)]);
}

test('records that match are told once each as they arrive, newest first', async (t) => {
  const { source, look, bodies } = await tail(t, 'service=quotes&text=live');
  equal(source.response.headers['content-type'], 'text/event-stream');
  await look();
  deepEqual(bodies(), []);
  await write(['live 1', 'live 2', 'other']);
  await write(['live elsewhere'], 'billing');
  await look();
  await until('the first', () => source.events.length === 1, { timeoutMs: WAIT_MS_MAX, everyMs: 2 });
  await world.store.sealNow();
  await look();
  await write(['live 3']);
  await world.store.sealNow();
  await look();
  await until('the second', () => source.events.length === 2, { timeoutMs: WAIT_MS_MAX, everyMs: 2 });
  deepEqual(bodies(), ['live 2', 'live 1', 'live 3']);
  deepEqual(
    source.events.map(({ id, event, data }) => [id, event, Object.keys(data as object)]),
    [
      ['1', 'records', ['records']],
      ['2', 'records', ['records']],
    ],
  );
  const { data } = source.events[0] ?? {};
  const schema = { $ref: '#/components/schemas/LogRecord' };
  const told = asObject(data)?.['records'] as readonly unknown[] | undefined;
  for (const one of told ?? []) deepEqual(misfits(OPENAPI, schema, one), []);
});

test('of more than are told at once the newest come, and the rest is counted', async (t) => {
  const meter = createMeter();
  const { source, look, bodies } = await tail(t, 'text=burst', { meter });
  await write(Array.from({ length: TAIL_RECORDS_MAX + 7 }, (_, index) => `burst ${index}`));
  await look();
  await until('the event', () => source.events.length === 1, { timeoutMs: WAIT_MS_MAX, everyMs: 2 });
  equal(asObject(source.events[0]?.data)?.['skipped'], 7);
  deepEqual([bodies().length, bodies()[0]], [TAIL_RECORDS_MAX, `burst ${TAIL_RECORDS_MAX + 6}`]);
  deepEqual(await sampleOf(meter, METRICS.logTailSkipped.name), [[{}, 7]]);
});

test('a store that is away is told once; what came meanwhile comes after; what is too large is passed over', async (t) => {
  let trouble: CodedError | undefined;
  const documents: NonNullable<OriginApis['documents']> = {
    ...world.store,
    logArrivals: async (filter, request, signal) => {
      if (trouble !== undefined && request.since !== undefined) throw trouble;
      return world.store.logArrivals(filter, request, signal);
    },
  };
  const { source, look } = await tail(t, 'text=again', { documents });
  trouble = new CodedError('PLIM_STORE_UNAVAILABLE', 'the store is away');
  await write(['again 1']);
  await look();
  await look();
  trouble = undefined;
  await look();
  trouble = new CodedError('PLIM_QUERY_LIMIT', 'too large');
  await write(['again 2']);
  await look();
  trouble = undefined;
  await write(['again 3']);
  await look();
  await until('all events', () => source.events.length === 4, { timeoutMs: WAIT_MS_MAX, everyMs: 2 });
  deepEqual(
    source.events.map(({ event }) => event),
    ['trouble', 'records', 'records', 'records'],
  );
  deepEqual(source.events[0]?.data, { code: 'PLIM_STORE_UNAVAILABLE', message: 'the store is away' });
  deepEqual(source.events[2]?.data, { records: [], truncated: true });
  deepEqual(
    source.events
      .slice(1)
      .flatMap(({ data }) => ((data as Json)['records'] as Json[]).map(({ body }) => body)),
    ['again 1', 'again 3'],
  );
});

async function sampleOf(meter: ReturnType<typeof createMeter>, name: string): Promise<unknown> {
  const family = (await meter.collect()).find((candidate) => candidate.name === name);
  return family?.samples.map(({ labels, value }) => [labels, value]);
}

test(`${TAILS_MAX} may watch; the next is told to come again, and may once one has left`, async (t) => {
  const meter = createMeter();
  const url = await serve(t, { meter });
  const open = () => openEventSource(`${url}/logs/tail`);
  const sources = await Promise.all(Array.from({ length: TAILS_MAX }, open));
  t.after(() => sources.forEach((source) => source[Symbol.dispose]()));
  const refused = await fetch(`${url}/logs/tail`);
  deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
  equal(((await refused.json()) as { code: string }).code, 'PLIM_OVERLOADED');
  deepEqual(await sampleOf(meter, METRICS.logTailRefusals.name), [[{ reason: 'full' }, 1]]);
  sources[0]?.[Symbol.dispose]();
  const left = async (): Promise<boolean> =>
    JSON.stringify(await sampleOf(meter, METRICS.logTails.name)) === `[[{},${TAILS_MAX - 1}]]`;
  await until('one to have left', left, { timeoutMs: WAIT_MS_MAX, everyMs: 5 });
  using again = await open();
  equal(again.response.statusCode, 200);
});
