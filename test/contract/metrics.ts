/**
 * The contract of MetricReader, run on every backend that stores metrics. A
 * backend brings a way to write samples, to make them durable, and to come back
 * after a crash; what it cannot do stands in `lacks`, with the reason, and the
 * suite names the skip.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Labels, Matcher } from '#signals/matchers.ts';
import type { ExemplarSeries, LabelRequest, MetricMetadata, MetricReader } from '#storage/ports.ts';

export interface Sample {
  readonly labels: Labels;
  readonly timeMs: number;
  readonly value: number;
  readonly stale?: boolean;
}

/**
 * - `late-samples`: takes samples older than the newest of their series;
 * - `overwrite`: of two at one time, the later to arrive stays;
 * - `staleness`: knows staleness markers from samples;
 * - `exact-values`: every 64-bit float comes back, NaN among them;
 * - `negative-zero`: with its sign;
 * - `label-times`: names and values are of series with a sample in the range;
 * - `metadata`, `exemplars`: keeps them.
 */
export type MetricsFeature =
  | 'late-samples'
  | 'overwrite'
  | 'staleness'
  | 'exact-values'
  | 'negative-zero'
  | 'label-times'
  | 'metadata'
  | 'exemplars';

export interface MetricsBackend extends AsyncDisposable {
  readonly reader: MetricReader;
  write(samples: readonly Sample[]): Promise<void>;
  writeExemplars(series: readonly ExemplarSeries[]): Promise<void>;
  describe(name: string, metadata: MetricMetadata): Promise<void>;
  /** Makes what was written durable. */
  flush(): Promise<void>;
  /** Crash and restart: only what was flushed must be there, and all of it. */
  restart(): Promise<void>;
}

const START_MS = 1_700_000_000_000;
const EVERYTHING: LabelRequest = { sets: [], startMs: 0, endMs: START_MS * 2, limit: 0 };

function equals(name: string, value: string): Matcher {
  return { name, operator: '=', value };
}

/** One a second, from `from` on. */
function exemplarsOf(series: string, from: number, count: number): ExemplarSeries {
  return {
    labels: { __name__: 'latency_bucket', series },
    exemplars: Array.from({ length: count }, (_, index) => ({
      labels: { trace_id: `${series}-${from + index}` },
      value: index,
      timeMs: START_MS + (from + index) * 1000,
    })),
  };
}

async function exemplarIds(
  reader: MetricReader,
  sets: readonly (readonly Matcher[])[],
  endMs = START_MS * 2,
): Promise<readonly (readonly string[])[]> {
  const found = await reader.exemplars({ sets, startMs: START_MS, endMs });
  return found.map(({ exemplars }) => exemplars.map(({ labels }) => labels['trace_id'] ?? ''));
}

function counter(service: string, code: string, count: number, offsetMs = 0): Sample[] {
  return Array.from({ length: count }, (_, index) => ({
    labels: { __name__: 'http_requests_total', service, code },
    timeMs: START_MS + offsetMs + index * 1000,
    value: index,
  }));
}

async function selectAll(
  reader: MetricReader,
  matchers: readonly Matcher[],
  startMs = 0,
  endMs = START_MS * 2,
) {
  const series = await reader.select({ matchers, startMs, endMs });
  return series
    .map(({ labels, timesMs, values, stale }) => ({
      labels: { ...labels },
      times: [...timesMs],
      values: [...values],
      stale: stale === undefined ? [] : [...stale],
    }))
    .toSorted((a, b) => JSON.stringify(a.labels).localeCompare(JSON.stringify(b.labels)));
}

/**
 * @param make a fresh, empty backend; the reason when there is none to be had here
 * @param lacks what it cannot do, and why
 */
export function metricsContract(
  name: string,
  make: () => Promise<MetricsBackend | { readonly missing: string }>,
  lacks: Readonly<Partial<Record<MetricsFeature, string>>> = {},
): void {
  const check = (
    title: string,
    features: readonly MetricsFeature[],
    body: (backend: MetricsBackend) => Promise<void>,
  ): void => {
    void test(`${name}: ${title}`, async (t) => {
      const reason = features.map((feature) => lacks[feature]).find((text) => text !== undefined);
      if (reason !== undefined) return t.skip(reason);
      const made = await make();
      if ('missing' in made) return t.skip(made.missing);
      await using backend = made;
      await body(backend);
    });
  };

  check('every matcher selects what it says', [], async (backend) => {
    await backend.write([
      ...counter('quotes', '200', 2),
      ...counter('quotes', '500', 2),
      ...counter('billing', '200', 2),
    ]);
    const cases: readonly [Matcher[], number][] = [
      [[equals('service', 'quotes')], 2],
      [[equals('service', 'quotes'), equals('code', '500')], 1],
      [[equals('__name__', 'http_requests_total'), { name: 'service', operator: '!=', value: 'quotes' }], 1],
      [[{ name: 'service', operator: '=~', value: 'quo.*|none' }], 2],
      [[{ name: 'service', operator: '=~', value: 'quo' }], 0],
      [[equals('__name__', 'http_requests_total'), { name: 'code', operator: '!~', value: '5..' }], 2],
      [[equals('__name__', 'http_requests_total'), equals('absent', '')], 3],
      [[equals('service', 'nobody')], 0],
    ];
    for (const [matchers, count] of cases) {
      assert.equal((await selectAll(backend.reader, matchers)).length, count, JSON.stringify(matchers));
    }
  });

  check('a range holds both its ends and nothing beyond', [], async (backend) => {
    await backend.write(counter('quotes', '200', 10));
    const [series] = await selectAll(
      backend.reader,
      [equals('code', '200')],
      START_MS + 2000,
      START_MS + 5000,
    );
    assert.deepEqual(series?.values, [2, 3, 4, 5]);
    const none = await selectAll(
      backend.reader,
      [equals('code', '200')],
      START_MS + 20_000,
      START_MS + 30_000,
    );
    assert.deepEqual(none, []);
  });

  check('sealed, sealed again and in memory read as one', [], async (backend) => {
    for (let part = 0; part < 12; part += 1) {
      await backend.write(counter('quotes', '200', 5, part * 5000));
      if (part < 11) await backend.flush();
    }
    const [series] = await selectAll(backend.reader, [equals('service', 'quotes')]);
    assert.equal(series?.times.length, 60);
    assert.deepEqual(
      series?.times,
      Array.from({ length: 60 }, (_, index) => START_MS + index * 1000),
    );
  });

  check('late samples find their place', ['late-samples'], async (backend) => {
    const labels = { __name__: 'temperature_celsius' };
    await backend.write([30, 10].map((at) => ({ labels, timeMs: START_MS + at, value: at })));
    await backend.flush();
    await backend.write([{ labels, timeMs: START_MS + 20, value: 200 }]);
    for (const phase of ['memory', 'sealed']) {
      const [series] = await selectAll(backend.reader, [equals('__name__', 'temperature_celsius')]);
      assert.deepEqual(series?.values, [10, 200, 30], phase);
      await backend.flush();
    }
  });

  check('a repeated time keeps the last', ['overwrite'], async (backend) => {
    const labels = { __name__: 'temperature_celsius' };
    const write = (value: number) => backend.write([{ labels, timeMs: START_MS, value }]);
    await write(30);
    await backend.flush();
    await write(20);
    for (const phase of ['memory', 'sealed']) {
      const [series] = await selectAll(backend.reader, [equals('__name__', 'temperature_celsius')]);
      assert.deepEqual(series?.values, [20], phase);
      await backend.flush();
    }
  });

  check('special values survive a seal', ['exact-values'], async (backend) => {
    const values = [0, 1e300, -1e-300, 5e-324, Infinity, -Infinity, Number.NaN, 0.1];
    const labels = { __name__: 'special', text: 'ünï "cödé" \\ \n' };
    await backend.write(values.map((value, index) => ({ labels, timeMs: START_MS + index, value })));
    await backend.flush();
    await backend.restart();
    const [series] = await selectAll(backend.reader, [equals('__name__', 'special')]);
    assert.deepEqual(series?.labels, labels);
    assert.ok(values.every((value, index) => Object.is(value, series.values[index])));
  });

  check('the sign of a zero survives a seal', ['negative-zero'], async (backend) => {
    const labels = { __name__: 'special' };
    await backend.write([0, -0].map((value, index) => ({ labels, timeMs: START_MS + index, value })));
    await backend.flush();
    const [series] = await selectAll(backend.reader, [equals('__name__', 'special')]);
    assert.ok(Object.is(series?.values[1], -0));
  });

  check('staleness survives a seal, and is not a NaN', ['staleness'], async (backend) => {
    const labels = { __name__: 'special' };
    const write = (at: number, value: number, stale: boolean) =>
      backend.write([{ labels, timeMs: START_MS + at, value, stale }]);
    await write(0, 1, false);
    await write(1, Number.NaN, false);
    await write(2, 1, true);
    await backend.flush();
    await backend.restart();
    const [series] = await selectAll(backend.reader, [equals('__name__', 'special')]);
    assert.deepEqual(
      series?.times,
      [0, 1, 2].map((at) => START_MS + at),
    );
    assert.deepEqual(series.stale, [0, 0, 1]);
  });

  check('what was flushed survives a crash, many series', [], async (backend) => {
    const series = Array.from({ length: 500 }, (_, index) => counter(`service-${index}`, '200', 20)).flat();
    await backend.write(series);
    await backend.flush();
    await backend.write(counter('after', '200', 3));
    await backend.restart();
    const all = await selectAll(backend.reader, [
      equals('__name__', 'http_requests_total'),
      { name: 'service', operator: '!=', value: 'after' },
    ]);
    assert.equal(all.length, 500);
    assert.ok(all.every(({ values }) => values.length === 20 && values[19] === 19));
  });

  check('names, values and label sets', [], async (backend) => {
    await backend.write([...counter('quotes', '200', 2), ...counter('billing', '500', 2, 3_600_000)]);
    assert.deepEqual(await backend.reader.labelNames(EVERYTHING), ['__name__', 'code', 'service']);
    assert.deepEqual(await backend.reader.labelValues('service', EVERYTHING), ['billing', 'quotes']);
    assert.deepEqual(await backend.reader.labelValues('nothing', EVERYTHING), []);
    const chosen = { ...EVERYTHING, sets: [[equals('code', '500')], [equals('service', 'nobody')]] };
    assert.deepEqual(await backend.reader.series(chosen), [
      { __name__: 'http_requests_total', service: 'billing', code: '500' },
    ]);
    assert.equal((await backend.reader.series({ ...EVERYTHING, limit: 1 })).length, 1);
    const all = await backend.reader.labelValues('service', { ...EVERYTHING, limit: 1 });
    assert.equal(all.length, 1);
  });

  check('names and values within a time range', ['label-times'], async (backend) => {
    await backend.write([...counter('quotes', '200', 2), ...counter('billing', '500', 2, 3_600_000)]);
    const early = { ...EVERYTHING, endMs: START_MS + 10_000 };
    assert.deepEqual(await backend.reader.labelValues('service', early), ['quotes']);
  });

  check('label sets within a time range', [], async (backend) => {
    await backend.write([...counter('quotes', '200', 2), ...counter('billing', '500', 2, 48 * 3_600_000)]);
    const early = { ...EVERYTHING, startMs: START_MS, endMs: START_MS + 10_000 };
    assert.deepEqual(await backend.reader.series(early), [
      { __name__: 'http_requests_total', service: 'quotes', code: '200' },
    ]);
  });

  check('metadata is kept with the data', ['metadata'], async (backend) => {
    const metadata: MetricMetadata = { type: 'counter', help: 'Requests.', unit: '' };
    await backend.write(counter('quotes', '200', 1));
    await backend.describe('http_requests_total', metadata);
    await backend.flush();
    await backend.restart();
    assert.deepEqual({ ...(await backend.reader.metadata())['http_requests_total'] }, metadata);
  });

  check('exemplars are found by series and time, in order of both', ['exemplars'], async (backend) => {
    await backend.writeExemplars([exemplarsOf('b', 2, 1), exemplarsOf('b', 0, 2), exemplarsOf('a', 0, 2)]);
    const all = [[equals('__name__', 'latency_bucket')]];
    const { reader } = backend;
    assert.deepEqual(await exemplarIds(reader, all), [
      ['a-0', 'a-1'],
      ['b-0', 'b-1', 'b-2'],
    ]);
    assert.deepEqual(await exemplarIds(reader, all, START_MS + 1000), [
      ['a-0', 'a-1'],
      ['b-0', 'b-1'],
    ]);
    const either = [[equals('series', 'a')], [equals('series', 'b'), equals('absent', 'x')]];
    assert.deepEqual(await exemplarIds(reader, either), [['a-0', 'a-1']]);
    assert.deepEqual(await exemplarIds(reader, []), []);
  });

  check('exemplars that were flushed survive a crash, once each', ['exemplars'], async (backend) => {
    for (let part = 0; part < 40; part += 1) {
      await backend.writeExemplars([exemplarsOf('a', part * 2, 2)]);
      await backend.flush();
      if (part % 10 === 9) await backend.restart();
    }
    const [ids] = await exemplarIds(backend.reader, [[equals('series', 'a')]]);
    assert.deepEqual(
      ids,
      Array.from({ length: 80 }, (_, index) => `a-${index}`),
    );
    const [series] = await backend.reader.exemplars({
      sets: [[equals('series', 'a')]],
      startMs: START_MS,
      endMs: START_MS,
    });
    assert.deepEqual(series?.exemplars, [{ labels: { trace_id: 'a-0' }, value: 0, timeMs: START_MS }]);
  });

  check('an aborted select stops', [], async (backend) => {
    await backend.write(counter('quotes', '200', 2));
    const signal = AbortSignal.abort(new Error('enough'));
    await assert.rejects(
      backend.reader.select({ matchers: [equals('code', '200')], startMs: 0, endMs: START_MS * 2, signal }),
      /enough/,
    );
  });
}
