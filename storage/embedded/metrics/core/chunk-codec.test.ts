import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ByteSink, decodeChunk, encodeChunk } from '#storage/embedded/metrics/core/chunk-codec.ts';
import { cutColumns, GrowingSamples, mergeColumns } from '#storage/embedded/metrics/core/samples.ts';

const values = fc.oneof(
  fc.array(fc.integer(), { minLength: 1, maxLength: 50 }),
  fc.array(fc.double(), { minLength: 1, maxLength: 50 }),
);

test('a chunk reads back as it was written, bit for bit', () => {
  fc.assert(
    fc.property(values, fc.nat(2_000_000_000_000), fc.array(fc.boolean()), (numbers, startMs, flags) => {
      const samples = {
        timesMs: Float64Array.from(numbers, (_, index) => startMs + index * 15_000 + (index % 3)),
        values: Float64Array.from(numbers),
        stale:
          flags.length === 0
            ? undefined
            : Uint8Array.from(numbers, (_, index) => (flags[index] === true ? 1 : 0)),
      };
      const sink = new ByteSink();
      sink.append(new Uint8Array(7));
      encodeChunk(samples, sink);
      const read = decodeChunk(sink.bytes(), 7);
      assert.deepEqual(read, samples);
      assert.ok(numbers.every((value, index) => Object.is(read.values[index], value)));
    }),
  );
});

test('a regular counter takes about two bytes a sample before compression', () => {
  const sink = new ByteSink();
  const count = 1000;
  encodeChunk(
    {
      timesMs: Float64Array.from({ length: count }, (_, index) => 1_700_000_000_000 + index * 15_000),
      values: Float64Array.from({ length: count }, (_, index) => index * 12),
      stale: undefined,
    },
    sink,
  );
  assert.ok(sink.length < count * 2 + 32, `${sink.length} bytes`);
});

test('samples out of order come out sorted, the later to arrive wins', () => {
  const samples = new GrowingSamples();
  for (const [timeMs, value] of [
    [30, 3],
    [10, 1],
    [20, 2],
    [10, 9],
  ] as const) {
    samples.push(timeMs, value, false);
  }
  const columns = samples.columns();
  assert.deepEqual([...columns.timesMs], [10, 20, 30]);
  assert.deepEqual([...columns.values], [9, 2, 3]);
  assert.deepEqual([...cutColumns(columns, 11, 20).values], [2]);
});

test('merging parts keeps the sample of the later part', () => {
  const part = (pairs: readonly (readonly [number, number])[]) => ({
    timesMs: Float64Array.from(pairs, ([timeMs]) => timeMs),
    values: Float64Array.from(pairs, ([, value]) => value),
    stale: undefined,
  });
  const merged = mergeColumns([
    part([
      [1, 1],
      [5, 5],
    ]),
    part([]),
    part([
      [3, 3],
      [5, 50],
    ]),
  ]);
  assert.deepEqual([...merged.timesMs], [1, 3, 5]);
  assert.deepEqual([...merged.values], [1, 3, 50]);
});
