/** Jaeger's Thrift as OTLP: the mapping, both protocols alike, and damage of every kind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CodedError, isCoded } from '#base/errors.ts';
import { SPAN_ELEMENTS_MAX } from '#signals/jaeger/batch.ts';
import { decodeHttpBatch, decodePacket } from '#signals/jaeger/decode.ts';
import { admitTraces } from '#signals/otlp/admit.ts';
import { TracesRequest } from '#test/support/otlp-proto.ts';
import {
  binary,
  binaryThrift,
  bool,
  compactThrift,
  i32,
  i64,
  jaegerBatch,
  jaegerSpan,
  list,
  struct,
  type JaegerSpanInput,
  type TagInput,
  type ThriftValue,
} from '#test/support/thrift.ts';

interface Decoded {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Plain[] };
    readonly scopeSpans: readonly { readonly scope?: Plain; readonly spans: readonly Plain[] }[];
  }[];
}
type Plain = Readonly<Record<string, unknown>>;

/** As an independent reader sees it. */
function read(body: Uint8Array): Decoded {
  const message = TracesRequest.decode(body);
  return TracesRequest.toObject(message, { longs: String, bytes: hex }) as Decoded;
}

/** protobufjs takes a constructor for bytes; given none it gives arrays. */
const hex = Array;

function httpBatch(
  spans: readonly JaegerSpanInput[],
  tags: Readonly<Record<string, TagInput>> = {},
): ReturnType<typeof decodeHttpBatch> {
  return decodeHttpBatch(binaryThrift.value(jaegerBatch('billing', spans, tags)));
}

/** The one span of a batch, its attributes by key. */
function one(span: JaegerSpanInput): {
  readonly span: Plain;
  readonly attributes: Plain;
  readonly scope: Plain;
} {
  const [entry] = read(httpBatch([span]).body).resourceSpans;
  const [scopeSpans] = entry?.scopeSpans ?? [];
  const [decoded = {}] = scopeSpans?.spans ?? [];
  return { span: decoded, attributes: byKey(decoded['attributes']), scope: scopeSpans?.scope ?? {} };
}

function byKey(attributes: unknown): Plain {
  const list = (attributes ?? []) as readonly { key?: string; value?: Plain }[];
  return Object.fromEntries(list.map(({ key = '', value = {} }) => [key, Object.values(value)[0]]));
}

function idText(bytes: unknown): string {
  return Buffer.from(bytes as number[]).toString('hex');
}

test('ids, times, name, parent and sampling', () => {
  const { span } = one({
    traceIdHigh: 0x0af7651916cd43ddn,
    traceIdLow: -1n,
    spanId: -2n,
    parentSpanId: 5n,
    name: 'invoice',
    startMicros: 1_800_000_000_123_456n,
    durationMicros: 1001n,
  });
  assert.equal(idText(span['traceId']), '0af7651916cd43ddffffffffffffffff');
  assert.equal(idText(span['spanId']), 'fffffffffffffffe');
  assert.equal(idText(span['parentSpanId']), '0000000000000005');
  assert.equal(span['name'], 'invoice');
  assert.equal(span['startTimeUnixNano'], '1800000000123456000');
  assert.equal(span['endTimeUnixNano'], '1800000000124457000');
  assert.equal(span['flags'], 1);
});

test('64-bit trace ids keep their place; times outside of what OTLP holds become the nearest', () => {
  const { span } = one({
    traceIdHigh: 0n,
    traceIdLow: 7n,
    startMicros: -5n,
    durationMicros: 2n ** 63n - 1n,
    flags: 0,
  });
  assert.equal(idText(span['traceId']), `${'0'.repeat(31)}7`);
  assert.deepEqual(
    [span['startTimeUnixNano'] ?? '0', span['endTimeUnixNano']],
    ['0', String(2n ** 64n - 1n)],
  );
  assert.equal(span['flags'], undefined);
});

test('tags become attributes of their type', () => {
  const { attributes } = one({
    tags: { text: 'ß', whole: 42n, part: 0.5, yes: true, no: false, raw: Buffer.from([0, 255]), empty: '' },
  });
  assert.deepEqual(attributes, {
    text: 'ß',
    whole: '42',
    part: 0.5,
    yes: true,
    no: false,
    raw: [0, 255],
    empty: '',
  });
});

const KINDS = ['internal', 'server', 'client', 'producer', 'consumer'];

test('kind comes from its tag; a kind nobody knows stays an attribute', () => {
  for (const [index, kind] of KINDS.entries()) {
    const { span, attributes } = one({ tags: { 'span.kind': kind } });
    assert.equal(span['kind'], index + 1);
    assert.deepEqual(attributes, {});
  }
  const { span, attributes } = one({ tags: { 'span.kind': 'broker' } });
  assert.deepEqual([span['kind'], attributes], [undefined, { 'span.kind': 'broker' }]);
});

const STATUSES: readonly (readonly [
  tags: Readonly<Record<string, TagInput>>,
  code: number | undefined,
  message: string | undefined,
  left: readonly string[],
])[] = [
  [{}, undefined, undefined, []],
  [{ error: true }, 2, undefined, []],
  [{ error: 'TRUE' }, 2, undefined, []],
  [{ error: false }, undefined, undefined, ['error']],
  [{ error: 'refused' }, undefined, undefined, ['error']],
  [{ error: true, 'otel.status_code': 'OK', 'otel.status_description': 'no' }, 2, 'no', []],
  [{ error: true, 'http.status_message': 'gone' }, 2, 'gone', ['http.status_message']],
  [{ 'otel.status_code': 'OK' }, 1, undefined, []],
  [{ 'otel.status_code': 'ERROR', 'otel.status_description': 'late' }, 2, 'late', []],
  [{ 'otel.status_code': 'odd' }, undefined, undefined, ['otel.status_code']],
  [{ 'otel.status_description': 'x' }, undefined, undefined, ['otel.status_description']],
  [{ 'http.status_code': 500n }, 2, undefined, ['http.status_code']],
  [{ 'http.status_code': '503' }, 2, undefined, ['http.status_code']],
  [{ 'http.status_code': 404, 'span.kind': 'client' }, 2, undefined, ['http.status_code']],
  [{ 'http.status_code': 404, 'span.kind': 'server' }, undefined, undefined, ['http.status_code']],
  [{ 'http.status_code': 200 }, undefined, undefined, ['http.status_code']],
  [{ 'http.status_code': 500n, 'otel.status_code': 'OK' }, 1, undefined, ['http.status_code']],
];

test('status: the error tag, then what OpenTelemetry wrote, then HTTP', () => {
  for (const [tags, code, message, left] of STATUSES) {
    const { span, attributes } = one({ tags });
    const status = (span['status'] ?? {}) as Plain;
    assert.deepEqual(
      [status['code'], status['message'], Object.keys(attributes)],
      [code, message, left],
      JSON.stringify(Object.keys(tags)),
    );
  }
});

test('scope, trace state and counts of the dropped leave the tags', () => {
  const { span, scope, attributes } = one({
    tags: {
      'otel.library.name': 'express',
      'otel.scope.version': '5',
      'w3c.tracestate': 'a=b',
      'otel.dropped_attributes_count': 3,
      'otel.dropped_events_count': 4n,
      'otel.dropped_links_count': -1,
    },
  });
  assert.deepEqual([scope['name'], scope['version']], ['express', '5']);
  assert.deepEqual(
    [
      span['traceState'],
      span['droppedAttributesCount'],
      span['droppedEventsCount'],
      span['droppedLinksCount'],
    ],
    ['a=b', 3, 4, undefined],
  );
  assert.deepEqual(attributes, { 'otel.dropped_links_count': -1 });
});

test('spans keep their order, a run of one scope together', () => {
  const names = ['a', 'a', 'b', '', 'a'];
  const { body, spans } = httpBatch(
    names.map((scope, index) => ({
      name: String(index),
      ...(scope === '' ? {} : { tags: { 'otel.scope.name': scope } }),
    })),
  );
  assert.equal(spans, 5);
  const [entry] = read(body).resourceSpans;
  assert.deepEqual(
    entry?.scopeSpans.map(({ scope, spans: inside }) => [
      scope?.['name'],
      inside.map((span) => span['name']),
    ]),
    [
      ['a', ['0', '1']],
      ['b', ['2']],
      [undefined, ['3']],
      ['a', ['4']],
    ],
  );
});

test('logs become events, named by their field event', () => {
  const { span } = one({
    logs: [
      {
        timestampMicros: 7n,
        fields: { event: 'retry', attempt: 2n, 'otel.event.dropped_attributes_count': 5 },
      },
      { timestampMicros: 8n, fields: { message: 'plain' } },
      { timestampMicros: 9n, fields: { event: 12n } },
    ],
  });
  const events = span['events'] as readonly Plain[];
  assert.deepEqual(
    events.map((event) => [event['timeUnixNano'], event['name'], byKey(event['attributes'])]),
    [
      ['7000', 'retry', { attempt: '2' }],
      ['8000', undefined, { message: 'plain' }],
      ['9000', undefined, { event: '12' }],
    ],
  );
  assert.equal(events[0]?.['droppedAttributesCount'], 5);
});

test('references: the parent where no other says it, else links with their kind', () => {
  const own = { traceIdHigh: 1n, traceIdLow: 2n };
  const references = [
    { kind: 1, ...own, spanId: 8n },
    { kind: 0, ...own, spanId: 9n },
    { kind: 0, traceIdHigh: 0n, traceIdLow: 4n, spanId: 10n },
    { kind: 0, traceIdHigh: 0n, traceIdLow: 0n, spanId: 10n },
  ] as const;
  const { span } = one({ references });
  assert.equal(idText(span['parentSpanId']), '0000000000000009');
  const links = span['links'] as readonly Plain[];
  assert.deepEqual(
    links.map((link) => [idText(link['spanId']), byKey(link['attributes'])['opentracing.ref_type']]),
    [
      ['0000000000000008', 'follows_from'],
      ['000000000000000a', 'child_of'],
    ],
  );
  const follower = one({ references: references.slice(0, 1) });
  assert.equal(idText(follower.span['parentSpanId']), '0000000000000008');
  const foreign = one({ references: references.slice(2, 3) });
  assert.equal(foreign.span['parentSpanId'], undefined);
});

test('the process is the resource', () => {
  const [entry] = read(
    httpBatch([{}], { hostname: 'h1', ip: '10.0.0.1', 'jaeger.version': 'Node' }).body,
  ).resourceSpans;
  assert.deepEqual(byKey(entry?.resource.attributes), {
    'service.name': 'billing',
    'host.name': 'h1',
    ip: '10.0.0.1',
    'jaeger.version': 'Node',
  });
  const [other] = read(
    httpBatch([{}], { 'service.name': 'own', hostname: 'a', 'host.name': 'b' }).body,
  ).resourceSpans;
  assert.deepEqual(byKey(other?.resource.attributes), {
    'service.name': 'own',
    hostname: 'a',
    'host.name': 'b',
  });
});

test('keys of the prototype are keys like any other', () => {
  const keys = ['__proto__', 'constructor', 'toString'];
  const tags = Object.fromEntries(keys.map((key) => [key, 'x']));
  const [entry] = read(httpBatch([{ tags }], tags).body).resourceSpans;
  const found = (entry?.resource.attributes ?? []).map((attribute) => attribute['key']);
  assert.deepEqual(found, ['service.name', ...Object.keys(tags)]);
});

test('spans without ids are left out and counted', () => {
  const none = { traceIdHigh: 0n, traceIdLow: 0n };
  const { body, spans, rejected } = httpBatch([none, { name: 'good' }, { spanId: 0n }]);
  assert.deepEqual([spans, rejected], [1, 2]);
  assert.equal(read(body).resourceSpans[0]?.scopeSpans[0]?.spans[0]?.['name'], 'good');
  assert.deepEqual(httpBatch([none]), { body: new Uint8Array(0), spans: 0, rejected: 1 });
});

test('fields may come in any order, and unknown ones are passed over', () => {
  const deep: ThriftValue = struct(
    [1, list([list([bool(true), bool(false)])])],
    [
      2,
      {
        type: 'map',
        value: [[binary('k'), { type: 'set', element: 'i16', value: [{ type: 'i16', value: -3 }] }]],
      },
    ],
    [900, { type: 'byte', value: 4 }],
    [901, { type: 'map', value: [] }],
    [902, list([])],
  );
  const process = struct([2, list([])], [1, binary('billing')], [77, deep]);
  const span = jaegerSpan({ name: 'kept' });
  assert.ok(span.type === 'struct');
  const spans = list([struct([99, deep], ...span.value.toReversed(), [-4, bool(true)], [100, i64(-9n)])]);
  const batch = struct([5, deep], [2, spans], [1, process]);
  for (const [protocol, writer] of [
    ['binary', binaryThrift],
    ['compact', compactThrift],
  ] as const) {
    const { body } = decodePacket(writer.message('emitBatch', struct([9, deep], [1, batch])), protocol);
    const [entry] = read(body).resourceSpans;
    assert.equal(entry?.scopeSpans[0]?.spans[0]?.['name'], 'kept', protocol);
    assert.deepEqual(byKey(entry.resource.attributes), { 'service.name': 'billing' }, protocol);
  }
});

test('the old form of a binary message is read too', () => {
  const strict = binaryThrift.message('emitBatch', struct([1, jaegerBatch('s', [{}])]));
  const old = Buffer.concat([strict.subarray(4, 17), Buffer.from([4]), strict.subarray(17)]);
  assert.equal(decodePacket(old, 'binary').spans, 1);
});

function problem(decode: () => unknown): string {
  try {
    decode();
  } catch (error) {
    if (isCoded(error, 'PLIM_BODY_MALFORMED')) return error.message;
    throw error;
  }
  return 'no problem';
}

const nested = (depth: number): ThriftValue => (depth === 0 ? bool(true) : list([nested(depth - 1)]));
const batchOf = (spans: ThriftValue): ThriftValue => struct([1, struct([1, binary('s')])], [2, spans]);

test('what is no batch is refused with the reason', () => {
  const http = (value: ThriftValue): string => problem(() => decodeHttpBatch(binaryThrift.value(value)));
  assert.match(http(struct([2, list([])])), /no process/);
  assert.match(http(batchOf(list([i32(1)]))), /spans are not structs/);
  assert.match(http(batchOf(list([struct([10, list([bool(true)])])]))), /elements are not structs/);
  assert.match(http(batchOf(list([struct([10, list([struct([2, i32(0)])])])]))), /no key/);
  assert.match(http(batchOf(list([struct([10, list([struct([1, binary('k')])])])]))), /no type/);
  assert.match(
    http(batchOf(list([struct([10, list([struct([1, binary('k')], [2, i32(9)])])])]))),
    /tag type 9/,
  );
  assert.match(http(batchOf(list([struct([11, list([struct([2, list([])])])])]))), /no timestamp/);
  assert.match(http(struct([7, nested(100)])), /nest more than 64/);
  assert.match(
    problem(() => decodeHttpBatch(new Uint8Array(0))),
    /runs past the end/,
  );
  assert.match(
    problem(() => decodeHttpBatch(Buffer.from('{"spans":[]}'))),
    /type 123 is not known/,
  );
  for (const [protocol, writer] of [
    ['binary', binaryThrift],
    ['compact', compactThrift],
  ] as const) {
    const packet = (name: string, body: ThriftValue, kind?: number): string =>
      problem(() => decodePacket(writer.message(name, body, kind), protocol));
    assert.match(packet('emitZipkinBatch', struct()), /only emitBatch is taken, got emitZipkinBatch/);
    assert.match(packet('emitBatch', struct()), /no batch/);
    assert.match(packet('emitBatch', struct(), 2), /kind reply/);
    assert.match(packet('emitBatch', struct(), 7), /kind 7 is not known/);
  }
  assert.match(
    problem(() => decodePacket(Buffer.from('GET / HTTP/1.1'), 'compact')),
    /not the compact protocol/,
  );
});

test('a count or a length beyond the bytes allocates nothing', () => {
  const huge = Buffer.from([0x0f, 0, 2, 0x0c, 0x7f, 0xff, 0xff, 0xff]);
  assert.match(
    problem(() => decodeHttpBatch(huge)),
    /2147483647 elements runs past the end/,
  );
  const negative = Buffer.from([0x0f, 0, 2, 0x0c, 0xff, 0xff, 0xff, 0xff]);
  assert.match(
    problem(() => decodeHttpBatch(negative)),
    /-1 elements/,
  );
  const many = list(Array.from({ length: SPAN_ELEMENTS_MAX + 1 }, () => struct()));
  assert.match(
    problem(() => decodeHttpBatch(binaryThrift.value(batchOf(list([struct([6, many])]))))),
    /more than 100000 tags/,
  );
});

const word = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const tagValue = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.double(),
  word,
  fc.boolean(),
  fc.uint8Array({ maxLength: 9 }),
);
const tags = fc.dictionary(
  fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom('error', 'span.kind', 'otel.status_code', 'http.status_code'),
  ),
  tagValue,
  { maxKeys: 6 },
);
const drawnSpan: fc.Arbitrary<JaegerSpanInput> = fc.record({
  traceIdHigh: word,
  traceIdLow: word,
  spanId: word,
  parentSpanId: word,
  name: fc.string({ maxLength: 12 }),
  flags: fc.nat({ max: 3 }),
  startMicros: word,
  durationMicros: word,
  tags,
  references: fc.array(
    fc.record({ kind: fc.constantFrom(0, 1), traceIdHigh: word, traceIdLow: word, spanId: word }),
    { maxLength: 2 },
  ),
  logs: fc.array(fc.record({ timestampMicros: word, fields: tags }), { maxLength: 2 }),
});
const drawnBatch = fc
  .tuple(fc.string({ maxLength: 8 }), fc.array(drawnSpan, { maxLength: 3 }), tags)
  .map(([service, spans, processTags]) => jaegerBatch(service, spans, processTags));

test('both protocols and HTTP give the same bytes, and the door of OTLP lets them in', () => {
  fc.assert(
    fc.property(drawnBatch, (batch) => {
      const http = decodeHttpBatch(binaryThrift.value(batch));
      const call = struct([1, batch]);
      assert.deepEqual(decodePacket(binaryThrift.message('emitBatch', call), 'binary'), http);
      assert.deepEqual(decodePacket(compactThrift.message('emitBatch', call), 'compact'), http);
      const admitted = admitTraces(http.body);
      assert.deepEqual([admitted.items, admitted.rejected], [http.spans, 0]);
    }),
    { numRuns: 40 },
  );
});

test('damage gives a coded error or a body the door lets in', () => {
  const damaged = fc.tuple(
    drawnBatch,
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
    fc.nat(),
  );
  fc.assert(
    fc.property(damaged, ([batch, flips, cut]) => {
      for (const [protocol, writer] of [
        ['binary', binaryThrift],
        ['compact', compactThrift],
      ] as const) {
        const bytes = writer.message('emitBatch', struct([1, batch]));
        for (const [at, value] of flips) bytes[at % bytes.length] = value;
        for (const packet of [bytes, bytes.subarray(0, cut % bytes.length)]) checkDamaged(packet, protocol);
      }
    }),
    { numRuns: 100 },
  );
});

function checkDamaged(packet: Uint8Array, protocol: 'binary' | 'compact'): void {
  try {
    const { body, spans } = decodePacket(packet, protocol);
    assert.equal(admitTraces(body).items, spans);
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'PLIM_BODY_MALFORMED') throw error;
  }
}
