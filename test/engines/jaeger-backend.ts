/** A real Jaeger as a backend of the traces contract: our OTLP exporter writes, our reader reads. */
import assert from 'node:assert/strict';
import { silentLogger } from '#base/log.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemNet } from '#base/real/net.ts';
import { COMMON_DEFAULT } from '#collector/exporters/config.ts';
import { createOtlpHttpExporter } from '#collector/exporters/otlphttp/exporter.ts';
import type { Exporter } from '#collector/exporters/ports.ts';
import type { OtlpSignal } from '#signals/otlp/response.ts';
import { JaegerReader } from '#storage/jaeger/reader.ts';
import type { TraceBackend } from '#test/contract/traces.ts';
import { startElasticsearch } from '#test/engines/elasticsearch.ts';
import { isMissing, type Missing } from '#test/engines/engine.ts';
import { askJson, send } from '#test/engines/http.ts';
import { startJaeger, type JaegerEngine } from '#test/engines/jaeger.ts';
import { exportAll } from '#test/engines/metrics-backend.ts';
import { journalRecord } from '#test/support/journal-records.ts';
import { until } from '#test/support/wait.ts';

export function otlpExporter(
  url: string,
  signals: readonly OtlpSignal[] = ['traces'],
  compresses = true,
): Exporter {
  const urls = Object.fromEntries(signals.map((signal) => [signal, `${url}/v1/${signal}`]));
  return createOtlpHttpExporter({
    config: { common: COMMON_DEFAULT, urls, compresses, requestBytesMax: 4 * 2 ** 20 },
    net: systemNet,
    clock: systemClock,
    log: silentLogger,
  });
}

export function jaegerReader(url: string): JaegerReader {
  return new JaegerReader({ net: systemNet, url, headers: {}, timeoutMs: 30_000, tls: undefined });
}

/** In memory: what is written is there at once, until it ends. */
export async function jaegerBackend(): Promise<TraceBackend | Missing> {
  const engine = await startJaeger();
  if (isMissing(engine)) return engine;
  return backendOn(engine, async () => {});
}

const SEEN_MS_MAX = 30_000;

/**
 * The store of the compose file, shared by those it gives: each has a Jaeger and indices of its
 * own. Indices have one name here instead of one a day: spans of tests are years old, and one
 * search would name a thousand days.
 */
export async function jaegersOnElasticsearch(): Promise<
  (AsyncDisposable & { readonly create: () => Promise<TraceBackend | Missing> }) | Missing
> {
  const elasticsearch = await startElasticsearch({ flavor: 'full' });
  if (isMissing(elasticsearch)) return elasticsearch;
  let created = 0;
  return {
    create() {
      created += 1;
      return jaegerOn(elasticsearch.url, `test${created}`);
    },
    [Symbol.asyncDispose]: () => elasticsearch[Symbol.asyncDispose](),
  };
}

async function jaegerOn(elasticsearch: string, prefix: string): Promise<TraceBackend | Missing> {
  const indices = `indices: {index_prefix: ${prefix}}`;
  const storage = `{elasticsearch: {server_urls: ['${elasticsearch}'], use_aliases: true, ${indices}}}`;
  const engine = await startJaeger({ storage });
  if (isMissing(engine)) return engine;
  // Jaeger has set the templates that these follow; who runs it with aliases makes the first indices.
  for (const name of [`${prefix}-jaeger-span`, `${prefix}-jaeger-service`])
    await send(`${elasticsearch}/${name}-000001`, {
      method: 'PUT',
      body: { aliases: { [`${name}-read`]: {}, [`${name}-write`]: {} } },
    });
  let expected = 0;
  const isSeen = async (): Promise<boolean> => {
    await send(`${elasticsearch}/${prefix}-jaeger-*/_refresh`, { method: 'POST' });
    const counted = await askJson<{ count: number }>(`${elasticsearch}/${prefix}-jaeger-span-read/_count`);
    return counted?.count === expected;
  };
  return backendOn(engine, async (spans) => {
    expected += spans;
    await until(`${expected} spans in Elasticsearch`, isSeen, { timeoutMs: SEEN_MS_MAX, everyMs: 20 });
  });
}

/** @param areSeen resolves when so many more spans can be asked for */
function backendOn(engine: JaegerEngine, areSeen: (spans: number) => Promise<void>): TraceBackend {
  const exporter = otlpExporter(engine.otlpHttp);
  let sequence = 0;
  return {
    reader: jaegerReader(engine.url),
    async write(records) {
      const batch = records.map(({ kind, items, body }) => {
        sequence += 1;
        return journalRecord(sequence, kind, items, body);
      });
      assert.deepEqual(await exportAll(exporter, batch), { refused: [] });
      await areSeen(records.reduce((sum, { items }) => sum + items, 0));
    },
    flush: async () => {},
    async restart() {
      await engine.stop();
      await engine.start();
    },
    async [Symbol.asyncDispose]() {
      await exporter[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
    },
  };
}
