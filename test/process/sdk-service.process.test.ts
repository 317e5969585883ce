/**
 * A service that uses all of the SDK: what it shows to scrapes and orchestrators,
 * what its spans and lines say, how it stops, and that the legacy way to Jaeger
 * carries the same.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { present } from '#base/invariant.ts';
import { eachOnce, OtlpSink, type SinkSpan } from '#test/support/otlp-sink.ts';
import { promptly } from '#test/support/promptly.ts';
import { appEnv, arriving, WITH_SDK } from '#test/support/sdk-app.ts';
import { until } from '#test/support/wait.ts';

const SERVICE = join(import.meta.dirname, '..', 'fixtures', 'sdk-service.ts');
const ARRIVAL_MS_MAX = 10_000;
/** The batch delay and a busy machine. */
const SEEN_MS_MAX = 1500;
/** Later ones only where the first span took too long. */
const FIRST_ORDER = 7;
const OPENMETRICS = { accept: 'application/openmetrics-text' };

interface Service extends AsyncDisposable {
  readonly url: string;
  readonly pid: number | undefined;
  readonly output: () => string;
  /** Exit code, or the signal that ended it. */
  stop(signal: NodeJS.Signals): Promise<number | string>;
}

async function startService(env: Readonly<Record<string, string>>): Promise<Service> {
  const child = spawn(process.execPath, [...WITH_SDK, SERVICE], {
    env: appEnv(env),
    // Express tells of its error there.
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const lines: string[] = [];
  const found = Promise.withResolvers<string>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (line.startsWith('{"url"')) found.resolve((JSON.parse(line) as { url: string }).url);
  });
  const ended = once(child, 'close').then(([code, signal]) => (signal ?? code) as number | string);
  void ended.then((status) => found.reject(new Error(`ended with ${status}: ${lines.join('\n')}`)));
  const stop = (signal: NodeJS.Signals): Promise<number | string> => {
    child.kill(signal);
    return ended;
  };
  return {
    url: await found.promise,
    pid: child.pid,
    output: () => lines.join('\n'),
    stop,
    async [Symbol.asyncDispose]() {
      await stop('SIGKILL');
    },
  };
}

let sink: OtlpSink;
let service: Service;

before(async () => {
  sink = await OtlpSink.start();
  service = await startOrders();
});
after(async () => {
  await service[Symbol.asyncDispose]();
  await sink[Symbol.asyncDispose]();
});

function startOrders(): Promise<Service> {
  return startService({
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_INSTRUMENTATION_COMMON_PEER_SERVICE_MAPPING: `${new URL(sink.url).host}=warehouse`,
    OTEL_SERVCE_NAME: 'misspelt',
  });
}

function spanNamed(name: string, isIt: (span: SinkSpan) => boolean = () => true): Promise<SinkSpan> {
  return until(`the span ${name}`, () => sink.spans.find((span) => span.name === name && isIt(span)), {
    timeoutMs: ARRIVAL_MS_MAX,
    everyMs: 10,
    detail: () => sink.spans.map((span) => span.name).join(', '),
  });
}

test('a span is at the collector soon after it ended, with its route, joined with its statements', async (t) => {
  let orderId = FIRST_ORDER;
  await promptly(t, 'the span is at the collector', SEEN_MS_MAX, () => spanOfOrder(orderId++));
  const server = await spanNamed('POST /orders/:id');
  const isOfServer = ({ traceId }: SinkSpan): boolean => traceId === server.traceId;
  const statement = await spanNamed('sqlite INSERT', isOfServer);
  deepEqual([statement.kind, statement.parentSpanId], [3, server.spanId]);
  equal(statement.attributes['db.system.name'], 'sqlite');
  equal(statement.attributes['db.operation.name'], 'INSERT');
  equal(statement.attributes['db.query.text'], 'INSERT INTO orders (id, note) VALUES (?, ?)');
  const deletion = await spanNamed('sqlite DELETE', isOfServer);
  equal(deletion.attributes['db.query.text'], 'DELETE FROM orders WHERE note = ?');
  equal(
    sink.spans.some(({ name }) => name === 'sqlite CREATE'),
    false,
    'a start is nobody’s request',
  );
});

/** @returns the milliseconds from the answer to the span's arrival */
async function spanOfOrder(orderId: number): Promise<number> {
  const path = `/orders/${orderId}`;
  const answer = await fetch(`${service.url}${path}`, { method: 'POST' });
  const answeredMs = performance.now();
  const { traceparent } = (await answer.json()) as { traceparent: string };
  const server = await spanNamed('POST /orders/:id', ({ attributes }) => attributes['url.path'] === path);
  const tookMs = performance.now() - answeredMs;
  equal(traceparent, `00-${server.traceId}-${server.spanId}-01`);
  return tookMs;
}

test('an answer of 500 marks the span, and only its own', async () => {
  equal((await fetch(`${service.url}/fails`)).status, 500);
  const failed = await spanNamed('GET /fails');
  deepEqual([failed.status, failed.attributes['error.type']], [2, '500']);
  equal((await spanNamed('POST /orders/:id')).status, 0);
});

test('calls name their peer, carry the trace, and own spans keep to it', async () => {
  const answer = await fetch(`${service.url}/calls?peer=${sink.url}`);
  const { received } = (await answer.json()) as { received: string };
  const sent = await spanNamed('send');
  const receiving = await spanNamed('receive');
  equal(received, `00-${sent.traceId}-${receiving.spanId}-01`);
  deepEqual([sent.kind, receiving.kind, receiving.parentSpanId], [4, 5, sent.spanId]);
  const calls = sink.spans.filter(({ kind, parentSpanId }) => kind === 3 && parentSpanId === sent.spanId);
  equal(calls.length, 2, 'one by fetch, one by node:http');
  for (const { attributes } of calls) {
    deepEqual([attributes['peer.service'], attributes['service.peer.name']], ['warehouse', 'warehouse']);
  }
  const broken = await spanNamed('broken');
  deepEqual([broken.status, broken.attributes['error.type']], [2, 'TypeError']);
});

test('metrics come in the format asked for, with exemplars where that has them', async () => {
  const response = await fetch(`${service.url}/metrics`, { headers: OPENMETRICS });
  match(response.headers.get('content-type') ?? '', /^application\/openmetrics-text/);
  const text = await response.text();
  ok(text.endsWith('# EOF\n'));
  const orders = sink.spans.filter(({ name }) => name === 'POST /orders/:id');
  const bucket = text
    .split('\n')
    .filter((line) => line.includes('/orders/:id'))
    .find((line) => orders.some(({ traceId }) => line.includes(`# {trace_id="${traceId}"`)));
  match(present(bucket, text), /^http_server_request_duration_seconds_bucket\{.*http_request_method="POST"/);
  for (const name of [
    'http_server_request_duration_seconds_count',
    'nodejs_eventloop_delay_p99_seconds',
    'nodejs_eventloop_utilization_ratio',
    'v8js_memory_heap_used_bytes',
    'v8js_gc_duration_seconds_count',
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'otel_sdk_dropped_items_total',
  ]) {
    ok(text.includes(`\n${name}`), `${name} is missing`);
  }
  const plain = await fetch(`${service.url}/metrics`);
  match(plain.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const plainText = await plain.text();
  equal(/ # \{|# EOF/.test(plainText), false);
  match(plainText, /^# TYPE orders_total counter\norders_total\{id="7"\} 1$/m);
});

test('health is told and not traced; a misspelt variable is named once', async () => {
  equal((await fetch(`${service.url}/livez`)).status, 200);
  equal((await fetch(`${service.url}/readyz`)).status, 200);
  await fetch(`${service.url}/unready`);
  equal((await fetch(`${service.url}/readyz`)).status, 503);
  await spanNamed('GET /unready');
  const ours = sink.spans.filter(({ attributes }) =>
    ['/livez', '/readyz', '/metrics'].includes(String(attributes['url.path'])),
  );
  deepEqual(ours, []);
  equal(service.output().match(/OTEL_SERVCE_NAME/g)?.length, 1);
});

test('SIGTERM lets a request finish, closes what the service has open, and ends with 0', async (t) => {
  let tries = 0;
  await arriving(t, { bodies: 1, spans: 1 }, async () => {
    tries += 1;
    if (tries > 1) service = await startOrders();
    return stopAmidRequest();
  });
});

/** @returns what came of the request: a machine that stands still lets the stop's second pass, and it is cut */
async function stopAmidRequest(): Promise<Readonly<Record<'bodies' | 'spans', readonly unknown[]>>> {
  // Its head is sent at once: the service has the request, and is not through with it.
  const slow = await fetch(`${service.url}/slow`);
  equal(slow.status, 200);
  const status = service.stop('SIGTERM');
  const bodies = await slow.json().then(
    (body) => [body],
    () => [],
  );
  equal(await status, 0);
  match(service.output(), /"msg":"closed"[^]*"msg":"stopped"/);
  const spans = eachOnce(sink.spans).filter(
    ({ name, resource }) => name === 'GET /slow' && resource['process.pid'] === service.pid,
  );
  return { bodies, spans };
}

test('as Jaeger Thrift the same spans arrive, at an end by a signal too', async (t) => {
  const { spans } = await arriving(t, { spans: 1 }, stopLegacy);
  const [failed] = spans;
  deepEqual([failed?.name, failed?.kind, failed?.status], ['GET /fails', 2, 2]);
});

async function stopLegacy(): Promise<{ readonly spans: readonly SinkSpan[] }> {
  await using collector = await OtlpSink.start();
  await using legacy = await startService({
    OTEL_TRACES_EXPORTER: 'jaeger',
    OTEL_EXPORTER_JAEGER_ENDPOINT: `${collector.url}/api/traces`,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_SERVICE_NAME: 'legacy',
  });
  await fetch(`${legacy.url}/fails`);
  equal(await legacy.stop('SIGTERM'), 0);
  return {
    spans: eachOnce(collector.spans).filter(({ resource }) => resource['service.name'] === 'legacy'),
  };
}
