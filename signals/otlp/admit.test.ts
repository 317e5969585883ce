/** The door: what it cuts, what it refuses, and that nothing it lets in makes a reader throw. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Type } from 'protobufjs';
import { isCoded } from '#base/errors.ts';
import { admitLogs, admitMetrics, admitTraces, type Admitted } from '#signals/otlp/admit.ts';
import { decodeLog, decodeSpan } from '#signals/otlp/decode.ts';
import { scanLogs } from '#signals/otlp/scan-logs.ts';
import { scanSpans } from '#signals/otlp/scan-traces.ts';
import { translateMetrics } from '#signals/prometheus/from-otlp.ts';
import { LogsRequest, MetricsRequest, TracesRequest } from '#test/support/otlp-proto.ts';
import {
  logsRequest,
  metricsRequest,
  protobufOf,
  readBack,
  tracesRequest,
  type Plain,
} from '#test/support/otlp-requests.ts';
import { buildTraces, bytesField } from '#test/support/otlp.ts';

const RECORD = { node: '7b6e1f0e-0000-4000-8000-000000000000', epoch: 1, sequence: 5 };

interface Signal {
  readonly name: string;
  readonly type: Type;
  readonly drawn: fc.Arbitrary<Plain>;
  readonly admit: (body: Uint8Array) => Admitted;
  /** Reads everything every consumer reads, and returns the items it met. */
  readonly read: (body: Uint8Array) => number;
}

const SIGNALS: readonly Signal[] = [
  { name: 'traces', type: TracesRequest, drawn: tracesRequest, admit: admitTraces, read: readTraces },
  { name: 'logs', type: LogsRequest, drawn: logsRequest, admit: admitLogs, read: readLogs },
  { name: 'metrics', type: MetricsRequest, drawn: metricsRequest, admit: admitMetrics, read: readMetrics },
];

function readTraces(body: Uint8Array): number {
  const columns = scanSpans(body);
  for (let ordinal = 0; ordinal < columns.count; ordinal += 1) decodeSpan(columns, ordinal, RECORD);
  return columns.count;
}

function readLogs(body: Uint8Array): number {
  const columns = scanLogs(body);
  for (let ordinal = 0; ordinal < columns.count; ordinal += 1) decodeLog(columns, ordinal, RECORD, 1n);
  return columns.count;
}

function readMetrics(body: Uint8Array): number {
  const counts = translateMetrics(body, 1, { sample: () => {}, exemplar: () => {}, metadata: () => {} });
  const dropped = Object.values(counts.dropped).reduce((sum, points) => sum + points, 0);
  assert.equal(counts.points, counts.delivered + dropped, 'every point is delivered or dropped');
  return counts.points;
}

for (const { name, type, drawn, admit, read } of SIGNALS) {
  test(`what the door lets in of ${name} is what a filter leaves, byte for byte where nothing is cut`, () => {
    fc.assert(
      fc.property(drawn, (request) => {
        const body = protobufOf(type, request);
        const admitted = admit(body);
        assert.equal(admitted.body === body, admitted.rejected === 0);
        assert.equal(admitted.message === '', admitted.rejected === 0);
        assert.deepEqual(readBack(type, admitted.body), filtered(readBack(type, body)));
        assert.equal(read(admitted.body), admitted.items);
        assert.equal(read(body), admitted.items + admitted.rejected);
      }),
      { numRuns: 25 },
    );
  });

  test(`broken ${name} are refused at the door or read by everybody`, () => {
    const damage = fc.array(fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) }), { maxLength: 3 });
    fc.assert(
      fc.property(drawn, damage, fc.nat(), (request, flips, cut) => {
        const body = Uint8Array.from(protobufOf(type, request));
        for (const { at, byte } of flips) if (body.length > 0) body[at % body.length] = byte;
        const broken = cut % 3 === 0 ? body.subarray(0, cut % (body.length + 1)) : body;
        const admitted = admittedOrRefused(admit, broken);
        if (admitted === undefined) return;
        assert.equal(read(admitted.body), admitted.items);
        assert.deepEqual(admit(admitted.body), { ...admitted, rejected: 0, message: '' });
      }),
      { numRuns: 60 },
    );
  });
}

function admittedOrRefused(admit: Signal['admit'], body: Uint8Array): Admitted | undefined {
  try {
    return admit(body);
  } catch (error) {
    assert.ok(isCoded(error, 'PLIM_BODY_MALFORMED'), String(error));
    return undefined;
  }
}

/** The plain request without spans of bad ids and without points that have no metric name. */
function filtered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filtered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key === 'spans') return [key, (inner as Item[]).filter(hasIds)];
      return [key, key === 'metrics' ? (inner as Item[]).filter(isAskable) : filtered(inner)];
    }),
  );
}

type Item = Readonly<Record<string, unknown>>;

function hasIds(span: Item): boolean {
  return [16, 8].every((length, index) => {
    const id = Buffer.from(String(span[index === 0 ? 'traceId' : 'spanId']), 'base64');
    return id.length === length && id.some((byte) => byte !== 0);
  });
}

function isAskable(metric: Item): boolean {
  const data = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'].map((key) => metric[key]);
  const points = data.flatMap((each) => (each as { dataPoints: unknown[] } | undefined)?.dataPoints ?? []);
  return metric['name'] !== '' || points.length === 0;
}

function refuses(body: Uint8Array, message: RegExp): void {
  assert.throws(
    () => admitTraces(body),
    (error: unknown) => isCoded(error, 'PLIM_BODY_MALFORMED') && message.test(error.message),
  );
}

test('what is not protobuf is refused and the place named', () => {
  refuses(Buffer.from([0x0a, 0x05, 0x01]), /past the end of its message.*byte 2/);
  refuses(Buffer.from([0x0a]), /cut off.*byte 1/);
  refuses(Buffer.from([0x02, 0x00]), /field number/);
  refuses(Buffer.from([0x0b, 0x0c]), /wire type 3/);
  refuses(Buffer.from([0x08, ...Array.from({ length: 10 }, () => 0xff), 0x01]), /longer than ten bytes/);
  refuses(Buffer.from([0x0a, ...Array.from({ length: 9 }, () => 0xff), 0x01]), /past the end/);
  refuses(Buffer.from([0x08, 0x01]), /wire type 0, expected 2/);
  // A length that fits the body but not the message around it.
  refuses(Buffer.concat([bytesField(1, Buffer.from([0x12, 0x05])), Buffer.alloc(9)]), /past the end/);
});

test('fields no scan looks at are checked too', () => {
  const span = (...more: number[]): Uint8Array => {
    const ids = [bytesField(1, Buffer.alloc(16, 1)), bytesField(2, Buffer.alloc(8, 2))];
    return bytesField(1, bytesField(2, bytesField(2, Buffer.concat([...ids, Buffer.from(more)]))));
  };
  assert.equal(admitTraces(span()).items, 1);
  // Without the door the same bytes stop a consumer.
  assert.throws(() => readTraces(span(0x20, 0x01)), /field 4/);
  refuses(span(0x20, 0x01), /field 4/); // parent_span_id as a number
  refuses(span(0x1d, 1, 2, 3, 4), /field 3/); // trace_state as fixed32
  refuses(span(0x7a, 0x02, 0x1a, 0x00), /field 3/); // status code as bytes
  refuses(span(0x4a, 0x04, 0x12, 0x02, 0x08, 0x01), /field 1/); // a string value as a number
});

function nested(levels: number, field: 5 | 6): Uint8Array {
  let value: Uint8Array = bytesField(1, Buffer.from('x'));
  for (let level = 0; level < levels; level += 1) {
    const item = field === 5 ? value : bytesField(2, value);
    value = bytesField(field, bytesField(1, item));
  }
  const attribute = Buffer.concat([bytesField(1, Buffer.from('k')), bytesField(2, value)]);
  return bytesField(1, bytesField(1, bytesField(1, attribute)));
}

test('values nest 64 levels deep and no deeper', () => {
  for (const field of [5, 6] as const) {
    assert.equal(admitTraces(nested(64, field)).rejected, 0);
    assert.throws(() => admitTraces(nested(65, field)), /nested deeper than 64 levels/);
    assert.throws(() => admitTraces(nested(1_000, field)), /nested deeper than 64 levels/);
  }
});

test('a cut gives every length around it a new value, also a shorter one', () => {
  const spans = Array.from({ length: 40 }, (_, index) => ({
    traceId: index === 3 ? 'ab'.repeat(16) : '00'.repeat(16),
    spanId: 'cd'.repeat(8),
    startNanos: 1n,
    endNanos: 2n,
  }));
  const admitted = admitTraces(buildTraces({ service: 'quotes', spans }));
  assert.deepEqual([admitted.items, admitted.rejected], [1, 39]);
  assert.match(admitted.message, /trace_id/);
  const left = buildTraces({ service: 'quotes', spans: spans.slice(3, 4) });
  assert.deepEqual(Buffer.from(admitted.body), Buffer.from(left));
});

test('an empty request and empty envelopes are fine', () => {
  for (const body of [new Uint8Array(0), Buffer.from([0x0a, 0x00]), Buffer.from([0x0a, 0x02, 0x12, 0x00])]) {
    assert.deepEqual(admitTraces(body), { body, items: 0, rejected: 0, message: '' });
  }
});
