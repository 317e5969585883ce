import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { documentToJson } from '#signals/elasticsearch/document-json.ts';
import {
  dataStreamName,
  logDocument,
  LOGS_STREAM,
  spanDocument,
  timeText,
} from '#signals/elasticsearch/documents.ts';
import type { SpanId, TraceId } from '#signals/ids.ts';
import type { LogRecord, Span } from '#signals/model.ts';

const RESOURCE = {
  attributes: [{ key: 'service.name', value: { kind: 'string', value: 'quotes' } as const }],
};
const SCOPE = { name: 'http', version: '', attributes: [] };
const LOG: LogRecord = {
  id: 'n-1-1-0',
  unixNanos: 1_767_225_600_000_123_456n,
  observedUnixNanos: 1_767_225_601_000_000_000n,
  severityNumber: 17,
  severityText: 'ERROR',
  eventName: '',
  body: { kind: 'string', value: 'no carrier' },
  traceId: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' as TraceId,
  spanId: undefined,
  attributes: [
    { key: '__proto__', value: { kind: 'int', value: 9_007_199_254_740_993n } },
    { key: 'load', value: { kind: 'double', value: 2 } },
    { key: 'load', value: { kind: 'double', value: Number.NaN } },
    { key: 'ratio', value: { kind: 'double', value: 2 } },
    {
      key: 'list',
      value: {
        kind: 'array',
        value: [
          { kind: 'bool', value: true },
          { kind: 'bytes', value: Uint8Array.of(1) },
        ],
      },
    },
  ],
  resource: RESOURCE,
  scope: SCOPE,
};
const SPAN: Span = {
  id: 'n-1-2-0',
  traceId: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' as TraceId,
  spanId: 'bbbbbbbbbbbbbbbb' as SpanId,
  parentSpanId: undefined,
  traceState: '',
  flags: 1,
  name: 'GET /',
  kind: 'server',
  startUnixNanos: 1_767_225_600_000_000_001n,
  endUnixNanos: 1_767_225_600_000_000_051n,
  statusCode: 'error',
  statusMessage: 'gone',
  attributes: [],
  events: [{ unixNanos: 1_767_225_600_000_000_002n, name: 'retry', attributes: [] }],
  links: [],
  resource: RESOURCE,
  scope: SCOPE,
};

test('a log record becomes a document in the names of the OpenTelemetry mode', () => {
  assert.equal(
    documentToJson(logDocument(LOG)),
    '{"@timestamp":"2026-01-01T00:00:00.000123456Z","observed_timestamp":"2026-01-01T00:00:01.000000000Z",' +
      '"data_stream":{"type":"logs","dataset":"generic.otel","namespace":"default"},' +
      '"severity_number":17,"severity_text":"ERROR","body":{"text":"no carrier"},' +
      '"trace_id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",' +
      '"attributes":{"__proto__":9007199254740993,"load":null,"ratio":2.0,"list":[true,"AQ=="]},' +
      '"resource":{"attributes":{"service.name":"quotes"}},"scope":{"name":"http"}}',
  );
  assert.equal(dataStreamName(LOGS_STREAM), 'logs-generic.otel-default');
});

test('a body that is no string keeps its types beside its text', () => {
  const bodyOf = (body: LogRecord['body']): string =>
    documentToJson(logDocument({ ...LOG, body }).get('body') ?? null);
  assert.equal(bodyOf({ kind: 'empty' }), 'null');
  assert.equal(bodyOf({ kind: 'double', value: 5 }), '{"text":"5","structured":{"value":5.0}}');
  assert.equal(
    bodyOf({ kind: 'map', value: [{ key: 'a', value: { kind: 'int', value: 1n } }] }),
    '{"text":"{\\"a\\":1}","structured":{"a":1}}',
  );
});

test('a span becomes one document with its events', () => {
  const document = spanDocument(SPAN);
  assert.equal(document.get('duration'), 50n);
  assert.equal(document.get('kind'), 'Server');
  assert.equal(documentToJson(document.get('status') ?? null), '{"code":"Error","message":"gone"}');
  assert.equal(
    documentToJson(document.get('events') ?? null),
    '[{"@timestamp":"2026-01-01T00:00:00.000000002Z","name":"retry","attributes":{}}]',
  );
});

test('every time is written as the calendar has it', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (nanos) => {
      const iso = new Date(Number(nanos / 1_000_000n)).toISOString();
      assert.equal(
        timeText(nanos),
        `${iso.slice(0, -1)}${(nanos % 1_000_000n).toString().padStart(6, '0')}Z`,
      );
    }),
  );
});
