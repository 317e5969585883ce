/** OTLP/JSON against protobufjs, and its traps one by one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isCoded } from '#base/errors.ts';
import { translateLogsJson, translateMetricsJson, translateTracesJson } from '#signals/otlp/json.ts';
import { LogsRequest, MetricsRequest, TracesRequest } from '#test/support/otlp-proto.ts';
import {
  jsonOf,
  logsRequest,
  metricsRequest,
  protobufOf,
  readBack,
  tracesRequest,
} from '#test/support/otlp-requests.ts';

const SIGNALS = [
  { name: 'traces', type: TracesRequest, drawn: tracesRequest, translate: translateTracesJson },
  { name: 'logs', type: LogsRequest, drawn: logsRequest, translate: translateLogsJson },
  { name: 'metrics', type: MetricsRequest, drawn: metricsRequest, translate: translateMetricsJson },
] as const;

for (const { name, type, drawn, translate } of SIGNALS) {
  test(`JSON ${name} mean what protobufjs writes for the same request`, () => {
    fc.assert(
      fc.property(drawn, (request) => {
        const expected = readBack(type, protobufOf(type, request));
        assert.deepEqual(readBack(type, translate(jsonOf(request))), expected);
      }),
      { numRuns: 40 },
    );
  });
}

/** The first span protobufjs reads in the translation of a request with this one span. */
function spanOf(fields: string): Record<string, unknown> {
  const body = translateTracesJson(requestOf(fields));
  const read = readBack(TracesRequest, body) as {
    resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[];
  };
  return read.resourceSpans[0]?.scopeSpans[0]?.spans[0] ?? {};
}

function requestOf(fields: string): Uint8Array {
  return Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[{${fields}}]}]}]}`);
}

test('64-bit integers keep every digit, as text or as number', () => {
  for (const written of ['1800000000000000001', '"1800000000000000001"']) {
    assert.equal(spanOf(`"startTimeUnixNano":${written}`)['startTimeUnixNano'], '1800000000000000001');
  }
});

test('ids are hex of any case', () => {
  const id = Buffer.from('abcdef0123456789', 'hex').toString('base64');
  assert.equal(spanOf('"spanId":"AbCdEf0123456789"')['spanId'], id);
});

test('null is absent, unknown and snake_case keys are ignored at any depth', () => {
  const span = spanOf('"name":null,"start_time_unix_nano":5,"later":[{"deep":[1,{"x":"\\u0041"}]}],"kind":3');
  assert.deepEqual([span['name'], span['startTimeUnixNano'], span['kind']], ['', '0', 3]);
});

test('the last of two equal keys counts, also for lists, messages and null', () => {
  const list = '{"key":"a","value":{"stringValue":"x"}}';
  const span = spanOf(
    `"name":"first","attributes":[${list},${list}],"kind":1,"status":{"message":"m","code":2},` +
      `"name":"second","attributes":[${list}],"kind":null,"status":{"code":1}`,
  );
  assert.equal(span['name'], 'second');
  assert.equal((span['attributes'] as unknown[]).length, 1);
  assert.equal(span['kind'], 0);
  assert.deepEqual(span['status'], { message: '', code: 1 });
});

test('keys may be written with escapes, and `__proto__` is a key like any other', () => {
  assert.equal(spanOf('"n\\u0061me":"x","__proto__":{"name":"y"},"constructor":1')['name'], 'x');
});

test('doubles know NaN, the infinities and overflow', () => {
  for (const [written, value] of [
    ['"NaN"', Number.NaN],
    ['"-Infinity"', -Infinity],
    ['1e400', Infinity],
    ['-0', -0],
    ['"1.5"', 1.5],
  ] as const) {
    const span = spanOf(`"attributes":[{"key":"a","value":{"doubleValue":${written}}}]`);
    const [attribute] = span['attributes'] as { value: { doubleValue: number } }[];
    assert.ok(Object.is(attribute?.value.doubleValue, value), written);
  }
});

test('what is wrong is refused with line, column and field', () => {
  const span = 'resourceSpans[0].scopeSpans[0].spans[0]';
  const cases: readonly [fields: string, message: string][] = [
    ['"kind":"SPAN_KIND_SERVER"', `${span}.kind must be an integer`],
    ['"kind":1.5', `${span}.kind must be an integer`],
    ['"startTimeUnixNano":-1', `${span}.startTimeUnixNano must be an integer from 0`],
    ['"startTimeUnixNano":"18446744073709551616"', `${span}.startTimeUnixNano must be an integer`],
    [`"startTimeUnixNano":${'9'.repeat(5000)}`, `${span}.startTimeUnixNano must be an integer`],
    ['"traceId":"xyz"', `${span}.traceId must be hex digits`],
    ['"traceId":"ag"', `${span}.traceId must be hex digits`],
    ['"name":5', `${span}.name must be a string, got number`],
    ['"attributes":{}', `${span}.attributes must be an array, got object`],
    ['"attributes":[null]', `${span}.attributes[0] must be an object, got null`],
    ['"name":"a\u0007"', 'control character'],
    ['"name":"\\x"', 'escape'],
    ['"later":"\\x"', 'escape'],
    ['"name":"a",', 'a value is expected'],
    ['"later":01', 'is not a number'],
    [`"later":${'['.repeat(300)}`, 'nested deeper'],
  ];
  for (const [fields, message] of cases) {
    assert.throws(
      () => translateTracesJson(requestOf(fields)),
      (error: unknown) =>
        isCoded(error, 'PLIM_BODY_MALFORMED') &&
        error.message.includes(message) &&
        /\(line 1, column \d+\)$/.test(error.message),
      fields.slice(0, 60),
    );
  }
});

test('a text cut off anywhere is refused, and nothing but space may follow', () => {
  const whole = requestOf('"name":"a\\"b","kind":2,"flags":1e0');
  for (let length = 0; length < whole.length; length += 1) {
    assert.throws(
      () => translateTracesJson(whole.subarray(0, length)),
      (error: unknown) => isCoded(error, 'PLIM_BODY_MALFORMED'),
      `${length} bytes`,
    );
  }
  assert.throws(() => translateTracesJson(Buffer.concat([whole, Buffer.from(' {}')])), /follows the end/);
  assert.ok(translateTracesJson(Buffer.concat([whole, Buffer.from(' \n')])).length > 0);
});
