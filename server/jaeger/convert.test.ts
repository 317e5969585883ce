import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SpanId, TraceId } from '#signals/ids.ts';
import type { AttributeValue, Span } from '#signals/model.ts';
import { toJaegerTrace } from '#server/jaeger/convert.ts';

const TRACE = '0000000000000000000000000000abcd' as TraceId;

function text(key: string, value: string) {
  return { key, value: { kind: 'string', value } as const };
}

function span(more: Partial<Span> = {}): Span {
  return {
    id: 'n-1-1-0',
    traceId: TRACE,
    spanId: '00000000000000aa' as SpanId,
    parentSpanId: undefined,
    traceState: '',
    flags: 1,
    name: 'GET /',
    kind: 'server',
    startUnixNanos: 1_700_000_000_000_001_999n,
    endUnixNanos: 1_700_000_000_000_003_000n,
    statusCode: 'unset',
    statusMessage: '',
    attributes: [],
    events: [],
    links: [],
    resource: { attributes: [text('service.name', 'shop'), text('host.name', 'h')] },
    scope: { name: '', version: '', attributes: [] },
    ...more,
  };
}

function convert(more: Partial<Span>) {
  const [converted] = toJaegerTrace({ traceId: TRACE, spans: [span(more)] }).spans;
  assert.ok(converted);
  return converted;
}

test('ids, times in microseconds and the process', () => {
  assert.deepEqual(toJaegerTrace({ traceId: TRACE, spans: [span()] }), {
    traceID: TRACE,
    spans: [
      {
        traceID: TRACE,
        spanID: '00000000000000aa',
        processID: 'p1',
        operationName: 'GET /',
        flags: 1,
        startTime: 1_700_000_000_000_001,
        duration: 1,
        references: [],
        tags: [{ key: 'span.kind', type: 'string', value: 'server' }],
        logs: [],
        warnings: null,
      },
    ],
    processes: { p1: { serviceName: 'shop', tags: [{ key: 'host.name', type: 'string', value: 'h' }] } },
    warnings: null,
  });
});

test('fields of the span become the tags OpenTelemetry names', () => {
  const { tags } = convert({
    scope: { name: 'lib', version: '1.2', attributes: [] },
    statusCode: 'error',
    statusMessage: 'broken',
    traceState: 'a=b',
    kind: 'client',
    attributes: [text('error', 'timeout')],
  });
  assert.deepEqual(
    tags.map(({ key, type, value }) => [key, type, value]),
    [
      ['otel.scope.name', 'string', 'lib'],
      ['otel.scope.version', 'string', '1.2'],
      ['error', 'bool', true],
      ['span.kind', 'string', 'client'],
      ['otel.status_code', 'string', 'ERROR'],
      ['otel.status_description', 'string', 'broken'],
      ['w3c.tracestate', 'string', 'a=b'],
    ],
  );
  assert.deepEqual(convert({ kind: 'unspecified' }).tags, []);
  assert.deepEqual(convert({ statusCode: 'ok', kind: 'unspecified' }).tags, [
    { key: 'otel.status_code', type: 'string', value: 'OK' },
  ]);
});

const VALUES: readonly (readonly [AttributeValue, string, unknown])[] = [
  [{ kind: 'string', value: 'x' }, 'string', 'x'],
  [{ kind: 'bool', value: false }, 'bool', false],
  [{ kind: 'int', value: -5n }, 'int64', -5],
  [{ kind: 'int', value: 2n ** 63n - 1n }, 'int64', '9223372036854775807'],
  [{ kind: 'double', value: 1.5 }, 'float64', 1.5],
  [{ kind: 'double', value: Number.NaN }, 'float64', 'NaN'],
  [{ kind: 'bytes', value: Uint8Array.of(255, 0) }, 'binary', '/wA='],
  [{ kind: 'empty' }, 'string', ''],
  [
    {
      kind: 'array',
      value: [
        { kind: 'int', value: 1n },
        { kind: 'string', value: 'b' },
      ],
    },
    'string',
    '[1,"b"]',
  ],
  [{ kind: 'map', value: [{ key: 'k', value: { kind: 'bool', value: true } }] }, 'string', '{"k":true}'],
];

for (const [value, type, expected] of VALUES) {
  test(`an attribute of kind ${value.kind} (${String(expected)}) becomes a tag of type ${type}`, () => {
    const [tag] = convert({ kind: 'unspecified', attributes: [{ key: 'k', value }] }).tags;
    assert.deepEqual(tag, { key: 'k', type, value: expected });
  });
}

test('parent and links become references', () => {
  const link = { traceId: 'ff'.repeat(16) as TraceId, spanId: '11'.repeat(8) as SpanId };
  const { references } = convert({
    parentSpanId: '00000000000000bb' as SpanId,
    links: [
      { ...link, attributes: [] },
      { ...link, attributes: [text('opentracing.ref_type', 'child_of')] },
    ],
  });
  assert.deepEqual(
    references.map(({ refType, spanID }) => [refType, spanID]),
    [
      ['CHILD_OF', '00000000000000bb'],
      ['FOLLOWS_FROM', link.spanId],
      ['CHILD_OF', link.spanId],
    ],
  );
});

test('events become logs with their name as the field event', () => {
  const { logs } = convert({
    events: [{ unixNanos: 5_000_999n, name: 'exception', attributes: [text('exception.type', 'E')] }],
  });
  assert.deepEqual(logs, [
    {
      timestamp: 5000,
      fields: [
        { key: 'event', type: 'string', value: 'exception' },
        { key: 'exception.type', type: 'string', value: 'E' },
      ],
    },
  ]);
});

test('equal resources are one process, a resource without a name is unknown_service', () => {
  const unnamed = { attributes: [text('host.name', 'h')] };
  const trace = toJaegerTrace({ traceId: TRACE, spans: [span(), span({ resource: unnamed }), span()] });
  assert.deepEqual(
    trace.spans.map(({ processID }) => processID),
    ['p1', 'p2', 'p1'],
  );
  assert.equal(trace.processes['p2']?.serviceName, 'unknown_service');
});

test('what is odd is said: a span that ends before it starts, a trace that was cut', () => {
  const backwards = span({ endUnixNanos: 1n });
  const trace = toJaegerTrace({ traceId: TRACE, spans: [backwards], truncated: true });
  assert.equal(trace.spans[0]?.duration, 0);
  assert.match(trace.spans[0]?.warnings?.[0] ?? '', /ends before it starts/);
  assert.match(trace.warnings?.[0] ?? '', /more than the 1 spans/);
});
