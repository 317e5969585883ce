import assert from 'node:assert/strict';
import { test } from 'node:test';
import { families, searchFamilies, starters } from '#dashboards/console/core/metrics/catalogue.ts';
import { exemplarsOf, slowest, thinned } from '#dashboards/console/core/metrics/exemplars.ts';
import { problemOf } from '#dashboards/console/core/metrics/prom-error.ts';
import { queriesIn, queryChanges, stepMsOf } from '#dashboards/console/core/metrics/queries.ts';
import { unitOf } from '#dashboards/console/core/metrics/query-unit.ts';
import {
  DRAWN_MAX,
  naming,
  seriesSet,
  valueTable,
  type QueryAnswer,
} from '#dashboards/console/core/metrics/series-set.ts';

test('an error of the API is found in the query', () => {
  const message = 'invalid parameter "query": 1:4: parse error: unclosed left parenthesis';
  assert.deepEqual(problemOf(message, 'sum(up'), { message: 'unclosed left parenthesis', offset: 3 });
  assert.deepEqual(problemOf('2:3: parse error: no', 'ab\ncdef'), { message: 'no', offset: 5 });
  assert.deepEqual(problemOf('1:99: parse error: end', 'up'), { message: 'end', offset: 2 });
  assert.deepEqual(problemOf('the query ran out of time', 'up'), {
    message: 'the query ran out of time',
    offset: undefined,
  });
});

test('a unit is told only where it is certain', () => {
  const unit = (query: string): string => {
    const { unit: name, factor, observed } = unitOf(query);
    return `${name} ${factor}${observed ? ' observed' : ''}`;
  };
  assert.equal(unit('process_resident_memory_bytes'), 'bytes 1');
  assert.equal(unit('max by (job) (process_resident_memory_bytes{job="a"})'), 'bytes 1');
  assert.equal(unit('topk(5, sum by (a, b) (x_bytes))'), 'bytes 1');
  assert.equal(unit('sum by (service_name) (rate(calls_total{a="b, c"}[5m]))'), 'rate 1');
  assert.equal(unit('rate(http_seconds_count[5m])'), 'rate 1');
  assert.equal(unit('sum(rate(process_cpu_seconds_total[5m]))'), 'number 1');
  assert.equal(
    unit('histogram_quantile(0.95, sum by (le) (rate(http_request_seconds_bucket[5m])))'),
    'duration-ms 1000 observed',
  );
  assert.equal(unit('histogram_quantile(0.5, rate(d_milliseconds_bucket[1m]))'), 'duration-ms 1 observed');
  assert.equal(unit('histogram_fraction(0, 0.3, rate(d_milliseconds_bucket[1m]))'), 'share 1');
  assert.equal(unit('limitk(5, x_bytes)'), 'bytes 1');
  assert.equal(unit('process_start_time_seconds'), 'number 1');
  assert.equal(unit('loop_utilization_ratio'), 'share 1');
  assert.equal(unit('a_bytes / b_bytes'), 'number 1');
  assert.equal(unit('sum(a_bytes) / sum(b_bytes)'), 'number 1');
  assert.equal(unit('rate(a_total[5m]) / rate(b_total[5m])'), 'number 1');
  assert.equal(unit('sum(('), 'number 1');
});

const GRID = { startMs: 10_000, stepMs: 5000, count: 3 };

function matrix(series: readonly (readonly [Record<string, string>, readonly string[]])[]): QueryAnswer {
  return {
    data: {
      resultType: 'matrix',
      result: series.map(([metric, values]) => ({
        metric,
        values: values.map((value, index) => [10 + 5 * index, value] as const),
      })),
    },
  };
}

test('series are drawn highest first, named by what differs, gaps kept', () => {
  const answer = matrix([
    [{ __name__: 'up', job: 'a', zone: 'x' }, ['1', 'NaN', '2']],
    [{ __name__: 'up', job: 'b', zone: 'x' }, ['5', '6']],
    [{ __name__: 'up', job: 'c', zone: 'x' }, ['+Inf', '1', '1']],
  ]);
  const set = seriesSet(answer, GRID, 10);
  assert.deepEqual(set.timesMs, [10_000, 15_000, 20_000]);
  assert.deepEqual(
    set.series.map(({ name, values }) => [name, values]),
    [
      ['b', [50, 60, null]],
      ['a', [10, null, 20]],
      ['c', [null, 10, 10]],
    ],
  );
  assert.deepEqual(set.common, { __name__: 'up', zone: 'x' });
  assert.equal(set.count, 3);
});

test('of many series the highest are drawn, and one keeps its colour whatever its rank', () => {
  const many = Array.from(
    { length: DRAWN_MAX + 7 },
    (_, index) => [{ n: String(index), m: 'x' }, [String(index)]] as const,
  );
  const set = seriesSet(matrix(many), GRID, 1);
  assert.equal(set.count, DRAWN_MAX + 7);
  assert.equal(set.series.length, DRAWN_MAX);
  assert.equal(set.series[0]?.name, String(DRAWN_MAX + 6));
  const two = (a: string, b: string): unknown =>
    seriesSet(
      matrix([
        [{ k: 'p' }, [a]],
        [{ k: 'q' }, [b]],
      ]),
      GRID,
      1,
    )
      .series.toSorted((one, other) => (one.name < other.name ? -1 : 1))
      .map(({ name, style }) => [name, style.slot]);
  assert.deepEqual(two('1', '2'), two('2', '1'));
});

test('names say what tells series apart', () => {
  assert.deepEqual(naming([{ __name__: 'up' }]).names, ['up']);
  assert.deepEqual(naming([{}]).names, ['value']);
  assert.deepEqual(naming([{ a: '1', b: '2' }, { a: '1' }]).names, ['2', 'no b']);
  assert.deepEqual(
    naming([
      { a: '1', b: '2' },
      { a: '3', b: '4' },
    ]).names,
    ['a=1, b=2', 'a=3, b=4'],
  );
});

test('a table takes every kind of result', () => {
  const vector: QueryAnswer = {
    data: {
      resultType: 'vector',
      result: [
        { metric: { a: '1' }, value: [1, '2'] },
        { metric: { a: '2' }, value: [1, 'NaN'] },
        { metric: { a: '3' }, value: [1, '7'] },
      ],
    },
  };
  const table = valueTable(vector, 2);
  assert.deepEqual(
    table.rows.map(({ value, text }) => [value, text]),
    [
      [14, '7'],
      [4, '2'],
      [null, 'NaN'],
    ],
  );
  assert.deepEqual(table.columns, ['a']);
  const scalar = valueTable({ data: { resultType: 'scalar', result: [1, '42'] } }, 1);
  assert.deepEqual([scalar.rows[0]?.value, scalar.more], [42, 0]);
  const text = valueTable({ data: { resultType: 'string', result: [1, '42'] } }, 1);
  assert.deepEqual([text.rows[0]?.value, text.rows[0]?.text], [null, '42']);
  assert.deepEqual(valueTable(undefined, 1).rows, []);
});

test('exemplars lead to traces, each once, and are thinned from below', () => {
  const exemplar = (value: string, timestamp: number, traceId?: string) => ({
    labels: traceId === undefined ? {} : { trace_id: traceId, span_id: 's' },
    value,
    timestamp,
  });
  const answer = {
    data: [
      {
        seriesLabels: { __name__: 'x_seconds_bucket', le: '1' },
        exemplars: [exemplar('0.5', 20, 'b'), exemplar('0.5', 10)],
      },
      {
        seriesLabels: { __name__: 'x_seconds_bucket', le: '2' },
        exemplars: [exemplar('0.5', 20, 'b'), exemplar('1.5', 10, 'a')],
      },
    ],
  };
  const found = exemplarsOf(answer);
  assert.deepEqual(
    found.map(({ traceId, value, unit, timeMs }) => [traceId, value, unit, timeMs]),
    [
      ['a', 1500, 'duration-ms', 10_000],
      ['b', 500, 'duration-ms', 20_000],
    ],
  );
  const many = Array.from({ length: 1000 }, (_, index) => ({
    timeMs: index,
    value: index % 10,
    unit: 'number' as const,
    traceId: String(index),
    spanId: undefined,
    labels: {},
  }));
  const few = thinned(many, 100);
  assert.equal(few.length, 100);
  assert.ok(few.every(({ value }) => value === 9 || value === 8));
  assert.deepEqual(
    slowest(found, 1).map(({ traceId }) => traceId),
    ['a'],
  );
});

test('a catalogue has a histogram once, with a query to begin with', () => {
  const names = ['h_seconds_bucket', 'h_seconds_count', 'h_seconds_sum', 'n_total', 'g', 'odd_count'];
  const metadata = {
    h_seconds: [{ type: 'histogram', help: 'How long.', unit: '' }],
    n_total: [{ type: 'counter', help: 'How many.', unit: '' }],
  };
  const all = families(names, metadata);
  assert.deepEqual(
    all.map(({ name, query }) => [name, query]),
    [
      ['g', 'g'],
      ['h_seconds', 'histogram_quantile(0.95, sum by (job, le) (rate(h_seconds_bucket[5m])))'],
      ['n_total', 'sum by (job) (rate(n_total[5m]))'],
      ['odd_count', 'odd_count'],
    ],
  );
  assert.deepEqual(
    searchFamilies(all, 'how LONG').map(({ name }) => name),
    ['h_seconds'],
  );
  assert.deepEqual(
    starters(['up']).map(({ query }) => query),
    ['max by (job) (up)'],
  );
});

test('queries and step stand in the address', () => {
  const get = (text: string) => (name: string) => new URLSearchParams(text).get(name);
  assert.deepEqual(queriesIn(get('')), ['']);
  assert.deepEqual(queriesIn(get('q0=up&q2=down')), ['up', '', 'down']);
  assert.deepEqual(queriesIn(get('q0=up&n=2')), ['up', '']);
  assert.deepEqual(queriesIn(get('q9=up&n=99')), ['']);
  const { q0, q1, q2, n } = queryChanges(['up', '']);
  assert.deepEqual([q0, q1, q2, n], ['up', '', undefined, '2']);
  const hour = { startMs: 0, endMs: 3_600_000 };
  assert.equal(stepMsOf('', hour), 15_000);
  assert.equal(stepMsOf('5s', hour), 5000);
  assert.equal(stepMsOf('1s', { startMs: 0, endMs: 30 * 86_400_000 }), 14_400_000);
  assert.equal(stepMsOf('nonsense', hour), 15_000);
});
