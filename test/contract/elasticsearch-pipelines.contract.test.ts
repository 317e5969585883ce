/**
 * Pipeline aggregations over HTTP and the real store. The figures are what
 * Elasticsearch 9.4.3 answered to the same requests over the same documents,
 * but where a test says otherwise.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import express from 'express';
import { systemClock } from '#base/real/clock.ts';
import { elasticsearchRoutes } from '#server/elasticsearch/routes.ts';
import { logsRecord } from '#test/contract/logs.ts';
import { DocumentsWorld } from '#test/support/documents-world.ts';

type Json = Readonly<Record<string, unknown>>;

const START_NANOS = BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n;
/** By place; where there is `none` stands a document without a value, elsewhere no document. */
const VALUES = new Map<number, number | 'none'>([
  [0, 3],
  [1, 7],
  [2, 2],
  [5, 9],
  [6, 4],
  [7, 11],
  [8, -5],
  [9, 6],
  [10, 'none'],
  [11, 8],
  [12, 1],
  [13, 10],
  [14, 12],
  [15, 5],
  [18, 2.5],
  [19, 7.25],
]);

let world: DocumentsWorld;
let url = '';
let stop: () => void = () => {};

before(async () => {
  world = await DocumentsWorld.open();
  const documents = [...VALUES].map(([place, value]) => ({
    nanos: START_NANOS + BigInt(place) * 1_000_000_000n,
    body: 'm',
    attributes: {
      place: BigInt(place),
      side: place % 2 === 1 ? 'a' : 'b',
      ...(value === 'none' ? {} : { value, count: place + 1 }),
    },
  }));
  await world.write([logsRecord({ service: 'quotes' }, documents)]);
  const app = express();
  app.use('/es', elasticsearchRoutes({ reader: world.store, clock: systemClock, version: 'test' }));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/es`;
  stop = () => {
    server.closeAllConnections();
    server.close();
  };
});

after(async () => {
  stop();
  await world[Symbol.asyncDispose]();
});

const METRICS = {
  s: { sum: { field: 'value' } },
  a: { avg: { field: 'value' } },
  w: { max: { field: 'count' } },
  st: { stats: { field: 'value' } },
  p: { percentiles: { field: 'value', percents: [50, 95] } },
  one: { percentiles: { field: 'value', percents: [50] } },
};
const PLACES = { histogram: { field: 'place', interval: 1 } };

async function ask(parent: Json, pipelines: Json, query = '') {
  const response = await fetch(`${url}/logs-*/_search${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ size: 0, aggs: { h: { ...parent, aggs: { ...METRICS, ...pipelines } } } }),
  });
  return { status: response.status, body: (await response.json()) as Json };
}

interface Answer {
  readonly aggregations: { readonly h: { readonly buckets: readonly Json[] | Record<string, Json> } };
}

/** The values of one, with points where buckets have none. */
async function valuesOf(pipelines: Json, name = 'x', parent: Json = PLACES): Promise<string> {
  const { status, body } = await ask(parent, pipelines);
  assert.equal(status, 200, JSON.stringify(body));
  const { buckets } = (body as unknown as Answer).aggregations.h;
  return Object.values(buckets)
    .map((bucket) => (bucket[name] === undefined ? '.' : String((bucket[name] as Json)['value'])))
    .join(' ');
}

async function refusal(pipelines: Json, parent: Json = PLACES): Promise<string> {
  const { status, body } = await ask(parent, pipelines);
  assert.equal(status, 400, JSON.stringify(body));
  const error = body['error'] as Json;
  assert.deepEqual(Object.keys(error).slice(0, 3), ['root_cause', 'type', 'reason']);
  return `${String(error['type'])} ${String(error['reason'])}`;
}

const DIFFERENCES: readonly (readonly [path: string, gaps: string, expected: string])[] = [
  ['s', 'skip', '. . -1 . . . . 2 -9 -5 5 2 1 2 11 -5 . . . .'],
  ['a', 'skip', '. . -1 . . . . 2 -9 -5 . 2 . 2 11 -5 . . . .'],
  ['_count', 'skip', '. . 0 -1 -1 1 1 0 0 0 0 0 0 0 0 0 -1 -1 1 1'],
  ['st.avg', 'skip', '. . -1 . . . . 2 -9 -5 . 2 . 2 11 -5 . . . .'],
  ['p[50.0]', 'insert_zeros', '. . -1 -7 -2 9 4 2 -9 -5 5 2 1 2 11 -5 -12 -5 2.5 7.25'],
  ['p.95', 'keep_values', '. . -1 . . . . 2 -9 -5 . 2 . 2 11 -5 . . . .'],
  ['s', 'keep_values', '. . -1 -7 -2 9 4 2 -9 -5 5 2 1 2 11 -5 -12 -5 2.5 7.25'],
];

test('serial_diff takes a bucket from the one so many before it, and gaps as it is told', async () => {
  for (const [path, gap_policy, expected] of DIFFERENCES) {
    const x = { serial_diff: { buckets_path: path, lag: 2, gap_policy } };
    assert.equal(await valuesOf({ x }), expected, `${path} ${gap_policy}`);
  }
  const x = { serial_diff: { buckets_path: 'one' } };
  assert.equal(await valuesOf({ x }), '. 4 -5 . . . -5 7 -16 11 . . -7 9 2 -7 . . . 4.75');
});

const WINDOWS: readonly (readonly [call: string, options: Json, expected: string])[] = [
  ['sum(values)', {}, '0 3 10 . . 12 18 15 24 10 12 1 14 9 19 23 . . 27 19.5'],
  ['sum(values)', { buckets_path: 'a' }, '0 3 10 . . 12 18 15 24 10 . 12 9 15 19 23 . . 27 19.5'],
  ['sum(values)', { gap_policy: 'insert_zeros' }, '0 3 10 12 9 2 9 13 24 10 12 1 14 9 19 23 27 17 5 2.5'],
  ['max(values)', { shift: 1 }, '3 7 7 . . 9 9 11 11 11 6 8 8 10 12 12 . . 12 7.25'],
  ['max(values)', { shift: -2 }, 'null null null . . 3 7 7 9 9 11 11 11 6 8 8 . . 10 12'],
  ['sum(values)', { shift: 30 }, '0 0 0 . . 0 0 0 0 0 0 0 0 0 0 0 . . 0 0'],
  ['min(values)', { window: 5 }, 'null 3 3 . . 2 2 2 2 -5 -5 -5 -5 -5 0 0 . . 1 1'],
  ['unweightedAvg(values)', { window: 5 }, 'null 3 5 . . 4 5.25 5 6.6 4.2 5 3.2 4 2 5 6.2 . . 7.2 6.1'],
];

test('moving_fn runs over windows of the values there are', async () => {
  for (const [call, options, expected] of WINDOWS) {
    const script = `MovingFunctions.${call}`;
    const x = { moving_fn: { buckets_path: 's', window: '3', script, ...options } };
    assert.equal(await valuesOf({ x }), expected, `${call} ${JSON.stringify(options)}`);
  }
});

test('moving_fn with seasons needs two periods, which a guard sees to', async () => {
  const call = 'MovingFunctions.holtWinters(values, 0.5, 0.4, 0.7, 3, false)';
  const moving = (script: string): Json => ({ x: { moving_fn: { buckets_path: 's', window: 8, script } } });
  const values = await valuesOf(moving(`if (values.length >= 6) {${call}}`));
  assert.match(values, /^0 0 0 \. \. 0 0 0 12\.33525 -2\.790424/);
  assert.match(await refusal(moving(call)), /^illegal_argument_exception holtWinters .* 6 values/);
});

const SCRIPTS: readonly (readonly [script: unknown, expected: string])[] = [
  ['params.a', '3 7 2 . . 9 4 11 -5 6 . 8 1 10 12 5 . . 2.5 7.25'],
  [{ source: 'return params.a - 1;' }, '2 6 1 . . 8 3 10 -6 5 . 7 0 9 11 4 . . 1.5 6.25'],
  ['10/4*params.a', '6 14 4 . . 18 8 22 -10 12 . 16 2 20 24 10 . . 5 14.5'],
  ['params.a % 3', '0 1 2 . . 0 1 2 -2 0 . 2 1 1 0 2 . . 2.5 1.25'],
  ['params.a/0', 'null null null . . null null null null null . null null null null null . . null null'],
  ['(params.a > 5 ? 1 : 2)/4', '0 0 0 . . 0 0 0 0 0 . 0 0 0 0 0 . . 0 0'],
  [
    '(params.a > 5 ? 1 : 2.5)/4',
    '0.625 0.25 0.625 . . 0.25 0.625 0.25 0.625 0.25 . 0.25 0.625 0.25 0.25 0.625 . . 0.625 0.25',
  ],
  ['Math.round(params.a)/2', '1 3 1 . . 4 2 5 -2 3 . 4 0 5 6 2 . . 1 3'],
  ['Math.max(1,2)/4', '0.5 0.5 0.5 . . 0.5 0.5 0.5 0.5 0.5 . 0.5 0.5 0.5 0.5 0.5 . . 0.5 0.5'],
  ['Math.pow(params.a,2)', '9 49 4 . . 81 16 121 25 36 . 64 1 100 144 25 . . 6.25 52.5625'],
  ['params.a > 3 && params.b < 6 ? 1:2', '2 1 2 . . 2 2 2 2 2 . 2 2 2 2 2 . . 2 2'],
  ['params.a > 1 ? params.b > 3 ? 1 : 2 : 3', '2 2 2 . . 1 1 1 3 1 . 1 3 1 1 1 . . 1 1'],
];

const scripted = (script: unknown, more: Json = {}): Json => ({
  x: { bucket_script: { buckets_path: { a: 's', b: 'w' }, script, ...more } },
});

test('bucket_script reckons as Painless does', async () => {
  for (const [script, expected] of SCRIPTS)
    assert.equal(await valuesOf(scripted(script)), expected, JSON.stringify(script));
});

test('bucket_script runs in any list of buckets', async () => {
  const sides = { filters: { filters: { a: { term: { side: 'a' } }, z: { term: { side: 'z' } } } } };
  assert.equal(await valuesOf(scripted('params.a'), 'x', { terms: { field: 'side' } }), '63.25 19.5');
  assert.equal(await valuesOf(scripted('params.a'), 'x', sides), '63.25 .');
});

test('a pipeline may be made of one that stands behind it', async () => {
  const pipelines = {
    '1': { serial_diff: { buckets_path: '2' } },
    '2': { derivative: { buckets_path: 's' } },
    c: { cumulative_sum: { buckets_path: 'x' } },
    x: { serial_diff: { buckets_path: 's', lag: 2 } },
  };
  assert.equal(await valuesOf(pipelines, '1'), '. . -9 . . . . 12 -23 27 -17 14 -15 16 -7 -9 . . . .');
  assert.equal(await valuesOf(pipelines, 'c'), '0 0 -1 -1 -1 -1 -1 1 -8 -13 -8 -6 -5 -3 8 3 3 3 3 3');
});

test('typed clients are told a simple value', async () => {
  const { body } = await ask(PLACES, scripted('1'), '?typed_keys=true');
  assert.ok(JSON.stringify(body).includes('"simple_value#x":{"value":1}'));
});

const diff = (options: Json): Json => ({ x: { serial_diff: options } });
const moving = (options: Json): Json => ({
  x: { moving_fn: { buckets_path: 's', window: 3, script: 'MovingFunctions.max(values)', ...options } },
});

const REFUSED: readonly (readonly [pipelines: Json, reason: RegExp, parent?: Json])[] = [
  [diff({ buckets_path: 'nope' }), /^action_request_validation_exception .*\[nope\]/],
  [diff({ buckets_path: 'p' }), /^illegal_argument_exception .*more than one/],
  [diff({ buckets_path: 'p[49]' }), /^illegal_argument_exception .*\[49\]/],
  [diff({ buckets_path: 's.avg' }), /^illegal_argument_exception .*\[avg\]/],
  [diff({ buckets_path: 'x' }), /^action_request_validation_exception .*Cyclical/],
  [diff({ buckets_path: 's', gap_policy: 'none' }), /^parsing_exception .*gap policy/],
  [diff({ buckets_path: 's', lag: 0 }), /^parsing_exception .*lag/],
  [diff({ buckets_path: 's' }), /must have one of/, { terms: { field: 'side' } }],
  [moving({ window: 0 }), /^parsing_exception .*window/],
  [moving({ script: 'values.length' }), /^script_exception .*values\.length/],
  [moving({ predict: 3 }), /^parsing_exception .*\[predict\]/],
  [scripted('params.zz'), /^script_exception .*\[zz\]/],
  [scripted('a'), /^script_exception .*\[a\]/],
  [scripted('1/0'), /^script_exception .*zero/],
  [scripted('7 / Math.round(params.a - params.a)'), /^illegal_argument_exception .*zero/],
  [scripted({ source: 'a', lang: 'expression' }), /^script_exception .*expression/],
  [scripted('params.a'), /must have one of/, { missing: { field: 'value' } }],
  [scripted('params.a'), /order path \[x\]/, { terms: { field: 'side', order: { x: 'asc' } } }],
];

test('what is not understood is refused, and the reason names it', async () => {
  for (const [pipelines, reason, parent] of REFUSED)
    assert.match(await refusal(pipelines, parent), reason, JSON.stringify(pipelines));
});
