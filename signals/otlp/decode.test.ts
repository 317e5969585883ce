/** Scan and decode against protobufjs on random requests, and protobuf's corners one by one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Attribute, AttributeValue, LogRecord, Span } from '#signals/model.ts';
import { findAttributeText } from '#signals/otlp/attributes.ts';
import { decodeLog, decodeSpan } from '#signals/otlp/decode.ts';
import { scanLogs } from '#signals/otlp/scan-logs.ts';
import { scanSpans } from '#signals/otlp/scan-traces.ts';
import { LogsRequest, TracesRequest } from '#test/support/otlp-proto.ts';
import { logsRequest, protobufOf, readBack, tracesRequest } from '#test/support/otlp-requests.ts';
import { bytesField, buildTraces } from '#test/support/otlp.ts';

const RECORD = { node: '7b6e1f0e-0000-4000-8000-000000000000', epoch: 1, sequence: 5 };
const RECEIVED = 1_800_000_000_000_000_000n;
const NO_ID = /^0*$/;

// What protobufjs gives back; only what the comparison touches.
interface Item {
  readonly [field: string]: unknown;
  readonly attributes: readonly { readonly key: string; readonly value: PlainValue | null }[];
}
interface PlainValue {
  readonly [member: string]: unknown;
}
interface Request {
  readonly [entries: string]: readonly {
    readonly resource: Item | null;
    readonly [scopes: string]: unknown;
  }[];
}

function itemsOf(
  request: unknown,
  names: readonly [string, string, string],
): { item: Item; resource: Item | null }[] {
  const [entries, scopes, items] = names;
  return ((request as Request)[entries] ?? []).flatMap((entry) =>
    (entry[scopes] as { [items: string]: Item[] }[]).flatMap((scope) =>
      (scope[items] ?? []).map((item) => ({ item, resource: entry.resource })),
    ),
  );
}

function hexOf(base64: unknown): string {
  return Buffer.from(String(base64), 'base64').toString('hex');
}

function plainValue(value: AttributeValue): PlainValue {
  switch (value.kind) {
    case 'empty':
      return {};
    case 'string':
      return { stringValue: value.value };
    case 'bool':
      return { boolValue: value.value };
    case 'int':
      return { intValue: String(value.value) };
    case 'double':
      return { doubleValue: value.value };
    case 'bytes':
      return { bytesValue: Buffer.from(value.value).toString('base64') };
    case 'array':
      return { arrayValue: { values: value.value.map(plainValue) } };
    case 'map':
      return { kvlistValue: { values: plainAttributes(value.value) } };
    default:
      return value satisfies never;
  }
}

function plainAttributes(attributes: readonly Attribute[]): { key: string; value: PlainValue }[] {
  return attributes.map(({ key, value }) => ({ key, value: plainValue(value) }));
}

function idOrNothing(base64: unknown, length: number): string | undefined {
  const id = hexOf(base64);
  return id.length !== length || NO_ID.test(id) ? undefined : id;
}

function compareSpan(span: Span, item: Item): void {
  assert.equal(span.name, item['name']);
  assert.equal(span.traceState, item['traceState']);
  assert.equal(span.parentSpanId, idOrNothing(item['parentSpanId'], 16));
  assert.equal(String(span.startUnixNanos), item['startTimeUnixNano']);
  assert.equal(String(span.endUnixNanos), item['endTimeUnixNano']);
  assert.equal(span.flags, Number(item['flags']) & 0xff);
  const status = item['status'] as { message: string; code: number } | null;
  assert.equal(span.statusMessage, status?.message ?? '');
  assert.equal(span.statusCode, ['unset', 'ok', 'error'][status?.code ?? 0]);
  assert.deepEqual(plainAttributes(span.attributes), item.attributes);
  assert.deepEqual(
    span.events.map((event) => [String(event.unixNanos), event.name, plainAttributes(event.attributes)]),
    (item['events'] as Item[]).map((event) => [event['timeUnixNano'], event['name'], event.attributes]),
  );
  assert.deepEqual(
    span.links.map((link) => [link.traceId, link.spanId, plainAttributes(link.attributes)]),
    (item['links'] as Item[]).map((link) => [hexOf(link['traceId']), hexOf(link['spanId']), link.attributes]),
  );
}

test('spans are read as protobufjs reads them', () => {
  fc.assert(
    fc.property(tracesRequest, (request) => {
      const body = protobufOf(TracesRequest, request);
      const columns = scanSpans(body);
      const items = itemsOf(readBack(TracesRequest, body), ['resourceSpans', 'scopeSpans', 'spans']);
      assert.equal(columns.count, items.length);
      for (const [ordinal, { item, resource }] of items.entries()) {
        // A span without valid ids never gets past the door.
        if (idOrNothing(item['traceId'], 32) === undefined || idOrNothing(item['spanId'], 16) === undefined)
          continue;
        const span = decodeSpan(columns, ordinal, RECORD);
        assert.equal(span.traceId, hexOf(item['traceId']));
        assert.equal(span.spanId, hexOf(item['spanId']));
        compareSpan(span, item);
        assert.deepEqual(plainAttributes(span.resource.attributes), resource?.attributes ?? []);
      }
    }),
    { numRuns: 50 },
  );
});

function compareLog(log: LogRecord, item: Item): void {
  const observed =
    item['observedTimeUnixNano'] === '0' ? RECEIVED : BigInt(String(item['observedTimeUnixNano']));
  const time = BigInt(String(item['timeUnixNano']));
  assert.equal(log.observedUnixNanos, observed);
  assert.equal(log.unixNanos, time === 0n ? observed : time);
  assert.equal(log.severityNumber, item['severityNumber']);
  assert.equal(log.severityText, item['severityText']);
  assert.equal(log.eventName, item['eventName']);
  assert.equal(log.traceId, idOrNothing(item['traceId'], 32));
  assert.equal(log.spanId, idOrNothing(item['spanId'], 16));
  assert.deepEqual(plainValue(log.body), item['body'] ?? {});
  assert.deepEqual(plainAttributes(log.attributes), item.attributes);
}

test('log records are read as protobufjs reads them', () => {
  fc.assert(
    fc.property(logsRequest, (request) => {
      const body = protobufOf(LogsRequest, request);
      const columns = scanLogs(body);
      const items = itemsOf(readBack(LogsRequest, body), ['resourceLogs', 'scopeLogs', 'logRecords']);
      assert.equal(columns.count, items.length);
      for (const [ordinal, { item }] of items.entries()) {
        compareLog(decodeLog(columns, ordinal, RECORD, RECEIVED), item);
      }
    }),
    { numRuns: 50 },
  );
});

/** A request with one span made of these bytes. */
function requestOf(...span: Uint8Array[]): Uint8Array {
  return bytesField(1, bytesField(2, bytesField(2, Buffer.concat(span))));
}

const TRACE_ID = bytesField(1, Buffer.alloc(16, 1));
const SPAN_ID = bytesField(2, Buffer.alloc(8, 2));

test('an enum written as a negative number takes ten bytes and counts as not set', () => {
  const kind = Buffer.from([0x30, ...Array.from({ length: 9 }, () => 0xff), 0x01]);
  assert.equal(scanSpans(requestOf(TRACE_ID, SPAN_ID, kind)).kind[0], 0);
});

test('fields come in any order; the last of two counts; unknown ones are passed over', () => {
  const unknown = Buffer.from([0xf8, 0x7f, 0x01, 0xfd, 0x7f, 1, 2, 3, 4]);
  const columns = scanSpans(
    requestOf(
      bytesField(5, Buffer.from('one')),
      unknown,
      SPAN_ID,
      TRACE_ID,
      bytesField(5, Buffer.from('two')),
    ),
  );
  const span = decodeSpan(columns, 0, RECORD);
  assert.deepEqual([span.name, span.spanId], ['two', '02'.repeat(8)]);
});

test('a status split in two parts is put together', () => {
  const message = bytesField(15, bytesField(2, Buffer.from('late')));
  const code = bytesField(15, Buffer.from([0x18, 2]));
  const span = decodeSpan(scanSpans(requestOf(TRACE_ID, SPAN_ID, code, message)), 0, RECORD);
  assert.deepEqual([span.statusCode, span.statusMessage], ['error', 'late']);
});

test('a resource behind its spans is still theirs', () => {
  const name = Buffer.concat([
    bytesField(1, Buffer.from('service.name')),
    bytesField(2, bytesField(1, Buffer.from('quotes'))),
  ]);
  const scopes = bytesField(2, bytesField(2, Buffer.concat([TRACE_ID, SPAN_ID])));
  const columns = scanSpans(bytesField(1, Buffer.concat([scopes, bytesField(1, bytesField(1, name))])));
  assert.equal(columns.resources[columns.resource[0] ?? 9]?.serviceName, 'quotes');
});

test('an attribute is found as text, the last of two; lists and what is missing are not', () => {
  const attributes = { text: 'x', int: -(2n ** 63n), double: 0.5, bool: false };
  const ids = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) };
  const body = buildTraces({ spans: [{ ...ids, startNanos: 1n, endNanos: 2n, attributes }] });
  const { spanOffset, spanLength } = scanSpans(body);
  const list = { body, offset: spanOffset[0] ?? 0, length: spanLength[0] ?? 0, field: 9 };
  const found = ['text', 'int', 'double', 'bool', 'none'].map((key) => findAttributeText(list, key));
  assert.deepEqual(found, ['x', '-9223372036854775808', '0.5', 'false', undefined]);
});

test('a list within a list under the key asked for is no text and no error', () => {
  const inner = bytesField(5, bytesField(1, bytesField(5, bytesField(1, bytesField(1, Buffer.from('x'))))));
  const attribute = bytesField(9, Buffer.concat([bytesField(1, Buffer.from('k')), bytesField(2, inner)]));
  const list = { body: attribute, offset: 0, length: attribute.length, field: 9 };
  assert.equal(findAttributeText(list, 'k'), undefined);
});
