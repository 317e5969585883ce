/** The engines that are slow to come, or have to be built first: the same exercise. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startElasticsearch } from '#test/engines/elasticsearch.ts';
import type { Engine } from '#test/engines/engine.ts';
import { exercise, type Exercise } from '#test/engines/exercise.ts';
import { answers, askJson, send } from '#test/engines/http.ts';
import { startJaeger, type JaegerEngine } from '#test/engines/jaeger.ts';
import { startOpenSearch } from '#test/engines/opensearch.ts';
import { startOtelCollector } from '#test/engines/otelcol.ts';
import { startPrometheus } from '#test/engines/prometheus.ts';
import { until } from '#test/support/wait.ts';

const SEEN_MS_MAX = 20_000;

/** Both, to one document that has to be there after a kill. */
const KEEPS_A_DOCUMENT: Omit<Exercise<Engine>, 'start'> = {
  async write({ url }) {
    await send(`${url}/kept/_doc/1`, { method: 'PUT', body: { text: 'x' } });
  },
  async read({ url }) {
    const found = await askJson<{ _source: unknown }>(`${url}/kept/_doc/1`);
    assert.deepEqual(found?._source, { text: 'x' });
  },
};

test('Elasticsearch, full, keeps a document and tells its version', async (t) => {
  await exercise(t, {
    ...KEEPS_A_DOCUMENT,
    start: () => startElasticsearch({ flavor: 'full' }),
    async read(engine) {
      await KEEPS_A_DOCUMENT.read(engine);
      const root = await askJson<{ version: { number: string } }>(engine.url);
      assert.equal(root?.version.number, engine.version);
    },
  });
});

test('OpenSearch keeps a document', async (t) => {
  await exercise(t, { ...KEEPS_A_DOCUMENT, start: startOpenSearch });
});

const TRACE_ID = '5b8efff798038103d269b633813fc60c';

/** One span, as OTLP in JSON. */
function spanRequest(): unknown {
  const now = BigInt(Date.now()) * 1_000_000n;
  const span = {
    traceId: TRACE_ID,
    spanId: 'eee19b7ec3c1b174',
    name: 'GET /',
    kind: 2,
    startTimeUnixNano: String(now),
    endTimeUnixNano: String(now + 1_000_000n),
  };
  const service = { key: 'service.name', value: { stringValue: 'kept' } };
  return { resourceSpans: [{ resource: { attributes: [service] }, scopeSpans: [{ spans: [span] }] }] };
}

test('Jaeger takes OTLP and finds the trace', async (t) => {
  await exercise<JaegerEngine>(t, {
    start: startJaeger,
    async read({ url, otlpHttp }) {
      await send(`${otlpHttp}/v1/traces`, { method: 'POST', body: spanRequest() });
      await until('the trace', () => answers(`${url}/api/traces/${TRACE_ID}`), { timeoutMs: SEEN_MS_MAX });
    },
  });
});

test('Prometheus as built takes OTLP too', async (t) => {
  await exercise(t, {
    start: () => startPrometheus({ flavor: 'built' }),
    async write({ url }) {
      const point = { asDouble: 1, timeUnixNano: String(BigInt(Date.now()) * 1_000_000n) };
      const metric = { name: 'kept', gauge: { dataPoints: [point] } };
      const body = { resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] };
      await send(`${url}/api/v1/otlp/v1/metrics`, { method: 'POST', body });
    },
    async read({ url }) {
      const answer = await askJson<{ data: { result: readonly unknown[] } }>(
        `${url}/api/v1/query?query=last_over_time(kept[10m])`,
      );
      assert.equal(answer?.data.result.length, 1);
    },
  });
});

const COLLECTOR_CONFIG = `
receivers: {otlp: {protocols: {http: {endpoint: '\${env:OTLP_HTTP}'}}}}
exporters: {nop: {}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp], exporters: [nop]}}
`;

test('the OpenTelemetry Collector takes OTLP', async (t) => {
  await exercise(t, {
    start: () => startOtelCollector({ config: COLLECTOR_CONFIG }),
    async read({ url }) {
      await send(`${url}/v1/traces`, { method: 'POST', body: spanRequest() });
    },
  });
});
