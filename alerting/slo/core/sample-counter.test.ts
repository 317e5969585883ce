import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteReader, ByteWriter } from '#alerting/slo/core/bytes.ts';
import { SampleCounter, SERIES_MAX, type RatioIndicator } from '#alerting/slo/core/sample-counter.ts';

const FRESH: RatioIndicator = {
  kind: 'ratio',
  judgedIs: 'good',
  judged: { metric: 'checks_total', labels: { result: 'fresh' } },
  total: { metric: 'checks_total', labels: {} },
};
const FAILED: RatioIndicator = {
  kind: 'ratio',
  judgedIs: 'bad',
  judged: { metric: 'errors_total', labels: {} },
  total: { metric: 'requests_total', labels: {} },
};

type Sample = readonly [metric: string, result: string, atS: number, value: number];

function give(counter: SampleCounter, ...samples: readonly Sample[]): SampleCounter {
  for (const [metric, result, atS, value] of samples) {
    const labels = { __name__: metric, job: 'tracking', instance: 'a', ...(result === '' ? {} : { result }) };
    counter.sample(labels, atS * 1000, value, false);
  }
  return counter;
}

function took(counter: SampleCounter): string[] {
  return counter
    .take()
    .map(({ sinceMs, atMs, total, bad }) => `${sinceMs / 1000}-${atMs / 1000}: ${bad} of ${total}`);
}

const HISTORIES: readonly [
  why: string,
  indicator: RatioIndicator,
  samples: readonly Sample[],
  added: readonly string[],
][] = [
  ['the first sample is where counting begins', FRESH, [['checks_total', 'fresh', 1, 500]], []],
  [
    'what was added since',
    FRESH,
    [
      ['checks_total', 'fresh', 1, 500],
      ['checks_total', 'stale', 1, 7],
      ['checks_total', 'fresh', 6, 510],
      ['checks_total', 'stale', 6, 9],
    ],
    ['1-6: 2 of 12'],
  ],
  [
    'a series that appears later counts whole',
    FRESH,
    [
      ['checks_total', 'fresh', 1, 500],
      ['checks_total', 'fresh', 6, 505],
      ['checks_total', 'stale', 6, 3],
    ],
    ['1-6: 3 of 8'],
  ],
  [
    'a value that falls is a restart',
    FRESH,
    [
      ['checks_total', 'fresh', 1, 500],
      ['checks_total', 'fresh', 6, 4],
    ],
    ['1-6: 0 of 4'],
  ],
  [
    'a sample that comes again, or late, counts once',
    FRESH,
    [
      ['checks_total', 'stale', 1, 0],
      ['checks_total', 'stale', 6, 4],
      ['checks_total', 'stale', 6, 4],
      ['checks_total', 'stale', 3, 2],
    ],
    ['1-6: 4 of 4'],
  ],
  [
    'two metrics, bad and total',
    FAILED,
    [
      ['requests_total', '', 1, 100],
      ['errors_total', '', 1, 5],
      ['requests_total', '', 6, 120],
      ['errors_total', '', 6, 6],
    ],
    ['1-6: 1 of 20'],
  ],
  [
    'more bad events than events are events all the same',
    FAILED,
    [
      ['requests_total', '', 1, 100],
      ['errors_total', '', 1, 5],
      ['errors_total', '', 6, 8],
    ],
    ['1-6: 3 of 3'],
  ],
  [
    'fractions make whole events in time',
    FAILED,
    [
      ['requests_total', '', 1, 0],
      ['requests_total', '', 2, 0.75],
      ['requests_total', '', 3, 1.5],
      ['requests_total', '', 4, 2.25],
    ],
    ['2-3: 0 of 1', '3-4: 0 of 1'],
  ],
];
for (const [why, indicator, samples, added] of HISTORIES) {
  test(why, () => assert.deepEqual(took(give(new SampleCounter(indicator), ...samples)), added));
}

test('good events told of before their total are no credit for later failures', () => {
  const counter = give(new SampleCounter(FRESH), ['checks_total', 'fresh', 1, 0]);
  const early = new SampleCounter({ ...FRESH, total: { metric: 'all_total', labels: {} } });
  give(early, ['all_total', '', 1, 0], ['checks_total', 'fresh', 1, 0], ['checks_total', 'fresh', 6, 5]);
  assert.deepEqual(took(early), ['1-6: 0 of 0']);
  give(early, ['all_total', '', 6, 5], ['all_total', '', 11, 15], ['checks_total', 'fresh', 11, 12]);
  assert.deepEqual(took(early), ['1-6: 0 of 5', '6-11: 3 of 10']);
  assert.deepEqual(took(counter), []);
});

test('markers, other names and labels, and what is no count are not taken', () => {
  const counter = new SampleCounter(FRESH);
  const labels = { __name__: 'checks_total', result: 'fresh' };
  assert.equal(counter.sample(labels, 1000, Number.NaN, true), false);
  assert.equal(counter.sample(labels, 1000, Number.NaN, false), false);
  assert.equal(counter.sample(labels, 1000, -1, false), false);
  assert.equal(counter.sample(labels, 1000, Infinity, false), false);
  assert.equal(counter.sample({ __name__: 'other_total' }, 1000, 1, false), false);
  assert.equal(counter.sample(labels, 1000, 1, false), true);
});

test('a snapshot carries on without losing or doubling anything', () => {
  const before = give(
    new SampleCounter(FRESH),
    ['checks_total', 'fresh', 1, 500],
    ['checks_total', 'fresh', 6, 503],
  );
  before.take();
  const out = new ByteWriter();
  before.write(out);
  const after = new SampleCounter(FRESH);
  after.read(new ByteReader(out.done()));
  give(
    after,
    ['checks_total', 'fresh', 6, 503],
    ['checks_total', 'fresh', 11, 505],
    ['checks_total', 'stale', 11, 2],
  );
  assert.deepEqual(took(after), ['6-11: 2 of 4']);
});

test('more series than are kept are counted; targets that are gone make room', () => {
  const counter = new SampleCounter(FAILED);
  const sample = (number: number, atMs: number): boolean =>
    counter.sample({ __name__: 'requests_total', instance: `i${number}` }, atMs, 1, false);
  for (let number = 0; number < SERIES_MAX + 3; number += 1) sample(number, 1000);
  assert.equal(counter.takeDropped(), 3);
  sample(SERIES_MAX + 10, 3_700_000);
  assert.equal(counter.takeDropped(), 0);
});
