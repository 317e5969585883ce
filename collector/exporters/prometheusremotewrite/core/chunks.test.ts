import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#base/sim/random.ts';
import type { OutSeries } from '#collector/exporters/prometheusremotewrite/core/batch.ts';
import {
  chunksOf,
  firstOf,
  halvesOf,
  restOf,
  type Chunk,
} from '#collector/exporters/prometheusremotewrite/core/chunks.ts';

function seriesOf(lengths: readonly number[]): OutSeries[] {
  return lengths.map((length, index) => ({
    key: String(index),
    labels: { __name__: `m${index}` },
    samples: Array.from({ length }, (_, at) => ({ timeMs: at, value: at, item: 0 })),
    exemplars: [],
    labelBytes: 50,
  }));
}

/** `series/time` of each sample, in order. */
function placesOf(chunks: readonly Chunk[]): string[] {
  return chunks.flatMap(({ slices }) =>
    slices.flatMap(({ series, from, to }) =>
      series.samples.slice(from, to).map(({ timeMs }) => `${series.key}/${timeMs}`),
    ),
  );
}

test('requests, halves, first and rest hold each sample once, a series in its order', () => {
  const random = seededRandom(7);
  for (let round = 0; round < 200; round += 1) {
    const series = seriesOf(Array.from({ length: 1 + random.below(8) }, () => 1 + random.below(40)));
    const all = placesOf(chunksOf(series, Number.MAX_SAFE_INTEGER));
    const chunks = chunksOf(series, 80 + random.below(2000));
    assert.deepEqual(placesOf(chunks), all);
    for (const chunk of chunks) {
      const whole = placesOf([chunk]);
      assert.equal(chunk.samples, whole.length);
      const rest = restOf(chunk);
      assert.deepEqual(placesOf([firstOf(chunk), ...(rest === undefined ? [] : [rest])]), whole);
      if (chunk.samples < 2) continue;
      const halves = halvesOf(chunk);
      assert.deepEqual(placesOf(halves).toSorted(), whole.toSorted());
      assert.ok(halves.every(({ samples }) => samples > 0 && samples < chunk.samples));
      for (const half of halves) assert.equal(half.samples, placesOf([half]).length);
      for (const { key } of series) {
        const own = placesOf(halves).filter((place) => place.startsWith(`${key}/`));
        assert.deepEqual(
          own,
          whole.filter((place) => place.startsWith(`${key}/`)),
        );
      }
    }
  }
});

test('a request is of the size that was asked for, but for one sample', () => {
  const chunks = chunksOf(seriesOf([1000]), 50 + 22 * 10);
  assert.ok(chunks.length === 100 && chunks.every(({ samples }) => samples === 10));
  assert.equal(chunksOf(seriesOf([3]), 1).length, 3);
});
