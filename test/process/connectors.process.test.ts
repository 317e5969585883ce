/**
 * From spans to derived metrics in the running program: span metrics, the
 * service graph, exemplars, Jaeger's dependencies, the ledger; and a kill -9
 * that makes no counter go back and no span count twice.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { getJson, ledgerRows, OtlpSender, promValue } from '#test/support/client.ts';
import { buildTraces, type TestSpan } from '#test/support/otlp.ts';
import { startPlimsoll, type Program } from '#test/support/program.ts';
import { until } from '#test/support/wait.ts';

const CONFIG = `connectors:
  spanmetrics: { metrics_flush_interval: 500ms }
  servicegraph: { metrics_flush_interval: 500ms }
`;
const CALLS = 'sum(traces_span_metrics_calls_total)';

function hex(number: number, width: number): string {
  return number.toString(16).padStart(width, '0');
}

/** Requests of the gateway to quotes: both ends, in two OTLP requests. */
function requests(from: number, count: number): readonly [gateway: Uint8Array, quotes: Uint8Array] {
  const startNanos = BigInt(Date.now()) * 1_000_000n;
  const numbers = Array.from({ length: count }, (_, index) => from + index);
  const span = (number: number, rest: Partial<TestSpan>): TestSpan => ({
    traceId: hex(number, 32),
    spanId: hex(number, 16),
    name: 'POST /quotes',
    startNanos,
    endNanos: startNanos + 30_000_000n,
    ...rest,
  });
  const clients = numbers.map((number) => span(number, { kind: 3 }));
  const servers = numbers.map((number) =>
    span(number, { spanId: hex(number + 1_000_000, 16), parentSpanId: hex(number, 16), kind: 2 }),
  );
  return [
    buildTraces({ service: 'gateway', spans: clients }),
    buildTraces({ service: 'quotes', spans: servers }),
  ];
}

async function send(program: Program, from: number, count: number): Promise<void> {
  using sender = new OtlpSender(program.otlpHttp);
  for (const body of requests(from, count)) assert.equal((await sender.post('traces', body)).status, 200);
}

async function callsAre(program: Program, spans: number): Promise<void> {
  await until(`${spans} spans counted`, async () => (await promValue(program.origin, CALLS)) === spans, {
    timeoutMs: 8000,
    detail: program.output,
  });
}

test('spans become metrics, edges, exemplars and dependencies, and a kill -9 changes no count', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-connectors-'));
  const dataDirectory = join(folder, 'data');
  try {
    await using program = await startPlimsoll({ dataDirectory, configText: CONFIG });
    await send(program, 1, 40);
    await callsAre(program, 80);
    await askAll(program);
    await send(program, 101, 20);
    await program.kill();
    await using again = await startPlimsoll({ dataDirectory, configText: CONFIG });
    await callsAre(again, 120);
    const requestsNow = await promValue(again.origin, 'traces_service_graph_request_total');
    assert.equal(requestsNow, 60);
    assert.equal(await promValue(again.origin, `resets(${CALLS.slice(4, -1)}[1h])`), 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

async function askAll({ origin }: Program): Promise<void> {
  const edge = 'traces_service_graph_request_total{client="gateway",server="quotes"}';
  assert.equal(await promValue(origin, edge), 40);
  const nowS = Date.now() / 1000;
  const query = 'traces_span_metrics_duration_milliseconds_bucket{service_name="quotes"}';
  const parameters = new URLSearchParams({ query, start: String(nowS - 600), end: String(nowS + 1) });
  const found = await getJson<{ data: { exemplars: { labels: { trace_id?: string }; value: string }[] }[] }>(
    origin,
    `/api/v1/query_exemplars?${parameters.toString()}`,
  );
  const [exemplar] = found?.data[0]?.exemplars ?? [];
  assert.match(exemplar?.labels.trace_id ?? '', /^0{30}..$/);
  assert.equal(exemplar?.value, '30');
  const graph = await getJson<{ data: unknown }>(
    origin,
    `/api/dependencies?endTs=${Date.now()}&lookback=60000`,
  );
  assert.deepEqual(graph?.data, [{ parent: 'gateway', child: 'quotes', callCount: 40 }]);
  const rows = await ledgerRows(origin);
  const own = rows.filter(({ consumer }) => consumer === 'connectors');
  assert.equal(own.length, 4);
  assert.ok(rows.every(({ residual }) => residual === 0));
}
