/**
 * The large shape with its own files: two collectors and the platform as
 * `deploy/` configures them, on a real Kafka, Elasticsearch, Jaeger on it,
 * Prometheus and Alertmanager. What the collectors take in is found again at the
 * platform and in each engine, once.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startAlertmanager } from '#test/engines/alertmanager.ts';
import {
  composeService,
  elasticsearchSettings,
  portableFlags,
  startDeployedJaeger,
} from '#test/engines/deploy.ts';
import { startElasticsearch } from '#test/engines/elasticsearch.ts';
import { isMissing, type Engine, type Missing } from '#test/engines/engine.ts';
import { askJson } from '#test/engines/http.ts';
import { startKafka } from '#test/engines/kafka.ts';
import { startPrometheus } from '#test/engines/prometheus.ts';
import { cpuSecondsOfTree } from '#bench/cpu.ts';
import { payloadA } from '#bench/payload.ts';
import { getJson, logsOf, OtlpSender, promValue, searchTraces } from '#test/support/client.ts';
import { buildLogs, buildMetrics, buildTraces } from '#test/support/otlp.ts';
import { startPlimsoll, type Program } from '#test/support/program.ts';
import { until } from '#test/support/wait.ts';
import { readText, ROOT } from '#test/tidy/source.ts';

/** Batches wait for more, Elasticsearch shows what it has after a second, span metrics are given out every five. */
const ARRIVAL_MS_MAX = 60_000;
const ROUNDS = 40;
/** For the figures: requests of as many spans, as a busy SDK sends them. */
const REQUESTS = 400;
const SPANS_A_REQUEST = 100;
const IN_FLIGHT = 8;
const DRAIN_MS_MAX = 240_000;

interface Engines {
  readonly kafka: Engine;
  readonly elasticsearch: Engine;
  readonly jaeger: Engine & { readonly otlpHttp: string };
  readonly prometheus: Engine;
  readonly alertmanager: Engine;
}

/** All of them, as the compose file sets them, or why one is not to be had. */
async function startEngines(running: AsyncDisposableStack): Promise<Engines | Missing> {
  const kept = <E extends Engine>(engine: E | Missing): E | Missing => {
    if (!isMissing(engine)) running.use(engine);
    return engine;
  };
  const settings = elasticsearchSettings(composeService('elasticsearch'));
  const elasticsearch = kept(await startElasticsearch({ flavor: 'full', settings }));
  if (isMissing(elasticsearch)) return elasticsearch;
  const jaeger = kept(await startDeployedJaeger(elasticsearch.url));
  if (isMissing(jaeger)) return jaeger;
  const kafka = kept(await startKafka());
  if (isMissing(kafka)) return kafka;
  const config = readText('deploy/prometheus.yml');
  const flags = portableFlags(composeService('prometheus'));
  const prometheus = kept(await startPrometheus({ flavor: 'built', config, flags }));
  if (isMissing(prometheus)) return prometheus;
  const alertmanager = kept(
    await startAlertmanager({ flavor: 'built', config: readText('deploy/alertmanager.yml') }),
  );
  if (isMissing(alertmanager)) return alertmanager;
  return { kafka, elasticsearch, jaeger, prometheus, alertmanager };
}

/** Of `deploy/`, with addresses that are free here. */
function startRole(command: 'collector' | 'up', dataDirectory: string, engines: Engines): Promise<Program> {
  const { kafka, elasticsearch, jaeger, prometheus, alertmanager } = engines;
  const file = command === 'up' ? 'plimsoll.yaml' : 'plimsoll-collector.yaml';
  return startPlimsoll({
    command,
    dataDirectory,
    environment: {
      KAFKA_BROKER: kafka.url,
      ELASTICSEARCH_URL: elasticsearch.url,
      JAEGER_URL: jaeger.url,
      JAEGER_OTLP_URL: jaeger.otlpHttp,
      PROMETHEUS_URL: prometheus.url,
      ALERTMANAGER_ADDRESS: new URL(alertmanager.url).host,
      JAEGER_THRIFT_ENDPOINT: '127.0.0.1:0',
    },
    extraArgs: ['--config', join(ROOT, 'deploy', file)],
  });
}

/** A span, a log record and a sample. */
async function sendRound(to: OtlpSender, round: number): Promise<void> {
  const nanos = BigInt(Date.now()) * 1_000_000n;
  const resource = { service: 'quotes', resource: { 'service.instance.id': `quotes-${round % 5}` } };
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  const span = { traceId, spanId, name: 'POST /quotes', startNanos: nanos - 5_000_000n, endNanos: nanos };
  const log = { nanos, traceId, spanId, severityNumber: 9, body: `round ${round}` };
  const metric = { name: 'rounds', kind: 'gauge' as const, points: [{ nanos, value: round }] };
  for (const [signal, body] of [
    ['traces', buildTraces({ ...resource, spans: [span] })],
    ['logs', buildLogs({ ...resource, logs: [log] })],
    ['metrics', buildMetrics({ ...resource, metrics: [metric] })],
  ] as const) {
    assert.equal((await to.post(signal, body)).status, 200, signal);
  }
}

async function documents(elasticsearch: Engine, pattern: string): Promise<number | undefined> {
  const path = `${elasticsearch.url}/${pattern}/_count?q=resource.attributes.service.name:quotes`;
  return (await askJson<{ count: number }>(path))?.count;
}

test('two collectors and the platform with the files of deploy/ on the real engines', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-deploy-'));
  await using running = new AsyncDisposableStack();
  running.defer(() => rmSync(folder, { recursive: true, force: true }));
  const engines = await startEngines(running);
  if (isMissing(engines)) return t.skip(engines.missing);
  const start = async (command: 'collector' | 'up', name: string): Promise<Program> =>
    running.use(await startRole(command, join(folder, name), engines));
  const collectors = [await start('collector', 'first'), await start('collector', 'second')];
  const platform = await start('up', 'platform');
  const { origin } = platform;

  const senders = collectors.map(({ otlpHttp }) => running.use(new OtlpSender(otlpHttp)));
  for (let round = 0; round < ROUNDS; round += 1) {
    const sender = senders[round % senders.length];
    assert.ok(sender !== undefined);
    await sendRound(sender, round);
  }

  const arrives = (
    what: string,
    seen: () => Promise<number | undefined>,
    wanted: number,
  ): Promise<unknown> => {
    let last: number | undefined;
    const isThere = async (): Promise<boolean> => (last = await seen().catch(() => undefined)) === wanted;
    const detail = (): string =>
      `${last} of ${wanted}; ${[platform, ...collectors].map((one) => one.output()).join('\n')}`;
    return until(what, isThere, { timeoutMs: ARRIVAL_MS_MAX, everyMs: 250, detail });
  };
  // Each through the platform, which asks the engine.
  await arrives('logs of Elasticsearch', async () => (await logsOf(origin, 'quotes')).length, ROUNDS);
  await arrives('traces of Jaeger', async () => (await searchTraces(origin, 'quotes')).length, ROUNDS);
  await arrives('samples of Prometheus', () => promValue(origin, 'max(rounds)'), ROUNDS - 1);
  // The platform made them; through Kafka and a collector they came to Prometheus.
  const calls = 'sum(traces_span_metrics_calls_total{service_name="quotes"})';
  await arrives('metrics made of spans', () => promValue(origin, calls), ROUNDS);
  // Two collectors on one topic, and nothing there twice.
  assert.equal(await documents(engines.elasticsearch, 'traces-*'), ROUNDS);
  assert.equal(await documents(engines.elasticsearch, 'logs-*'), ROUNDS);
  const traces = await getJson<{ data: readonly { spans: readonly unknown[] }[] }>(
    engines.jaeger.url,
    '/api/traces?service=quotes&limit=1000&lookback=1h',
  );
  assert.deepEqual(new Set(traces?.data.map(({ spans }) => spans.length)), new Set([1]));
  await measure(t, { senders, collectors, platform });
});

interface Shape {
  readonly senders: readonly OtlpSender[];
  readonly collectors: readonly Program[];
  readonly platform: Program;
}

/** What spans cost us from the door to Elasticsearch and Jaeger, whatever the engines take. */
async function measure(t: TestContext, { senders, collectors, platform }: Shape): Promise<void> {
  const sent = (): Promise<number> => sentSpans(collectors);
  const [sentBefore, beginMs] = [await sent(), performance.now()];
  const collectorsCpu = (): number => collectors.reduce((sum, { pid }) => sum + cpuSecondsOfTree(pid), 0);
  const before = { collectors: collectorsCpu(), platform: cpuSecondsOfTree(platform.pid) };
  const bodies = payloadA(SPANS_A_REQUEST);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let request = next++; request < REQUESTS; request = next++) {
      const body = bodies[request % bodies.length];
      const status = body && (await senders[request % senders.length]?.post('traces', body))?.status;
      assert.equal(status, 200);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  const spans = REQUESTS * SPANS_A_REQUEST;
  // Each goes to two exporters.
  await until('everything to be sent on', async () => (await sent()) - sentBefore >= 2 * spans, {
    timeoutMs: DRAIN_MS_MAX,
    everyMs: 500,
  });
  const seconds = (performance.now() - beginMs) / 1000;
  const perCpuSecond = (now: number, then: number): string => (spans / (now - then)).toFixed(0);
  t.diagnostic(`${spans} spans in ${seconds.toFixed(1)} s from the door to Elasticsearch and Jaeger`);
  t.diagnostic(`collectors: ${perCpuSecond(collectorsCpu(), before.collectors)} spans a CPU-second`);
  const judged = perCpuSecond(cpuSecondsOfTree(platform.pid), before.platform);
  t.diagnostic(`platform: ${judged} spans a CPU-second`);
}

async function sentSpans(collectors: readonly Program[]): Promise<number> {
  const pages = await Promise.all(
    collectors.map(async ({ origin }) => (await fetch(`${origin}/metrics`)).text()),
  );
  const values = pages.flatMap((page) => [
    ...page.matchAll(/^otelcol_exporter_sent_spans_total\{[^}]*\} (\d+)/gm),
  ]);
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}
