/**
 * The Jaeger receiver: the last exporter of its line against it over HTTP and
 * UDP, what HTTP answers, what UDP drops.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type Span } from '@opentelemetry/api';
import { JaegerExporter } from '@opentelemetry/exporter-jaeger';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { CodedError } from '#base/errors.ts';
import { present } from '#base/invariant.ts';
import { silentLogger } from '#base/log.ts';
import { systemClock } from '#base/real/clock.ts';
import { createMeter, type CollectingMeter } from '#base/real/metrics.ts';
import { systemRandom } from '#base/real/random.ts';
import { JAEGER_HTTP_DEFAULT, type JaegerConfig } from '#collector/receivers/jaeger-thrift/config.ts';
import { startJaeger, type JaegerReceiver } from '#collector/receivers/jaeger-thrift/start.ts';
import type { JournalWriter, RecordDraft } from '#journal/ports.ts';
import { decodeSpan } from '#signals/otlp/decode.ts';
import { scanSpans } from '#signals/otlp/scan-traces.ts';
import type { Attribute, Span as StoredSpan } from '#signals/model.ts';
import { ask, rawRequest } from '#test/support/raw-http.ts';
import { binaryThrift, compactThrift, jaegerBatch, struct } from '#test/support/thrift.ts';
import { until } from '#test/support/wait.ts';

const LOCAL = { host: '127.0.0.1', port: 0 };
const UDP = { endpoint: LOCAL, packetsMax: 4, packetBytesMax: 65_000, socketBufferBytes: undefined };
const CONFIG: JaegerConfig = {
  http: { ...JAEGER_HTTP_DEFAULT, endpoint: LOCAL, bodyBytesMax: 100_000, inFlightBytesMax: 1_000_000 },
  compact: UDP,
  binary: UDP,
};
const THRIFT = { 'content-type': 'application/x-thrift' };
const BATCH = binaryThrift.value(jaegerBatch('billing', [{ name: 'one' }, { name: 'two' }]));
const RECORD = { node: 'n', epoch: 1, sequence: 1 };

interface World extends AsyncDisposable {
  readonly receiver: JaegerReceiver;
  readonly drafts: RecordDraft[];
  readonly meter: CollectingMeter;
}

interface WorldOptions {
  readonly append?: () => Promise<void>;
  readonly apiKey?: string;
  readonly refusalNow?: () => CodedError | undefined;
}

async function open(options: WorldOptions = {}): Promise<World> {
  const drafts: RecordDraft[] = [];
  const meter = createMeter();
  const append: JournalWriter['append'] = async (draft) => {
    await options.append?.();
    drafts.push(draft);
    return { id: RECORD, partition: 0, offset: 0 };
  };
  const receiver = await startJaeger({
    config: CONFIG,
    apiKey: options.apiKey,
    journal: { append },
    refusalNow: options.refusalNow ?? (() => undefined),
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    meter,
  });
  return { receiver, drafts, meter, [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose]() };
}

function urlOf({ receiver }: World): string {
  return present(receiver.httpUrl, 'HTTP is configured');
}

function spansOf(drafts: readonly RecordDraft[]): StoredSpan[] {
  return drafts.flatMap(({ body }) => {
    const columns = scanSpans(body);
    return Array.from({ length: columns.count }, (_, ordinal) => decodeSpan(columns, ordinal, RECORD));
  });
}

async function sample(meter: CollectingMeter, name: string, label: string): Promise<number> {
  const family = (await meter.collect()).find((one) => one.name === name);
  const samples = family?.samples.filter(({ labels }) => Object.values(labels).includes(label)) ?? [];
  return samples.reduce((sum, { value }) => sum + value, 0);
}

/** Numbers come back as doubles: the exporter knows no integers. */
function plain(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.kind === 'empty' ? undefined : value.value]),
  );
}

const TRANSPORTS = ['http', 'udp'] as const;
for (const transport of TRANSPORTS) {
  test(`the exporter over ${transport}: ids, times, attributes, events, links and status arrive`, async () => {
    await using world = await open();
    const port = present(world.receiver.addresses.binary, 'UDP is configured').port;
    const exporter = new JaegerExporter(
      transport === 'http' ? { endpoint: `${urlOf(world)}/api/traces` } : { host: '127.0.0.1', port },
    );
    const provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'billing', 'service.version': '1.2' }),
      spanProcessors: [new SimpleSpanProcessor({ exporter })],
    });
    const sent = work(provider);
    await until('both spans', () => spansOf(world.drafts).length === 2 || undefined, { timeoutMs: 5000 });
    await provider.shutdown();
    const [child, root] = spansOf(world.drafts);
    compare(present(root, 'the root'), present(child, 'the child'), sent);
  });
}

interface Sent {
  readonly root: Span;
  readonly child: Span;
}

const OTHER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const START = 1_800_000_000_000;

function work(provider: TracerProvider): Sent {
  const tracer = provider.getTracer('billing', '3.1');
  const root = tracer.startSpan('POST /invoices', { kind: SpanKind.SERVER, startTime: START });
  const links = [{ context: { ...OTHER, traceFlags: TraceFlags.SAMPLED } }];
  const options = { kind: SpanKind.CLIENT, startTime: START + 1, links };
  const child = tracer.startSpan('write', options, trace.setSpan(ROOT_CONTEXT, root));
  child.setAttributes({ 'db.system': 'sqlite', rows: 3, cached: false, carriers: ['a', 'b'] });
  child.addEvent('retry', { attempt: 2 }, START + 2);
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'locked' });
  child.end(START + 5);
  root.setStatus({ code: SpanStatusCode.OK });
  root.end(START + 9);
  return { root, child };
}

function compare(root: StoredSpan, child: StoredSpan, sent: Sent): void {
  equal(child.traceId, sent.root.spanContext().traceId);
  deepEqual([child.spanId, child.parentSpanId], [sent.child.spanContext().spanId, root.spanId]);
  deepEqual([root.spanId, root.parentSpanId], [sent.root.spanContext().spanId, undefined]);
  deepEqual([root.name, root.kind, root.statusCode], ['POST /invoices', 'server', 'ok']);
  deepEqual([child.name, child.kind, child.statusCode], ['write', 'client', 'error']);
  equal(child.statusMessage, 'locked');
  deepEqual(
    [child.startUnixNanos, child.endUnixNanos].map((nanos) => Number(nanos / 1_000_000n)),
    [START + 1, START + 5],
  );
  deepEqual(plain(child.resource.attributes), { 'service.name': 'billing' });
  deepEqual([child.scope.name, child.scope.version], ['billing', '3.1']);
  const { rows, cached, carriers, ...others } = plain(child.attributes);
  deepEqual([rows, cached, carriers], [3, false, 'a,b']);
  deepEqual([others['db.system'], others['service.version']], ['sqlite', '1.2']);
  const [event] = child.events;
  deepEqual([event?.name, event?.unixNanos], ['retry', BigInt(START + 2) * 1_000_000n]);
  deepEqual(plain(event?.attributes ?? []), { attempt: 2 });
  deepEqual(
    child.links.map(({ traceId, spanId }) => ({ traceId: String(traceId), spanId: String(spanId) })),
    [OTHER],
  );
}

test('202 after the journal, and the spans are counted', async () => {
  const gate = Promise.withResolvers<void>();
  await using world = await open({ append: () => gate.promise });
  let answered = false;
  const answer = ask(urlOf(world), rawRequest('/api/traces?format=jaeger.thrift', THRIFT, BATCH)).then(
    (got) => {
      answered = true;
      return got;
    },
  );
  await systemSleep(50);
  equal(answered, false, 'not durable, not answered');
  gate.resolve();
  equal((await answer)?.status, 202);
  deepEqual([world.drafts[0]?.kind, world.drafts[0]?.items], ['otlp-traces', 2]);
  equal(await sample(world.meter, 'otelcol_receiver_accepted_spans_total', 'jaeger'), 2);
});

test('gzip and the other media type are taken, a batch without spans makes no record', async () => {
  await using world = await open();
  const send = async (headers: Record<string, string>, body: Uint8Array): Promise<number | undefined> =>
    (await ask(urlOf(world), rawRequest('/api/traces', headers, body)))?.status;
  const type = { 'content-type': 'application/vnd.apache.thrift.binary' };
  equal(await send(type, BATCH), 202);
  equal(await send({ ...THRIFT, 'content-encoding': 'gzip' }, gzipSync(BATCH)), 202);
  equal(await send(THRIFT, binaryThrift.value(jaegerBatch('billing', []))), 202);
  equal(world.drafts.length, 2);
});

const REFUSALS: readonly (readonly [
  name: string,
  status: number,
  code: string,
  target: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
])[] = [
  ['another path', 404, 'PLIM_NOT_FOUND', '/api/v2/spans', THRIFT, BATCH],
  ['JSON', 415, 'PLIM_MEDIA_TYPE', '/api/traces', { 'content-type': 'application/json' }, BATCH],
  ['no batch', 400, 'PLIM_BODY_MALFORMED', '/api/traces', THRIFT, Buffer.from('{}')],
  ['too large', 413, 'PLIM_BODY_TOO_LARGE', '/api/traces', THRIFT, Buffer.alloc(100_001)],
  [
    'a web page',
    403,
    'PLIM_ORIGIN_REFUSED',
    '/api/traces',
    { ...THRIFT, origin: 'http://evil.example' },
    BATCH,
  ],
  ['another host', 403, 'PLIM_HOST_REFUSED', '/api/traces', { ...THRIFT, host: 'evil.example' }, BATCH],
];

test('refusals say their code in a line of text', async () => {
  await using world = await open();
  for (const [name, status, code, target, headers, body] of REFUSALS) {
    const response = await ask(urlOf(world), rawRequest(target, headers, body));
    equal(response?.status, status, name);
    match(response.body.toString(), new RegExp(`^${code}: .+\n$`), name);
    equal(await sample(world.meter, 'plimsoll_receiver_refused_requests_total', code), 1, name);
  }
  deepEqual(world.drafts, []);
});

test('a full journal and a consumer behind are told with Retry-After; a key is asked for', async () => {
  const full = new CodedError('PLIM_JOURNAL_FULL', 'full');
  const behind = new CodedError('PLIM_OVERLOADED', 'behind');
  for (const [options, status] of [
    [{ append: () => Promise.reject(full) }, 429],
    [{ refusalNow: () => behind }, 503],
  ] as const) {
    await using world = await open(options);
    const response = await ask(urlOf(world), rawRequest('/api/traces', THRIFT, BATCH));
    equal(response?.status, status);
    match(response.headers['retry-after'] ?? '', /^[1-9]\d*$/);
  }
  await using guarded = await open({ apiKey: 'a-long-key' });
  equal((await ask(urlOf(guarded), rawRequest('/api/traces', THRIFT, BATCH)))?.status, 401);
  const headers = { ...THRIFT, authorization: 'Bearer a-long-key' };
  equal((await ask(urlOf(guarded), rawRequest('/api/traces', headers, BATCH)))?.status, 202);
});

async function sendPackets(port: number, packets: readonly Uint8Array[]): Promise<void> {
  const socket = createSocket('udp4');
  for (const packet of packets) {
    await new Promise<void>((resolve, reject) =>
      socket.send(packet, port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error))),
    );
  }
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}

test('packets of both protocols arrive; damaged and too large ones are counted', async () => {
  await using world = await open();
  const { compact, binary } = world.receiver.addresses;
  const call = struct([1, jaegerBatch('billing', [{ name: 'packet' }])]);
  const large = struct([1, jaegerBatch('billing', [{ name: 'x'.repeat(65_200) }])]);
  await sendPackets(present(compact, 'configured').port, [
    compactThrift.message('emitBatch', call),
    binaryThrift.message('emitBatch', call),
    compactThrift.message('emitBatch', large),
  ]);
  await sendPackets(present(binary, 'configured').port, [
    binaryThrift.message('emitBatch', call),
    Buffer.alloc(0),
  ]);
  const dropped = async (label: string): Promise<number> =>
    sample(world.meter, 'plimsoll_receiver_dropped_packets_total', label);
  await until(
    'all five packets',
    async () => (world.drafts.length === 2 && (await dropped('jaeger')) === 3) || undefined,
    { timeoutMs: 5000, detail: () => String(world.drafts.length) },
  );
  deepEqual(
    spansOf(world.drafts).map(({ name }) => name),
    ['packet', 'packet'],
  );
  deepEqual([await dropped('PLIM_BODY_MALFORMED'), await dropped('PLIM_BODY_TOO_LARGE')], [2, 1]);
  equal(await sample(world.meter, 'otelcol_receiver_accepted_spans_total', 'udp'), 2);
});

test('packets beyond those in work are dropped and counted, and stopping waits for the rest', async () => {
  const gate = Promise.withResolvers<void>();
  const world = await open({ append: () => gate.promise });
  const packet = compactThrift.message('emitBatch', struct([1, jaegerBatch('billing', [{}])]));
  const port = present(world.receiver.addresses.compact, 'configured').port;
  await sendPackets(
    port,
    Array.from({ length: 7 }, () => packet),
  );
  const overloaded = (): Promise<number> =>
    sample(world.meter, 'plimsoll_receiver_dropped_packets_total', 'PLIM_OVERLOADED');
  await until('three to be dropped', async () => ((await overloaded()) === 3 ? true : undefined), {
    timeoutMs: 5000,
  });
  const stopped = world[Symbol.asyncDispose]();
  gate.resolve();
  await stopped;
  equal(world.drafts.length, 4);
});

test('a taken port is one sentence that names what to change, and nothing is left listening', async () => {
  await using world = await open();
  const { http, compact } = world.receiver.addresses;
  const again = (config: JaegerConfig): Promise<JaegerReceiver> =>
    startJaeger({
      config,
      journal: { append: () => Promise.reject(new Error('nothing comes')) },
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
      meter: createMeter(),
    });
  const base = present(CONFIG.http, 'configured');
  const taken: readonly (readonly [JaegerConfig, RegExp])[] = [
    [{ ...CONFIG, http: { ...base, endpoint: present(http, 'on') } }, /--jaeger-http/],
    [
      { ...CONFIG, compact: { ...UDP, endpoint: present(compact, 'on') } },
      /protocols\.thrift_compact\.endpoint/,
    ],
  ];
  for (const [config, names] of taken) {
    const error = await again(config).catch((reason: unknown) => reason);
    ok(error instanceof CodedError && error.code === 'PLIM_PORT_IN_USE');
    match(error.message, names);
  }
});

test('what is not configured is off', async () => {
  const receiver = await startJaeger({
    config: { http: undefined, compact: undefined, binary: undefined },
    journal: { append: () => Promise.reject(new Error('nothing comes')) },
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    meter: createMeter(),
  });
  await using _ = receiver;
  deepEqual(receiver.addresses, { http: undefined, compact: undefined, binary: undefined });
});

function systemSleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
