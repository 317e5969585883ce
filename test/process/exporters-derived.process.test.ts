/**
 * What the platform makes of spans itself, and what it scrapes, goes through the
 * journal like everything else: so exporters of metrics have it too.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { OtlpSender } from '#test/support/client.ts';
import { buildTraces } from '#test/support/otlp.ts';
import { startPlimsoll } from '#test/support/program.ts';
import { RemoteWriteServer } from '#test/support/remote-write-server.ts';
import { until } from '#test/support/wait.ts';

const WAIT_MS_MAX = 20_000;
const SPANS = 7;

test('metrics made of spans, and scraped ones, reach an exporter', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-exporters-derived-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const store = new RemoteWriteServer();
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      response
        .writeHead(200, { 'content-type': 'text/plain' })
        .end('# TYPE shop_orders gauge\nshop_orders 5\n');
      return;
    }
    void buffer(request).then((body) => {
      const { status } = store.take({
        method: 'POST',
        url: '/',
        headers: {},
        body,
        timeoutMs: 1000,
        responseBytesMax: 0,
      });
      response.writeHead(status).end();
    });
  });
  server.listen(0, '127.0.0.1');
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  await using program = await startPlimsoll({
    dataDirectory: join(folder, 'data'),
    configText: `connectors:
  spanmetrics: { metrics_flush_interval: 500ms }
receivers:
  prometheus:
    config:
      scrape_configs:
        - job_name: shop
          scrape_interval: 500ms
          static_configs: [{ targets: ['${address}'] }]
exporters:
  prometheusremotewrite:
    endpoint: http://${address}/api/v1/write
    protobuf_message: prometheus.WriteRequest
`,
  });
  using sender = new OtlpSender(program.otlpHttp);
  const nanos = BigInt(Date.now()) * 1_000_000n;
  const spans = Array.from({ length: SPANS }, (_, index) => ({
    traceId: 'ab'.repeat(16),
    spanId: `${index + 1}`.padStart(16, '0'),
    startNanos: nanos,
    endNanos: nanos + 1_000_000n,
  }));
  assert.equal((await sender.post('traces', buildTraces({ service: 'shop', spans }))).status, 200);
  const newest = (name: string): number | 'stale' | undefined =>
    store.samples.findLast(({ labels }) => labels['__name__'] === name)?.value;
  await until(
    'the metrics',
    () => newest('traces_span_metrics_calls_total') === SPANS && newest('shop_orders') === 5,
    { timeoutMs: WAIT_MS_MAX, detail: program.output },
  );
});
