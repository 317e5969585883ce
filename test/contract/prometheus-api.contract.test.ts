/**
 * Prometheus' API "as Grafana asks", over HTTP, on a reader in memory and on the
 * embedded store with its samples sealed on disk.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import express from 'express';
import { CodedError } from '#base/errors.ts';
import { silentLogger } from '#base/log.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { NEW_CURSOR } from '#journal/core/cursor.ts';
import { createPrometheusApi, type PrometheusApi } from '#server/prometheus/handlers.ts';
import { FORM_BYTES_MAX, prometheusRoutes } from '#server/prometheus/routes.ts';
import { EmbeddedMetrics } from '#storage/embedded/metrics/store.ts';
import type { ExemplarSeries, MetricMetadata, MetricReader } from '#storage/ports.ts';
import { MemoryMetrics, type SeriesInput } from '#test/support/memory-metrics.ts';

const START = 1_700_000_000;
const MINUTES = 60;
const METADATA: Readonly<Record<string, MetricMetadata>> = {
  http_requests_total: { type: 'counter', help: 'Requests.', unit: '' },
  up: { type: 'gauge', help: 'Whether it is up.', unit: '' },
};

function line(labels: Readonly<Record<string, string>>, at: (minute: number) => number): SeriesInput {
  const samples = Array.from(
    { length: MINUTES + 1 },
    (_, minute) => [(START + minute * 60) * 1000, at(minute)] as const,
  );
  return { labels, samples };
}

const SERIES: readonly SeriesInput[] = [
  line({ __name__: 'http_requests_total', service: 'shop', code: '200' }, (minute) => minute * 60),
  line({ __name__: 'http_requests_total', service: 'shop', code: '500' }, (minute) => minute * 6),
  line({ __name__: 'up', service: 'shop' }, () => 1),
  line({ __name__: 'up', service: 'bank' }, () => 0),
  line({ __name__: 'dotted.metric', 'http.method': 'GET' }, () => 3),
  line({ __name__: 'special', kind: 'nan' }, () => NaN),
  line({ __name__: 'special', kind: 'inf' }, () => -Infinity),
];

const TRACE = '0af7651916cd43dd8448eb211c80319c';

function bucket(le: string): Readonly<Record<string, string>> {
  return { __name__: 'latency_bucket', le, service: 'shop' };
}

/** In the order of their labels, each by time. */
const EXEMPLARS: readonly ExemplarSeries[] = [
  {
    labels: bucket('+Inf'),
    exemplars: [{ labels: { trace_id: TRACE }, value: Infinity, timeMs: (START + 30) * 1000 }],
  },
  {
    labels: bucket('0.5'),
    exemplars: [
      { labels: { trace_id: TRACE, span_id: 'b7ad6b7169203331' }, value: 0.42, timeMs: START * 1000 + 479 },
      { labels: { trace_id: TRACE }, value: 0.1, timeMs: (START + 60) * 1000 },
    ],
  },
];

interface Backend {
  readonly reader: MetricReader;
  close(): Promise<void>;
}

const BACKENDS: Readonly<Record<string, () => Promise<Backend>>> = {
  memory: () =>
    Promise.resolve({
      reader: new MemoryMetrics(SERIES, METADATA, EXEMPLARS),
      close: () => Promise.resolve(),
    }),
  embedded: openEmbedded,
};

async function openEmbedded(): Promise<Backend> {
  const directory = await mkdtemp(path.join(tmpdir(), 'plimsoll-prometheus-api-'));
  const nowMs = (START + MINUTES * 60) * 1000;
  const config = {
    retentionMs: 24 * 3_600_000,
    retentionBytes: 2 ** 30,
    sealIntervalMs: 60_000,
    sealSamples: 1_000_000,
    seriesMax: 1000,
  };
  const store = await EmbeddedMetrics.open(systemDisk, directory, config);
  for (const { labels, samples } of SERIES) {
    for (const [timeMs, value] of samples) {
      assert.ok(value !== 'stale');
      assert.equal(store.add({ labels, timeMs, value, stale: false }, nowMs), undefined);
    }
  }
  for (const [name, metadata] of Object.entries(METADATA)) store.describe(name, metadata);
  for (const { labels, exemplars } of EXEMPLARS.toReversed()) {
    for (const exemplar of exemplars) assert.equal(store.addExemplar(labels, exemplar, nowMs), undefined);
  }
  await store.seal(NEW_CURSOR, nowMs);
  return {
    reader: store,
    async close() {
      await store[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

type Ask = (target: string, init?: RequestInit) => Promise<Reply>;

async function withOrigin(api: PrometheusApi, use: (ask: Ask) => Promise<void>): Promise<void> {
  const app = express();
  app.set('query parser', 'simple');
  app.use('/api/v1', prometheusRoutes(api));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    await use(async (target, init) => {
      const response = await fetch(`http://127.0.0.1:${port}${target}`, init);
      const text = await response.text();
      assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
      return { status: response.status, text, json: JSON.parse(text) as Reply['json'] };
    });
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

function form(fields: Readonly<Record<string, string>>): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  };
}

interface Row {
  readonly title: string;
  readonly target: string;
  readonly init?: RequestInit;
  readonly status?: number;
  /** Exact `data`. */
  readonly data?: unknown;
  /** Part of the text. */
  readonly contains?: string;
  readonly errorType?: string;
}

const END = START + MINUTES * 60;

const ROWS: readonly Row[] = [
  {
    title: 'Save & test: 1+1 at Unix second 4',
    target: '/api/v1/query',
    init: form({ query: '1+1', time: '4' }),
    data: { resultType: 'scalar', result: [4, '2'] },
  },
  {
    title: 'resultType stands before result',
    target: '/api/v1/query?query=1',
    contains: '{"resultType":"scalar","result":',
  },
  {
    title: 'Save & test: build information without features',
    target: '/api/v1/status/buildinfo',
    data: { version: '3.0.0', revision: '', branch: 'plimsoll', buildUser: '', buildDate: '', goVersion: '' },
  },
  {
    title: 'the exemplar probe sends milliseconds, the year 57000',
    target: `/api/v1/query_exemplars?query=test&start=${START}000&end=${END}000`,
    data: [],
  },
  {
    title: 'exemplars of every selector of the expression, with text values and float seconds',
    target: '/api/v1/query_exemplars',
    init: form({
      query: 'histogram_quantile(0.9, rate(latency_bucket{le="+Inf"}[5m])) + latency_bucket{le="0.5"}',
      start: String(START),
      end: `${START + 30}.5`,
    }),
    data: [
      {
        seriesLabels: { __name__: 'latency_bucket', le: '+Inf', service: 'shop' },
        exemplars: [{ labels: { trace_id: TRACE }, value: '+Inf', timestamp: START + 30 }],
      },
      {
        seriesLabels: { __name__: 'latency_bucket', le: '0.5', service: 'shop' },
        exemplars: [
          {
            labels: { span_id: 'b7ad6b7169203331', trace_id: TRACE },
            value: '0.42',
            timestamp: START + 0.479,
          },
        ],
      },
    ],
  },
  {
    title: 'an exemplar has labels, value and timestamp, in this order and nothing else',
    target: `/api/v1/query_exemplars?query=latency_bucket%7Ble%3D%220.5%22%7D&start=${START + 60}`,
    contains: `"exemplars":[{"labels":{"trace_id":"${TRACE}"},"value":"0.1","timestamp":${START + 60}}]`,
  },
  {
    title: 'exemplars of an expression without a selector',
    target: '/api/v1/query_exemplars?query=1%2B1',
    data: [],
  },
  {
    title: 'exemplars from the end to the start',
    target: `/api/v1/query_exemplars?query=up&start=${END}&end=${START}`,
    status: 400,
    errorType: 'bad_data',
  },
  {
    title: 'a panel by form',
    target: '/api/v1/query_range',
    init: form({
      query: 'sum by (code) (rate(http_requests_total[5m]))',
      start: String(START + 600),
      end: String(START + 720),
      step: '60',
    }),
    data: {
      resultType: 'matrix',
      result: [
        {
          metric: { code: '200' },
          values: [600, 660, 720].map((second) => [START + second, '1']),
        },
        {
          metric: { code: '500' },
          values: [600, 660, 720].map((second) => [START + second, '0.1']),
        },
      ],
    },
  },
  {
    title: 'a panel by URL with RFC 3339 times and a duration',
    target: `/api/v1/query_range?query=up%7Bservice%3D%22shop%22%7D&start=2023-11-14T22:13:20Z&end=2023-11-14T22:14:20.5Z&step=1m`,
    data: {
      resultType: 'matrix',
      result: [
        {
          metric: { __name__: 'up', service: 'shop' },
          values: [
            [START, '1'],
            [START + 60, '1'],
          ],
        },
      ],
    },
  },
  {
    title: 'parameters of URL and form are merged',
    target: '/api/v1/query?stats=all&time=4',
    init: form({ query: '2' }),
    contains: '"totalQueryableSamples":0',
  },
  {
    title: 'the form wins over the URL',
    target: '/api/v1/query?query=1',
    init: form({ query: '2', time: '4' }),
    data: { resultType: 'scalar', result: [4, '2'] },
  },
  {
    title: 'special values and fractions of seconds',
    target: `/api/v1/query?query=special&time=${START}.25`,
    data: {
      resultType: 'vector',
      result: [
        { metric: { __name__: 'special', kind: 'inf' }, value: [START + 0.25, '-Inf'] },
        { metric: { __name__: 'special', kind: 'nan' }, value: [START + 0.25, 'NaN'] },
      ],
    },
  },
  {
    title: 'a string',
    target: '/api/v1/query?query=%22x%22&time=1.5',
    contains: '"result":[1.500,"x"]',
  },
  {
    title: 'nothing found is an empty list',
    target: '/api/v1/query?query=nothing',
    data: { resultType: 'vector', result: [] },
  },
  {
    title: 'a range vector at an instant',
    target: `/api/v1/query?query=up%7Bservice%3D%22shop%22%7D%5B2m%5D&time=${START + 120}`,
    data: {
      resultType: 'matrix',
      result: [
        {
          metric: { __name__: 'up', service: 'shop' },
          values: [
            [START + 60, '1'],
            [START + 120, '1'],
          ],
        },
      ],
    },
  },
  {
    title: 'notes come beside the result',
    target: `/api/v1/query?query=rate(up%5B5m%5D)&time=${START + 600}`,
    contains: '"infos":["PromQL info: metric might not be a counter',
  },
  {
    title: 'a result over the limit is cut and says so',
    target: `/api/v1/query?query=up&time=${START}&limit=1`,
    contains: '"warnings":["results truncated due to limit"]',
  },
  {
    title: 'lookback_delta',
    target: `/api/v1/query?query=up&time=${END + 60}&lookback_delta=30s`,
    data: { resultType: 'vector', result: [] },
  },
  {
    title: 'labels',
    target: '/api/v1/labels?limit=40000',
    data: ['__name__', 'code', 'http.method', 'kind', 'service'],
  },
  {
    title: 'labels of some series',
    target: '/api/v1/labels?match[]=up&match[]=special',
    data: ['__name__', 'kind', 'service'],
  },
  {
    title: 'labels by form',
    target: '/api/v1/labels',
    init: form({ 'match[]': 'up' }),
    data: ['__name__', 'service'],
  },
  { title: 'label values', target: '/api/v1/label/service/values', data: ['bank', 'shop'] },
  {
    title: 'label values by POST with an empty body',
    target: `/api/v1/label/service/values?match[]=http_requests_total&start=${START}&end=${END}`,
    init: { method: 'POST' },
    data: ['shop'],
  },
  {
    title: 'label values of an escaped UTF-8 name',
    target: '/api/v1/label/U__http_2e_method/values',
    data: ['GET'],
  },
  {
    title: 'label values of a percent-encoded name',
    target: '/api/v1/label/http.method/values',
    data: ['GET'],
  },
  { title: 'label values out of the time', target: '/api/v1/label/service/values?start=1&end=2', data: [] },
  {
    title: 'label values over the limit',
    target: '/api/v1/label/service/values?limit=1',
    contains: '"data":["bank"],"warnings":["results truncated due to limit"]',
  },
  {
    title: 'series',
    target: `/api/v1/series?match[]=up&match[]=up{service="bank"}&start=${START}&end=${END}`,
    contains: '"service":"bank"',
  },
  {
    title: 'series with nothing chosen',
    target: '/api/v1/series?match[]=%7B__name__!%3D%22%22%7D',
    contains: 'dotted.metric',
  },
  {
    title: 'metadata',
    target: '/api/v1/metadata?metric=up',
    data: { up: [{ type: 'gauge', help: 'Whether it is up.', unit: '' }] },
  },
  { title: 'metadata over the limit', target: '/api/v1/metadata?limit=0', data: {} },

  {
    title: 'no query',
    target: '/api/v1/query',
    status: 400,
    errorType: 'bad_data',
    contains: 'no expression found in input',
  },
  {
    title: 'no PromQL',
    target: '/api/v1/query?query=sum(',
    status: 400,
    errorType: 'bad_data',
    contains: 'invalid parameter \\"query\\": 1:5: parse error: unexpected end of input',
  },
  {
    title: 'not supported yet',
    target: '/api/v1/query?query=info(up)',
    status: 422,
    errorType: 'execution',
    contains: 'the function \\"info\\" is not supported yet (1:1)',
  },
  {
    title: 'series that cannot be matched',
    target: `/api/v1/query?query=up%20%2B%20on()%20up&time=${START}`,
    status: 422,
    errorType: 'execution',
    contains: 'many-to-many matching not allowed',
  },
  {
    title: 'a bad time',
    target: '/api/v1/query?query=1&time=soon',
    status: 400,
    errorType: 'bad_data',
    contains: 'cannot parse \\"soon\\" to a valid timestamp',
  },
  { title: 'a bad limit', target: '/api/v1/labels?limit=-1', status: 400, errorType: 'bad_data' },
  {
    title: 'series without a selector',
    target: '/api/v1/series',
    status: 400,
    errorType: 'bad_data',
    contains: 'no match[] parameter provided',
  },
  {
    title: 'a selector that is none',
    target: '/api/v1/series?match[]=1%2B1',
    status: 400,
    errorType: 'bad_data',
  },
  {
    title: 'the end before the start',
    target: '/api/v1/query_range?query=1&start=2&end=1&step=1',
    status: 400,
    errorType: 'bad_data',
    contains: 'end timestamp must not be before start time',
  },
  {
    title: 'no step',
    target: '/api/v1/query_range?query=1&start=1&end=2',
    status: 400,
    errorType: 'bad_data',
  },
  {
    title: 'a step of zero',
    target: '/api/v1/query_range?query=1&start=1&end=2&step=0',
    status: 400,
    errorType: 'bad_data',
    contains: 'zero or negative',
  },
  {
    title: 'too many steps',
    target: '/api/v1/query_range?query=1&start=0&end=11001&step=1',
    status: 400,
    errorType: 'bad_data',
    contains: 'exceeded maximum resolution of 11,000 points',
  },
  {
    title: 'as many steps as may be',
    target: '/api/v1/query_range?query=1&start=0&end=11000&step=1',
    status: 200,
  },
  {
    title: 'a range vector over a range',
    target: '/api/v1/query_range?query=up%5B5m%5D&start=1&end=2&step=1',
    status: 400,
    errorType: 'bad_data',
    contains: 'invalid expression type',
  },
  { title: 'an unknown path', target: '/api/v1/nothing', status: 404, errorType: 'not_found' },
  {
    title: 'no prototype behind the paths',
    target: '/api/v1/constructor',
    status: 404,
    errorType: 'not_found',
  },
  {
    title: 'a method that is not for reading',
    target: '/api/v1/query?query=1',
    init: { method: 'DELETE' },
    status: 405,
  },
  {
    title: 'a form over the limit',
    target: '/api/v1/query',
    init: form({ query: 'x'.repeat(FORM_BYTES_MAX) }),
    status: 413,
    errorType: 'bad_data',
  },
  {
    title: 'a query out of time',
    target: `/api/v1/query?query=up&timeout=0.0001`,
    status: 503,
    errorType: 'timeout',
  },
];

for (const [name, open] of Object.entries(BACKENDS)) {
  test(`Prometheus API on ${name}`, async (t) => {
    const backend = await open();
    const clock = {
      ...systemClock,
      // Each look costs a millisecond, so that a timeout is one on any machine.
      monotonicMs: (
        (now) => () =>
          (now += 1)
      )(0),
    };
    const api = createPrometheusApi({ reader: backend.reader, clock, log: silentLogger });
    try {
      await withOrigin(api, async (ask) => {
        for (const row of ROWS) {
          await t.test(row.title, async () => check(row, await ask(row.target, row.init)));
        }
      });
    } finally {
      await backend.close();
    }
  });
}

function check(
  { status = 200, data, contains, errorType }: Row,
  { status: actual, json, text }: Reply,
): void {
  assert.equal(actual, status, text);
  assert.equal(json['status'], status === 200 ? 'success' : 'error', text);
  if (data !== undefined) assert.deepEqual(json['data'], data);
  if (contains !== undefined) assert.ok(text.includes(contains), text);
  if (errorType !== undefined) {
    assert.equal(json['errorType'], errorType);
    assert.equal(typeof json['error'], 'string');
  }
}

test('a store that is away is unavailable, a bug of ours does not show', async () => {
  const failing = (error: Error): PrometheusApi => ({ handle: () => Promise.reject(error) });
  const away = new CodedError('PLIM_STORE_UNAVAILABLE', 'metrics is not running');
  await withOrigin(failing(away), async (ask) => {
    const { status, json } = await ask('/api/v1/labels');
    assert.deepEqual(
      [status, json['errorType'], json['error']],
      [503, 'unavailable', 'metrics is not running'],
    );
  });
  await withOrigin(failing(new TypeError('a secret')), async (ask) => {
    const { status, text } = await ask('/api/v1/labels');
    assert.equal(status, 500);
    assert.ok(!text.includes('secret'), text);
  });
});

test('a query ends when its client goes away', async () => {
  const seen = Promise.withResolvers<AbortSignal>();
  const ended = Promise.withResolvers<void>();
  const api: PrometheusApi = {
    handle: (_request, signal) =>
      new Promise((_resolve, reject) => {
        assert.ok(signal !== undefined);
        signal.addEventListener('abort', () => {
          ended.resolve();
          reject(new Error('aborted'));
        });
        seen.resolve(signal);
      }),
  };
  await withOrigin(api, async (ask) => {
    const gone = new AbortController();
    const asked = ask('/api/v1/query?query=1', { signal: gone.signal });
    await seen.promise;
    gone.abort();
    await assert.rejects(asked);
    await ended.promise;
  });
});
