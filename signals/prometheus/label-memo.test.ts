import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Labels } from '#signals/matchers.ts';
import { translateMetrics, type TranslationOptions } from '#signals/prometheus/from-otlp.ts';
import { LabelMemo } from '#signals/prometheus/label-memo.ts';
import { bytesField } from '#test/support/otlp.ts';
import { MetricsRequest } from '#test/support/otlp-proto.ts';
import { protobufOf } from '#test/support/otlp-requests.ts';

/** Labels of all samples and exemplars, in their order. */
function labelsOf(body: Uint8Array, options: TranslationOptions): readonly Labels[] {
  const found: Labels[] = [];
  translateMetrics(
    body,
    7,
    {
      sample: (labels) => found.push(labels),
      exemplar: (labels) => found.push(labels),
      metadata: () => {},
    },
    options,
  );
  return found;
}

/** From so few that the same come again. */
const text = fc.constantFrom('a', 'b', 'ü', '', '__proto__');
const attributes = fc.array(
  fc.record({
    key: text,
    value: fc.oneof(fc.record({ stringValue: text }), fc.record({ boolValue: fc.boolean() })),
  }),
  { maxLength: 3 },
);
const point = fc.record({ attributes, asInt: fc.constant('1') });
const histogramPoint = fc.record({
  attributes,
  bucketCounts: fc.constant(['1', '2']),
  explicitBounds: fc.constantFrom([1], [2]),
});
const metric = fc.oneof(
  fc.record({ name: text, gauge: fc.record({ dataPoints: fc.array(point, { maxLength: 3 }) }) }),
  fc.record({
    name: text,
    histogram: fc.record({
      aggregationTemporality: fc.constant(2),
      dataPoints: fc.array(histogramPoint, { maxLength: 2 }),
    }),
  }),
);
const request = fc.record({
  resourceMetrics: fc.array(
    fc.record({
      resource: fc.record({ attributes }),
      scopeMetrics: fc.array(
        fc.record({
          scope: fc.record({ name: text, version: text }),
          metrics: fc.array(metric, { maxLength: 2 }),
        }),
        { maxLength: 2 },
      ),
    }),
    { maxLength: 2 },
  ),
});

test('what was learnt from other requests changes no label', () => {
  fc.assert(
    fc.property(fc.array(request, { maxLength: 8 }), fc.boolean(), (requests, addsResource) => {
      const memo = new LabelMemo();
      for (const one of requests) {
        const body = protobufOf(MetricsRequest, one);
        assert.deepEqual(labelsOf(body, { addsResource, memo }), labelsOf(body, { addsResource }));
      }
    }),
  );
});

function gauge(...points: readonly Uint8Array[]): Uint8Array {
  const metric = Buffer.concat([
    bytesField(1, Buffer.from('g')),
    bytesField(5, Buffer.concat(points.map((one) => bytesField(1, one)))),
  ]);
  return bytesField(2, metric);
}

function gaugeOf(...points: readonly Uint8Array[]): Uint8Array {
  return bytesField(1, bytesField(2, gauge(...points)));
}

/** @param field 7 of a point, 1 of a resource */
function attribute(key: string, value: string, field = 7): Uint8Array {
  const text = bytesField(1, Buffer.from(value));
  return bytesField(field, Buffer.concat([bytesField(1, Buffer.from(key)), bytesField(2, text)]));
}

/** `as_int`, then an exemplar: fields that may stand between attributes. */
const VALUE = Buffer.of(0x31, 1, 0, 0, 0, 0, 0, 0, 0);
const EXEMPLAR = bytesField(5, VALUE);

test('a series that comes again has the same labels object, whatever stands between its attributes', () => {
  const memo = new LabelMemo();
  const [a, b] = [attribute('a', '1'), attribute('b', '2')];
  const bodies = [
    gaugeOf(Buffer.concat([a, b, VALUE])),
    gaugeOf(Buffer.concat([VALUE, a, EXEMPLAR, b])),
    gaugeOf(Buffer.concat([a, VALUE, b, EXEMPLAR])),
  ];
  const all = bodies.flatMap((body) => labelsOf(body, { memo }));
  assert.deepEqual(all[0], { __name__: 'g', a: '1', b: '2', job: 'unknown_service' });
  assert.equal(new Set(all).size, 1);
  const [other] = labelsOf(gaugeOf(Buffer.concat([a, VALUE, attribute('b', '3')])), { memo });
  assert.equal(other?.['b'], '3');
});

test('a resource in two pieces is not taken for another that is like its second', () => {
  const memo = new LabelMemo();
  const first = bytesField(1, attribute('service.name', 'a', 1));
  const second = bytesField(1, attribute('x', '1', 1));
  const jobOf = (...pieces: readonly Uint8Array[]) =>
    labelsOf(bytesField(1, Buffer.concat([...pieces, bytesField(2, gauge(VALUE))])), { memo })[0]?.['job'];
  assert.equal(jobOf(first, second), 'a');
  assert.equal(jobOf(second), 'unknown_service');
});

test('of long labels few are remembered, and all are told apart', () => {
  const longText = 'x'.repeat(2 ** 18);
  const all = Array.from({ length: 130 }, (_, index) => `${index}${longText}`);
  const [first = '', last = ''] = [all[0], all.at(-1)];
  const values = [first, ...all, last];
  const body = gaugeOf(...values.map((value) => Buffer.concat([attribute('a', value), VALUE])));
  const found = labelsOf(body, { memo: new LabelMemo() });
  assert.ok(found.every(({ a }, index) => a === values[index]));
  assert.equal(found[0], found[1]);
  assert.notEqual(found.at(-2), found.at(-1));
});

test('when much finds no room, what is remembered gives way to it', () => {
  const memo = new LabelMemo();
  for (let index = 0; index < 40; index += 1) memo.resource(`${index}${'x'.repeat(2 ** 20)}`);
  const late = 'y'.repeat(2 ** 20);
  assert.notEqual(memo.resource(late), memo.resource(late));
  let calls = 0;
  while (memo.resource(late) !== memo.resource(late)) calls += 2;
  assert.ok(calls > 100_000 && calls < 300_000, `${calls} calls`);
});

test('a long resource is read once, not for each of its metrics', () => {
  const COUNT = 3000;
  const long = bytesField(1, attribute('x', 'x'.repeat(2 ** 20), 1));
  const metrics = Array.from({ length: COUNT }, () => gauge(VALUE));
  const inScopes = metrics.map((one, index) =>
    bytesField(2, Buffer.concat([bytesField(1, bytesField(1, Buffer.from(String(index)))), one])),
  );
  for (const inside of [bytesField(2, Buffer.concat(metrics)), Buffer.concat(inScopes)]) {
    // Tens of milliseconds; three seconds when it is read each time.
    const tookMs = Array.from({ length: 3 }, () => {
      const beginMs = performance.now();
      // One more is `target_info`.
      assert.equal(labelsOf(bytesField(1, Buffer.concat([long, inside])), {}).length, COUNT + 1);
      return performance.now() - beginMs;
    });
    assert.ok(Math.min(...tookMs) < 1000, `${tookMs.join()} ms`);
  }
});
