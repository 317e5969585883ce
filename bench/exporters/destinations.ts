/** Where exporters send to: a sink of ours, a real Prometheus, a real Elasticsearch. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { isMissing, type Engine, type Missing } from '#test/engines/engine.ts';
import { startElasticsearch } from '#test/engines/elasticsearch.ts';
import { ask, askJson } from '#test/engines/http.ts';
import { startPrometheus } from '#test/engines/prometheus.ts';
import { countItems } from '#signals/otlp/envelope.ts';

export interface Destination extends AsyncDisposable {
  /** As shown with the result: `prometheus 2.42.0`. */
  readonly name: string;
  readonly url: string;
  /** Of the server; undefined when it is in this process. */
  readonly pid: number | undefined;
  /** Items it has taken since it began. */
  taken(): Promise<number>;
}

/** Reads, unpacks and counts. */
export async function startSink(): Promise<Destination> {
  let items = 0;
  const server = createServer((request, response) => {
    void take(request, response).then((count) => (items += count));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    name: 'a sink that counts',
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pid: undefined,
    taken: () => Promise.resolve(items),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Counted before it is acknowledged: what is sent again for want of an answer is seen. */
async function take(request: IncomingMessage, response: ServerResponse): Promise<number> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
  const sent = Buffer.concat(chunks);
  const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
  const items = countItems(body);
  response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  return items;
}

/** One of our own, which nobody else writes to. */
export async function startPrometheusEmpty(): Promise<Destination | Missing> {
  const engine = await startPrometheus({ config: 'global: {scrape_interval: 1h}\n' });
  if (isMissing(engine)) return engine;
  return destinationOf(engine, async () => {
    const text = (await ask(`${engine.url}/metrics`)) ?? '';
    const line = /^prometheus_tsdb_head_samples_appended_total(?:\{type="float"\})? (\S+)$/m.exec(text);
    return Number(line?.[1] ?? 0);
  });
}

interface IndexingStats {
  readonly _all: { readonly primaries: { readonly indexing: { readonly index_total: number } } };
}

export async function startElasticsearchBare(): Promise<Destination | Missing> {
  const engine = await startElasticsearch();
  if (isMissing(engine)) return engine;
  return destinationOf(engine, async () => {
    const path =
      '/traces-*/_stats/indexing?expand_wildcards=all&filter_path=_all.primaries.indexing.index_total';
    const stats = await askJson<Partial<IndexingStats>>(engine.url + path);
    return stats?._all?.primaries.indexing.index_total ?? 0;
  });
}

function destinationOf(engine: Engine, taken: () => Promise<number>): Destination {
  const { name, version, url, pid } = engine;
  return {
    name: `${name} ${version}`,
    url,
    pid,
    taken,
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}
