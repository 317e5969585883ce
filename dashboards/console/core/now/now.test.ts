import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesIn, type ChangeAnswers } from '#dashboards/console/core/now/changes.ts';
import { ofService, rateWindowMs } from '#dashboards/console/core/now/queries.ts';
import { callsBetween, edgeWidth, errorLevel, serviceSeries } from '#dashboards/console/core/now/services.ts';
import type { PromLabels, PromVectorAnswer } from '#dashboards/console/core/prom-series.ts';

const MINUTE = 60_000;
const vector = (...rows: readonly (readonly [PromLabels, number])[]): PromVectorAnswer => ({
  data: { result: rows.map(([metric, value]) => ({ metric, value: [0, String(value)] as const })) },
});
const NOTHING: ChangeAnswers = {
  started: undefined,
  startedBefore: undefined,
  scraped: undefined,
  operations: undefined,
  versions: undefined,
  patterns: undefined,
};
const RANGE = { startMs: 1_000_000_000, endMs: 1_000_900_000 };

test('rates are taken over one to five minutes', () => {
  assert.equal(rateWindowMs(15 * MINUTE), MINUTE);
  assert.equal(rateWindowMs(60 * MINUTE), 4 * MINUTE);
  assert.equal(rateWindowMs(30 * 86_400_000), 5 * MINUTE);
  assert.match(ofService('rate', 'a"b', MINUTE), /service_name="a\\"b"/);
});

test('figures of services: last value if it is fresh, share of errors where there was work', () => {
  const matrix = (metric: PromLabels, values: readonly (readonly [number, string])[]) => ({
    data: { result: [{ metric, values }] },
  });
  const grid = { startMs: 0, stepMs: 1000, count: 6 };
  const [gateway] = serviceSeries(
    {
      rate: matrix({ service_name: 'gateway' }, [
        [0, '10'],
        [1, '0'],
        [5, '20'],
      ]),
      errors: matrix({ service_name: 'gateway' }, [[5, '5']]),
      p95: matrix({ service_name: 'gateway' }, [
        [0, '7'],
        [5, 'NaN'],
      ]),
    },
    grid,
  );
  assert.deepEqual(gateway?.errorRatio, [0, null, null, null, null, 0.25]);
  assert.deepEqual(gateway?.now, { rate: 20, errorRatio: 0.25, p95Ms: null });
});

test('edges: those of the range, with what they carry now', () => {
  const pair = (client: string, server: string, more: PromLabels = {}): PromLabels => ({
    client,
    server,
    ...more,
  });
  const calls = callsBetween(
    vector(
      [pair('a', 'b'), 3],
      [pair('a', 'c', { connection_type: 'messaging_system' }), 3],
      [pair('a', 'd'), 0],
      [pair('carriers', 'b', { connection_type: 'virtual_node' }), 1],
    ),
    vector([pair('a', 'b'), 4]),
    vector([pair('a', 'b'), 1]),
  );
  assert.deepEqual(calls, [
    { from: 'a', to: 'b', weak: false, rate: 4, errorRatio: 0.25 },
    { from: 'a', to: 'c', weak: true, rate: 0, errorRatio: null },
    { from: 'carriers', to: 'b', weak: false, rate: 0, errorRatio: null },
  ]);
  assert.equal(edgeWidth(0), 1);
  assert.ok(edgeWidth(1000) < 6);
  assert.deepEqual([null, 0, 0.01, 0.5].map(errorLevel), ['none', 'none', 'some', 'many']);
});

test('starts: one alone, one again, many together', () => {
  const at = (offset: number): number => (RANGE.startMs + offset) / 1000;
  const jobs = ['a', 'b', 'c', 'd'];
  const started = vector(
    ...jobs.map((job, index) => [{ job }, at(60_000 + index * 1000)] as const),
    [{ job: 'e' }, at(600_000)],
    [{ job: 'old' }, at(-600_000)],
  );
  const startedBefore = vector([{ job: 'e' }, at(-5000)]);
  assert.deepEqual(
    changesIn({ ...NOTHING, started, startedBefore }, RANGE).map(({ kind, text }) => [kind, text]),
    [
      ['restart', 'e was started again'],
      ['start', '4 processes were started together'],
    ],
  );
});

test('a change keeps its id while its words go on', () => {
  const pattern = {
    pattern: 'order <id> could not be stored',
    service: 'a',
    severity: 'error',
    baselineCount: 0,
    firstUnixNanos: '1000500000000000',
    example: '',
  };
  const jobs = ['a', 'b', 'c', 'd'];
  const idsOf = (processes: number, count: number): readonly string[] => {
    const rows = jobs.slice(0, processes).map((job, at) => [{ job }, RANGE.startMs / 1000 + at] as const);
    const patterns = { patterns: [{ ...pattern, count }] };
    return changesIn({ ...NOTHING, started: vector(...rows), patterns }, RANGE).map(({ id }) => id);
  };
  const ids = idsOf(3, 1);
  assert.equal(new Set(ids).size, 2);
  assert.deepEqual(idsOf(4, 2), ids);
});

test('an operation is new when its service is older than it', () => {
  const at = (offset: number): number => (RANGE.startMs + offset) / 1000;
  const row = (service_name: string, span_name: string, offset: number) =>
    [{ service_name, span_name }, at(offset)] as const;
  const operations = vector(
    row('a', 'GET', 0),
    row('a', 'POST', 600_000),
    row('b', 'GET', 300_000),
    row('b', 'POST', 310_000),
  );
  const found = changesIn({ ...NOTHING, operations }, RANGE);
  assert.deepEqual(
    found.map(({ text, detail }) => [text, detail]),
    [['a has a new operation: POST', 'POST']],
  );
});

test('error patterns that were not there before, with words to search for', () => {
  const pattern = {
    service: 'a',
    severity: 'error',
    count: 3,
    baselineCount: 0,
    firstUnixNanos: '1000500000000000',
    example: '',
  };
  const patterns = {
    patterns: [
      { ...pattern, pattern: 'order <id> could not be stored' },
      { ...pattern, pattern: 'known', baselineCount: 1 },
      { ...pattern, pattern: 'chatty', severity: 'info' },
    ],
  };
  const found = changesIn({ ...NOTHING, patterns }, RANGE);
  assert.deepEqual(
    found.map(({ text, detail, atMs }) => [text, detail, atMs]),
    [['a logs a new error, 3 times: order <id> could not be stored', 'could not be stored', 1_000_500_000]],
  );
  assert.deepEqual(
    changesIn({ ...NOTHING, scraped: vector([{ job: 'x' }, 0], [{ job: 'y' }, 1]) }, RANGE)[0]?.services,
    ['x'],
  );
});
