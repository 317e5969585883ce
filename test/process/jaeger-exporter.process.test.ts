/**
 * A service that still reports through Jaeger's exporter, over HTTP and UDP,
 * against the real program: its spans are found where all the others are.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { JaegerExporter } from '@opentelemetry/exporter-jaeger';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { present } from '#base/invariant.ts';
import { systemRandom } from '#base/real/random.ts';
import { freePorts } from '#bin/demo/free-ports.ts';
import { ledgerRows, traceById } from '#test/support/client.ts';
import { startPlimsoll, type Program } from '#test/support/program.ts';
import { until } from '#test/support/wait.ts';

const VISIBLE_MS_MAX = 20_000;
const SPANS = 50;

let folder: string;
let udpPort: number;
let plimsoll: Program;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-jaeger-'));
  // The ready file names no UDP ports; what is free for TCP is free for UDP, as a rule.
  udpPort = present((await freePorts(1, systemRandom))[0], 'one was asked for');
  plimsoll = await startPlimsoll({
    dataDirectory: join(folder, 'data'),
    configText: `receivers:\n  jaeger:\n    protocols:\n      thrift_binary: {endpoint: 127.0.0.1:${udpPort}}\n`,
    extraArgs: ['--jaeger-http', '127.0.0.1:0'],
  });
});
after(async () => {
  await plimsoll[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

for (const transport of ['http', 'udp'] as const) {
  test(`over ${transport}: every span is found, whole`, async () => {
    const url = `${present(plimsoll.jaegerHttp, 'the flag switched it on')}/api/traces`;
    const exporter = new JaegerExporter(
      transport === 'http' ? { endpoint: url } : { host: '127.0.0.1', port: udpPort },
    );
    const provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': `legacy-${transport}` }),
      spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 100 })],
    });
    const tracer = provider.getTracer('legacy', '1');
    const traceIds = Array.from({ length: SPANS }, (_, index) => {
      const span = tracer.startSpan('POST /invoices', { kind: SpanKind.SERVER });
      span.setAttribute('index', index);
      if (index % 10 === 0) span.setStatus({ code: SpanStatusCode.ERROR, message: 'every tenth' });
      span.end();
      return span.spanContext().traceId;
    });
    await provider.forceFlush();
    await provider.shutdown();
    for (const [index, traceId] of traceIds.entries()) {
      const found = await until(`trace ${index}`, () => traceById(plimsoll.origin, traceId), {
        timeoutMs: VISIBLE_MS_MAX,
      });
      deepEqual(
        found.spans.map(({ operationName }) => operationName),
        ['POST /invoices'],
      );
      const tags = new Map(found.spans[0]?.tags.map(({ key, value }) => [key, value]));
      deepEqual([tags.get('index'), tags.get('error')], [index, index % 10 === 0 ? true : undefined]);
    }
    for (const row of await ledgerRows(plimsoll.origin)) equal(row.residual, 0, JSON.stringify(row));
  });
}
