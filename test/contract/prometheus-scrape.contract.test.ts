/**
 * The scraper: a real prom-client registry over HTTP, and targets of every bad
 * kind on a simulated network and clock.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { CodedError } from '#base/errors.ts';
import { present } from '#base/invariant.ts';
import { silentLogger, type Logger } from '#base/log.ts';
import type { Net } from '#base/net.ts';
import { systemClock } from '#base/real/clock.ts';
import { createMeter, type CollectingMeter } from '#base/real/metrics.ts';
import { systemNet } from '#base/real/net.ts';
import { SimulatedClock } from '#base/sim/clock.ts';
import { SimulatedNet, type Outcome } from '#base/sim/net.ts';
import type { ScrapeTarget } from '#collector/receivers/prometheus/config.ts';
import { startScraper } from '#collector/receivers/prometheus/start.ts';
import type { JournalWriter, RecordDraft } from '#journal/ports.ts';
import { decodeWriteRequest } from '#signals/prometheus/remote-write.ts';
import type { Exemplar, MetricDescription } from '#signals/prometheus/sink.ts';
import { until } from '#test/support/wait.ts';

const TARGET: ScrapeTarget = {
  job: 'quotes',
  url: 'http://quotes:9/metrics',
  labels: { job: 'quotes', instance: 'quotes:9' },
  intervalMs: 1000,
  timeoutMs: 500,
  honorLabels: false,
  honorTimestamps: true,
  bodyBytesMax: 10_000,
  samplesMax: 20,
  labelsMax: undefined,
};

/** For what comes at once unless the machine stalls. */
const WAIT_MS_MAX = 10_000;

interface Kept {
  readonly lines: readonly string[];
  readonly exemplars: ReadonlyMap<string, Exemplar>;
  readonly families: ReadonlyMap<string, MetricDescription>;
}

/** What a record tells a store; series without the labels of the target. */
function read(draft: RecordDraft): Kept {
  const lines: string[] = [];
  const exemplars = new Map<string, Exemplar>();
  const families = new Map<string, MetricDescription>();
  const name = ({
    __name__: own = '',
    job: _job,
    instance: _instance,
    ...rest
  }: Record<string, string>): string => `${own}${Object.keys(rest).length === 0 ? '' : JSON.stringify(rest)}`;
  const samples = decodeWriteRequest(draft.body, {
    sample: (labels, _timeMs, value, stale) => {
      equal(labels['job'], 'quotes');
      lines.push(`${name(labels)} ${stale ? 'stale' : value}`);
    },
    exemplar: (labels, exemplar) => exemplars.set(name(labels), exemplar),
    metadata: (family, description) => families.set(family, description),
  });
  equal(draft.kind, 'prom-samples');
  equal(draft.items, samples, 'the items of the record are its samples');
  return { lines, exemplars, families };
}

function valueOf(draft: RecordDraft | undefined, series: string): string | undefined {
  if (draft === undefined) return undefined;
  return read(draft)
    .lines.find((line) => line.startsWith(`${series} `))
    ?.slice(series.length + 1);
}

async function counted(meter: CollectingMeter, name: string, label: string): Promise<number> {
  const family = (await meter.collect()).find((one) => one.name === name);
  const samples = family?.samples.filter(({ labels }) => Object.values(labels).includes(label)) ?? [];
  return samples.reduce((sum, { value }) => sum + value, 0);
}

function journalOf(refuse: () => Error | undefined = () => undefined): {
  readonly drafts: RecordDraft[];
  readonly append: JournalWriter['append'];
} {
  const drafts: RecordDraft[] = [];
  return {
    drafts,
    async append(draft) {
      const refusal = refuse();
      if (refusal !== undefined) throw refusal;
      drafts.push(draft);
      return { id: { node: 'n', epoch: 1, sequence: drafts.length }, partition: 0, offset: 0 };
    },
  };
}

async function serve(listener: RequestListener): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
    },
  };
}

function registry(): Registry<'application/openmetrics-text; version=1.0.0; charset=utf-8'> {
  const made = new Registry<'application/openmetrics-text; version=1.0.0; charset=utf-8'>();
  made.setContentType('application/openmetrics-text; version=1.0.0; charset=utf-8');
  const registers = [made];
  const requests = new Counter<string>({
    name: 'http_requests_total',
    help: 'Requests "answered".',
    labelNames: ['route'],
    registers,
    enableExemplars: true,
  });
  requests.inc({
    labels: { route: '/quotes' },
    value: 3,
    exemplarLabels: { trace_id: 'abc', span_id: 'def' },
  });
  const seconds = new Histogram<string>({
    name: 'http_request_duration_seconds',
    help: 'Time to answer.',
    labelNames: ['route'],
    buckets: [0.1, 1],
    registers,
    enableExemplars: true,
  });
  seconds.observe({ labels: { route: '/quotes' }, value: 0.5, exemplarLabels: { trace_id: 'slow' } });
  new Gauge({ name: 'queue_length', help: 'Waiting.', registers }).set(7);
  return made;
}

test('a registry of prom-client arrives whole: values, exemplars, descriptions', async () => {
  const metrics = registry();
  const asked: (string | undefined)[] = [];
  await using server = await serve((request, response) => {
    asked.push(request.headers.accept, request.headers['accept-encoding']);
    void metrics.metrics().then((text) => {
      response.writeHead(200, { 'content-type': metrics.contentType, 'content-encoding': 'gzip' });
      response.end(gzipSync(text));
    });
  });
  const journal = journalOf();
  const url = `http://127.0.0.1:${server.port}/metrics`;
  const target = { ...TARGET, url, intervalMs: 100, timeoutMs: WAIT_MS_MAX };
  const meter = createMeter();
  await using _scraper = startScraper({
    config: { targets: [target] },
    journal,
    net: systemNet,
    clock: systemClock,
    log: silentLogger,
    meter,
  });
  await until('two scrapes', () => journal.drafts.length >= 2, { timeoutMs: WAIT_MS_MAX, everyMs: 10 });
  const first = read(present(journal.drafts[0], 'there are two'));
  deepEqual(
    first.lines.filter((line) => !line.startsWith('scrape_duration_seconds ')),
    [
      'http_requests_total{"route":"/quotes"} 3',
      'http_request_duration_seconds_bucket{"le":"0.1","route":"/quotes"} 0',
      'http_request_duration_seconds_bucket{"le":"1.0","route":"/quotes"} 1',
      'http_request_duration_seconds_bucket{"le":"+Inf","route":"/quotes"} 1',
      'http_request_duration_seconds_sum{"route":"/quotes"} 0.5',
      'http_request_duration_seconds_count{"route":"/quotes"} 1',
      'queue_length 7',
      'up 1',
      'scrape_samples_scraped 7',
      'scrape_samples_post_metric_relabeling 7',
      'scrape_series_added 7',
    ],
  );
  const exemplar = first.exemplars.get('http_requests_total{"route":"/quotes"}');
  deepEqual([{ ...exemplar?.labels }, exemplar?.value], [{ trace_id: 'abc', span_id: 'def' }, 3]);
  ok(Math.abs((exemplar?.timeMs ?? 0) - Date.now()) < 60_000);
  const slow = first.exemplars.get('http_request_duration_seconds_bucket{"le":"1.0","route":"/quotes"}');
  deepEqual([slow?.labels['trace_id'], slow?.value], ['slow', 0.5]);
  deepEqual(
    [...first.families].map(([name, { type, help }]) => [name, type, help]),
    [
      ['http_requests_total', 'counter', 'Requests "answered".'],
      ['http_request_duration_seconds', 'histogram', 'Time to answer.'],
      ['queue_length', 'gauge', 'Waiting.'],
    ],
  );
  match(asked[0] ?? '', /^application\/openmetrics-text;version=1\.0\.0/);
  equal(asked[1], 'gzip');
  ok((await counted(meter, 'otelcol_receiver_accepted_metric_points_total', 'prometheus')) >= 24);
});

// -- on a simulated network ------------------------------------------------------

interface World extends AsyncDisposable {
  readonly clock: SimulatedClock;
  readonly net: SimulatedNet;
  readonly drafts: RecordDraft[];
  readonly meter: CollectingMeter;
  readonly warnings: string[];
  answer: Outcome;
  refusal: Error | undefined;
}

const PLAIN = { 'content-type': 'text/plain; version=0.0.4' };

function shows(body: string | Uint8Array, headers: Record<string, string> = PLAIN): Outcome {
  return { kind: 'response', status: 200, headers, body };
}

function world(change: Partial<ScrapeTarget> = {}, targets = 1): World {
  const clock = new SimulatedClock();
  const meter = createMeter();
  const warnings: string[] = [];
  const log: Logger = { ...silentLogger, warn: (fields) => warnings.push(String(fields['outcome'])) };
  const state: { answer: Outcome; refusal: Error | undefined } = {
    answer: shows('a 1\n'),
    refusal: undefined,
  };
  const net = new SimulatedNet(clock, () => state.answer);
  const journal = journalOf(() => state.refusal);
  const scraper = startScraper({
    config: {
      targets: Array.from({ length: targets }, (_, index) => ({
        ...TARGET,
        url: `http://quotes:${index + 9}/metrics`,
        ...change,
      })),
    },
    journal,
    net: net satisfies Net,
    clock,
    log,
    meter,
  });
  return Object.assign(state, {
    clock,
    net,
    drafts: journal.drafts,
    meter,
    warnings,
    [Symbol.asyncDispose]: () => scraper[Symbol.asyncDispose](),
  });
}

/** Lets an interval pass and returns what was written in it. */
async function interval(it: World): Promise<RecordDraft> {
  const before = it.drafts.length;
  await it.clock.advanceAsync(1000);
  // Inflating happens outside of the simulated time, on a machine that may be busy.
  const options = { timeoutMs: WAIT_MS_MAX, everyMs: 20 };
  return await until('what is to be kept', () => it.drafts[before], options);
}

const FAILURES: readonly (readonly [name: string, outcome: string, answer: Outcome])[] = [
  ['nobody there', 'unreachable', { kind: 'error', code: 'ECONNREFUSED' }],
  ['reset', 'unreachable', { kind: 'error', code: 'ECONNRESET' }],
  ['silence', 'timeout', { kind: 'silence' }],
  ['500', 'status', { kind: 'response', status: 500, headers: PLAIN, body: 'a 1\n' }],
  ['a redirect', 'status', { kind: 'response', status: 302, headers: { location: '/else' } }],
  ['204', 'status', { kind: 'response', status: 204 }],
  ['a page', 'malformed', shows('<html>', { 'content-type': 'text/html' })],
  ['no content type', 'malformed', shows('a 1\n', {})],
  ['garbage', 'malformed', shows('a 1\n???\n')],
  [
    'not UTF-8',
    'malformed',
    shows(Buffer.from([0x61, 0x7b, 0x62, 0x3d, 0x22, 0xff, 0x22, 0x7d, 0x20, 0x31])),
  ],
  ['cut off', 'malformed', shows('a 1\n', { 'content-type': 'application/openmetrics-text' })],
  ['no gzip', 'malformed', shows('a 1\n', { ...PLAIN, 'content-encoding': 'gzip' })],
  ['brotli', 'malformed', shows('a 1\n', { ...PLAIN, 'content-encoding': 'br' })],
  ['too large', 'limit', shows(`# ${'x'.repeat(10_000)}\na 1\n`)],
  ['a bomb', 'limit', shows(gzipSync(Buffer.alloc(1_000_000)), { ...PLAIN, 'content-encoding': 'gzip' })],
  ['too many samples', 'limit', shows(Array.from({ length: 21 }, (_, index) => `a${index} 1\n`).join(''))],
];

for (const [name, outcome, answer] of FAILURES) {
  test(`${name}: down, its series stale, and up again after`, async () => {
    await using it = world();
    equal(valueOf(await interval(it), 'a'), '1');
    it.answer = answer;
    const down = await interval(it);
    deepEqual([valueOf(down, 'up'), valueOf(down, 'a')], ['0', 'stale']);
    const still = await interval(it);
    deepEqual([valueOf(still, 'up'), valueOf(still, 'a')], ['0', undefined]);
    it.answer = shows('a 2\n');
    const again = await interval(it);
    deepEqual([valueOf(again, 'up'), valueOf(again, 'a')], ['1', '2']);
    equal(await counted(it.meter, 'plimsoll_scrapes_total', outcome), 2);
    equal(await counted(it.meter, 'plimsoll_scrapes_total', 'ok'), 2);
    deepEqual(it.warnings, [outcome], 'a change is said once');
  });
}

test('a label limit fails the scrape, with the labels of the target counted', async () => {
  await using it = world({ labelsMax: 3 });
  it.answer = shows('a{x="1"} 1\n');
  equal(valueOf(await interval(it), 'up'), '1');
  it.answer = shows('a{x="1",y="2"} 1\n');
  equal(valueOf(await interval(it), 'up'), '0');
});

test('a refused record is counted; the target stays up, and descriptions are sent again', async () => {
  await using it = world();
  it.answer = shows('# TYPE a gauge\na 1\n');
  it.refusal = new CodedError('PLIM_JOURNAL_FULL', 'full');
  await it.clock.advanceAsync(TARGET.intervalMs);
  const dropped = (): Promise<number> =>
    counted(it.meter, 'plimsoll_scrape_dropped_samples_total', 'PLIM_JOURNAL_FULL');
  const refused = async (): Promise<boolean> => (await dropped()) > 0;
  await until('the refusal', refused, { timeoutMs: WAIT_MS_MAX, everyMs: 5 });
  equal(await dropped(), 6);
  deepEqual(it.drafts, []);
  equal(await counted(it.meter, 'plimsoll_scrapes_total', 'ok'), 1);
  it.refusal = undefined;
  const draft = await interval(it);
  equal(valueOf(draft, 'up'), '1');
  deepEqual([...read(draft).families.keys()], ['a']);
});

test('duplicates in an answer are counted, the first is kept', async () => {
  await using it = world();
  it.answer = shows('a 1\na 2\n');
  equal(valueOf(await interval(it), 'a'), '1');
  equal(await counted(it.meter, 'plimsoll_scrape_dropped_samples_total', 'duplicate'), 1);
});

test('one scrape each interval, spread, never two at a time', async () => {
  await using it = world({}, 8);
  await it.clock.advanceAsync(10_000);
  equal(it.net.requests.length, 80);
  const places = it.net.requests.map(({ atMs, request }) => `${request.url} ${atMs % 1000}`);
  equal(new Set(places).size, 8, 'each target keeps its place');
  ok(new Set(places.map((place) => place.split(' ')[1])).size > 4, 'and they are spread');

  await using slow = world({ timeoutMs: 1000 });
  slow.answer = { kind: 'silence' };
  await slow.clock.advanceAsync(10_000);
  const starts = slow.net.requests.map(({ atMs }) => atMs);
  for (const [index, atMs] of starts.entries()) {
    if (index > 0) ok(atMs - present(starts[index - 1], 'there is one before') >= 1000, starts.join(' '));
  }
  ok(starts.length >= 9);
});

test('a wall clock that jumps moves no scrape', async () => {
  await using it = world();
  await it.clock.advanceAsync(3000);
  it.clock.jumpWall(-3_600_000);
  await it.clock.advanceAsync(3000);
  equal(it.net.requests.length, 6);
});

test('stopping gives up what is in flight and says nothing about the target', async () => {
  const it = world();
  it.answer = { kind: 'silence' };
  await it.clock.advanceAsync(TARGET.intervalMs);
  const before = it.drafts.length;
  const { requests } = it.net;
  equal(requests.length, 1);
  await it[Symbol.asyncDispose]();
  await it[Symbol.asyncDispose]();
  equal(present(requests[0], 'one').request.signal?.aborted, true);
  await it.clock.advanceAsync(5000);
  deepEqual([it.drafts.length, requests.length], [before, 1]);
});
