import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Type } from 'protobufjs';
import { admitLogs, admitMetrics, admitTraces, type Admitted } from '#signals/otlp/admit.ts';
import { countItems } from '#signals/otlp/envelope.ts';
import { decodeWriteRequest } from '#signals/prometheus/remote-write.ts';
import { WriteRequestWriter } from '#signals/prometheus/write-request.ts';
import type { RecordKind } from '#signals/records.ts';
import { splitAlone, splitAround, splitBody } from '#signals/split.ts';
import { buildTraces } from '#test/support/otlp.ts';
import { LogsRequest, MetricsRequest, TracesRequest } from '#test/support/otlp-proto.ts';
import {
  logsRequest,
  metricsRequest,
  protobufOf,
  readBack,
  tracesRequest,
  type Plain,
} from '#test/support/otlp-requests.ts';

interface Signal {
  readonly kind: RecordKind;
  readonly type: Type;
  readonly drawn: fc.Arbitrary<Plain>;
  readonly admit: (body: Uint8Array) => Admitted;
  readonly names: readonly [entries: string, scopes: string, items: string];
}

const SIGNALS: readonly Signal[] = [
  {
    kind: 'otlp-traces',
    type: TracesRequest,
    drawn: tracesRequest,
    admit: admitTraces,
    names: ['resourceSpans', 'scopeSpans', 'spans'],
  },
  {
    kind: 'otlp-logs',
    type: LogsRequest,
    drawn: logsRequest,
    admit: admitLogs,
    names: ['resourceLogs', 'scopeLogs', 'logRecords'],
  },
  {
    kind: 'otlp-metrics',
    type: MetricsRequest,
    drawn: metricsRequest,
    admit: admitMetrics,
    names: ['resourceMetrics', 'scopeMetrics', 'metrics'],
  },
];

/** Every item with all that stands around it, in order. */
function flat(body: Uint8Array, { type, names }: Signal): unknown[] {
  const list = (node: Plain, name: string): Plain[] => (node[name] ?? []) as Plain[];
  const without = (node: Plain, name: string): Plain => ({ ...node, [name]: undefined });
  const [entries, scopes, items] = names;
  return list(readBack(type, body) as Plain, entries).flatMap((entry) =>
    list(entry, scopes).flatMap((scope) =>
      list(scope, items).map((item) => [without(entry, scopes), without(scope, items), item]),
    ),
  );
}

for (const signal of SIGNALS) {
  test(`parts of ${signal.kind} hold what the whole held, in its order`, () => {
    fc.assert(
      fc.property(signal.drawn, fc.integer({ min: 20, max: 2000 }), (drawn, bytesMax) => {
        const { body, items } = signal.admit(protobufOf(signal.type, drawn));
        const parts = splitBody(signal.kind, body, bytesMax);
        if (parts === undefined) return;
        assert.deepEqual(
          parts.flatMap((part) => flat(part.body, signal)),
          flat(body, signal),
        );
        assert.equal(
          parts.reduce((sum, part) => sum + part.items, 0),
          items,
        );
        for (const part of parts) assert.equal(signal.admit(part.body).items, part.items);
      }),
      { numRuns: 60 },
    );
  });
}

test('parts stay within the limit, and no part is wasted', () => {
  const spans = Array.from({ length: 500 }, (_, index) => ({
    traceId: 'ab'.repeat(16),
    spanId: index.toString(16).padStart(16, '0').replace(/^0/, '1'),
    name: 'x'.repeat(index % 90),
    startNanos: 1n,
    endNanos: 2n,
  }));
  const body = Buffer.concat([buildTraces({ service: 'a', spans }), buildTraces({ service: 'b', spans })]);
  const parts = splitBody('otlp-traces', body, 4000) ?? [];
  assert.ok(parts.every((part) => part.body.length <= 4000));
  assert.ok(parts.length < (1.3 * body.length) / 4000, `${parts.length} parts of ${body.length} bytes`);
});

test('an item over the limit is not cut', () => {
  const span = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), startNanos: 1n, endNanos: 2n };
  const body = buildTraces({ service: 'a', spans: [span, { ...span, name: 'x'.repeat(3000) }] });
  assert.equal(splitBody('otlp-traces', body, 2000), undefined);
});

test('around items over the limit the others are kept, and those are named', () => {
  const span = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), startNanos: 1n, endNanos: 2n };
  const fat = { ...span, name: 'x'.repeat(3000) };
  const body = Buffer.concat([
    buildTraces({ service: 'a', spans: [span, fat, span] }),
    buildTraces({ service: 'b', spans: [fat] }),
    buildTraces({ service: 'c', spans: [span, span] }),
  ]);
  const { parts, tooLarge } = splitAround('otlp-traces', body, 2000);
  assert.deepEqual(tooLarge, [
    { ordinal: 1, items: 1 },
    { ordinal: 3, items: 1 },
  ]);
  assert.equal(
    parts.reduce((sum, { body: part, items }) => sum + (countItems(part) === items ? items : Number.NaN), 0),
    4,
  );
  assert.deepEqual(splitAround('otlp-traces', buildTraces({ spans: [fat] }), 2000).parts, []);
});

test('an item over the limit is a part by itself', () => {
  const at = { startNanos: 1n, endNanos: 2n };
  const spans = [1, 2, 3, 4, 5].map((index) => ({
    ...at,
    traceId: String(index).repeat(32),
    spanId: String(index).repeat(16),
    name: index === 3 ? 'x'.repeat(5000) : 'small',
  }));
  const parts = splitAlone('otlp-traces', buildTraces({ service: 'shop', spans }), 1000);
  assert.deepEqual(
    parts.map(({ items, body }) => [items, countItems(body), body.length > 1000]),
    [
      [2, 2, false],
      [1, 1, true],
      [2, 2, false],
    ],
  );
});

test('series are cut with their samples, and descriptions are repeated', () => {
  const writer = new WriteRequestWriter();
  writer.metadata('up', { type: 'gauge', help: 'whether', unit: '' });
  for (let index = 0; index < 50; index += 1) {
    const labels = { __name__: 'up', instance: `i${index}` };
    writer.sample(labels, 1000, index, false);
    writer.sample(labels, 2000, index, false);
  }
  const parts = splitBody('prom-samples', writer.take(), 600) ?? [];
  const values: number[] = [];
  for (const { body, items } of parts) {
    let samples = 0;
    let described = 0;
    decodeWriteRequest(body, {
      sample: (_labels, _time, value) => {
        samples += 1;
        values.push(value);
      },
      exemplar: () => {},
      metadata: () => {
        described += 1;
      },
    });
    assert.equal(samples, items);
    assert.equal(described, 1);
  }
  assert.ok(parts.length > 5);
  assert.deepEqual(
    values,
    Array.from({ length: 100 }, (_, index) => Math.floor(index / 2)),
  );
});
