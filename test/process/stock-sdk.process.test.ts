/**
 * A stock OpenTelemetry JS application against the platform, in both encodings:
 * what the application says it sent is what the APIs of Jaeger, Prometheus and
 * our log search give back. PLIMSOLL_STOCK_SECONDS makes it send for longer.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { present } from '#base/invariant.ts';
import { getJson, ledgerRows, logsOf, promValue, searchTraces, traceById } from '#test/support/client.ts';
import { startPlimsoll, type Program } from '#test/support/program.ts';
import { until } from '#test/support/wait.ts';

const APP = join(import.meta.dirname, '..', 'fixtures', 'stock-app.ts');
const SEND_SECONDS = Number(process.env['PLIMSOLL_STOCK_SECONDS'] ?? '2');
/** A store shows a record soon after its commit; the rest is head-room on a busy machine. */
const VISIBLE_MS_MAX = 20_000;
/** The search API gives at most so many traces. */
const SEARCH_MAX = 1500;

interface Sent {
  readonly requests: number;
  readonly spans: number;
  readonly logRecords: number;
  readonly traceIds: readonly string[];
}

let folder: string;
let plimsoll: Program;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-stock-'));
  plimsoll = await startPlimsoll({ dataDirectory: join(folder, 'data') });
});
after(async () => {
  await plimsoll[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const RUNS = [
  ['http/protobuf', 'none'],
  ['http/protobuf', 'gzip'],
  ['http/json', 'none'],
] as const;

// Side by side: each application has a service name of its own.
describe('a stock SDK', { concurrency: RUNS.length }, () => {
  for (const [protocol, compression] of RUNS) {
    test(`${protocol}, compression ${compression}: everything sent is found`, (t) =>
      check(t, protocol, compression));
  }
});

async function check(t: TestContext, protocol: string, compression: string): Promise<void> {
  const service = `stock-${protocol.replace('/', '-')}-${compression}`;
  const sent = await runApp(service, protocol, compression);
  equal(sent.spans, sent.requests * 3);
  t.diagnostic(`${service}: ${sent.spans} spans, ${sent.logRecords} log records in ${SEND_SECONDS} s`);

  await until(
    'the last trace',
    () => traceById(plimsoll.origin, present(sent.traceIds.at(-1), 'it sent some')),
    {
      timeoutMs: VISIBLE_MS_MAX,
    },
  );
  await tracesAreThere(service, sent);
  const records = await until(
    'all log records',
    async () => {
      const found = await logsOf(plimsoll.origin, service);
      return found.length >= sent.logRecords ? found : undefined;
    },
    { timeoutMs: VISIBLE_MS_MAX },
  );
  equal(records.length, sent.logRecords);
  await metricsAreThere(service, sent);
  for (const row of await ledgerRows(plimsoll.origin)) equal(row.residual, 0, JSON.stringify(row));
}

async function tracesAreThere(service: string, sent: Sent): Promise<void> {
  const services = await getJson<{ data: string[] }>(plimsoll.origin, '/api/services');
  equal(services?.data.includes(service), true);
  const found = await searchTraces(plimsoll.origin, service, SEARCH_MAX);
  equal(found.length, Math.min(SEARCH_MAX, sent.requests));
  const known = new Set(sent.traceIds);
  for (const { traceID, spans } of found) {
    equal(known.has(traceID), true, `${traceID} was never sent`);
    deepEqual(spans.map((span) => span.operationName).sort(), ['GET /quotes', 'load rates', 'price']);
  }
  if (sent.requests <= SEARCH_MAX) return;
  for (const traceId of sent.traceIds) {
    equal((await traceById(plimsoll.origin, traceId))?.spans.length, 3, traceId);
  }
}

async function metricsAreThere(service: string, sent: Sent): Promise<void> {
  const expected = {
    [`sum(stock_requests_total{job="${service}"})`]: sent.requests,
    [`sum(stock_request_duration_seconds_count{job="${service}"})`]: sent.requests,
  };
  for (const [query, count] of Object.entries(expected)) {
    let seen: number | undefined;
    await until(
      `${query} to be ${count}`,
      async () => {
        seen = await promValue(plimsoll.origin, query);
        return seen === count;
      },
      { timeoutMs: VISIBLE_MS_MAX, everyMs: 200, detail: () => String(seen) },
    );
  }
}

async function runApp(service: string, protocol: string, compression: string): Promise<Sent> {
  const child = spawn(process.execPath, [APP], {
    env: {
      PATH: process.env['PATH'],
      OTEL_SERVICE_NAME: service,
      OTEL_EXPORTER_OTLP_ENDPOINT: plimsoll.otlpHttp,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_COMPRESSION: compression,
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_LOGS_EXPORTER: 'otlp',
      // Several batches of each in that time; the stock delay of traces is 5 s.
      OTEL_BSP_SCHEDULE_DELAY: '500',
      OTEL_BLRP_SCHEDULE_DELAY: '500',
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
      OTEL_METRIC_EXPORT_TIMEOUT: '900',
      OTEL_NODE_RESOURCE_DETECTORS: 'env',
      STOCK_APP_MS: String(SEND_SECONDS * 1000),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  equal(code, 0, errors);
  equal(errors, '', 'the SDK has nothing to complain about');
  return JSON.parse(output) as Sent;
}
