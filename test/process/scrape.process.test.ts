/** A service that only shows its figures, against the real program: queries find them, and see it go. */
import { deepEqual, equal } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Counter, openMetricsContentType, Registry, type OpenMetricsContentType } from 'prom-client';
import { getJson, ledgerRows, promValue } from '#test/support/client.ts';
import { startPlimsoll } from '#test/support/program.ts';
import { until } from '#test/support/wait.ts';

const VISIBLE_MS_MAX = 20_000;

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-scrape-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function configOf(port: number): string {
  return `receivers:
  prometheus:
    config:
      scrape_configs:
        - job_name: billing
          scrape_interval: 500ms
          static_configs: [{targets: ['127.0.0.1:${port}'], labels: {zone: a}}]
`;
}

test('samples, exemplars and up are found; a target that went is down and its series end', async (t) => {
  const metrics = new Registry<OpenMetricsContentType>();
  metrics.setContentType(openMetricsContentType);
  const invoices = new Counter<string>({
    name: 'invoices_total',
    help: 'Written.',
    labelNames: ['kind'],
    registers: [metrics],
    enableExemplars: true,
  });
  invoices.inc({ labels: { kind: 'final' }, value: 5, exemplarLabels: { trace_id: 'feed' } });
  const service = createServer((_request, response) => {
    void metrics.metrics().then((text) => {
      response.setHeader('content-type', metrics.contentType);
      response.end(text);
    });
  });
  t.after(() => void (service.listening && service.close()));
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const { port } = service.address() as AddressInfo;
  await using plimsoll = await startPlimsoll({
    dataDirectory: join(folder, 'data'),
    configText: configOf(port),
  });
  const { origin } = plimsoll;
  const labels = `job="billing",instance="127.0.0.1:${port}",zone="a"`;
  await until('the sample', async () => (await promValue(origin, `invoices_total{${labels}}`)) === 5, {
    timeoutMs: VISIBLE_MS_MAX,
  });
  // A scrape may take as long as its interval, and its target lives in this process: one may fail.
  await until('up to be 1', async () => (await promValue(origin, `up{${labels}}`)) === 1, {
    timeoutMs: VISIBLE_MS_MAX,
  });
  const found = await getJson<{ data: { exemplars: { labels: object; value: string }[] }[] }>(
    origin,
    '/api/v1/query_exemplars?query=invoices_total&start=0&end=9999999999',
  );
  const [exemplar] = found?.data[0]?.exemplars ?? [];
  deepEqual([exemplar?.labels, exemplar?.value], [{ trace_id: 'feed' }, '5']);

  service.closeAllConnections();
  await new Promise<void>((resolve) => service.close(() => resolve()));
  await until('up to be 0', async () => (await promValue(origin, `up{${labels}}`)) === 0, {
    timeoutMs: VISIBLE_MS_MAX,
  });
  equal(await promValue(origin, `invoices_total{${labels}}`), undefined);
  for (const row of await ledgerRows(origin)) equal(row.residual, 0, JSON.stringify(row));
});
