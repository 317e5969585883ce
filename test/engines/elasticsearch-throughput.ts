/** How fast our exporter writes to a real server, and what that costs us. */
import assert from 'node:assert/strict';
import { silentLogger } from '#base/log.ts';
import { systemClock } from '#base/real/clock.ts';
import { createElasticsearchExporter } from '#collector/exporters/elasticsearch/exporter.ts';
import type { JournalRecord } from '#journal/ports.ts';
import { logsRecord } from '#test/contract/logs.ts';
import { BASE, span, spansRecord } from '#test/contract/traces.ts';
import { exporterConfig, newStreams, RecordMaker } from '#test/engines/elasticsearch-backend.ts';

/** Of one request of an SDK, about. */
const ITEMS_PER_RECORD = 500;
const RECORDS_PER_BATCH = 8;
const WARM_UP_BATCHES = 2;

export interface Throughput {
  readonly items: number;
  readonly itemsPerSecond: number;
  /** Of the CPU time of this process, whatever the server takes. */
  readonly itemsPerCpuSecond: number;
}

export async function writerThroughput(
  url: string,
  kind: 'spans' | 'logs',
  batches: number,
): Promise<Throughput> {
  const config = exporterConfig(url, newStreams());
  await using exporter = createElasticsearchExporter({ config, clock: systemClock, log: silentLogger });
  const maker = new RecordMaker();
  const { signal } = new AbortController();
  const all = Array.from({ length: WARM_UP_BATCHES + batches }, () => batch(maker, kind));
  const send = async (records: readonly JournalRecord[]): Promise<void> =>
    assert.deepEqual(await exporter.export({ records, mayRepeat: false, signal }), { refused: [] });
  for (const records of all.slice(0, WARM_UP_BATCHES)) await send(records);
  const beginMs = performance.now();
  const before = process.cpuUsage();
  for (const records of all.slice(WARM_UP_BATCHES)) await send(records);
  const { user, system } = process.cpuUsage(before);
  const items = batches * RECORDS_PER_BATCH * ITEMS_PER_RECORD;
  return {
    items,
    itemsPerSecond: Math.round((items * 1000) / (performance.now() - beginMs)),
    itemsPerCpuSecond: Math.round((items * 1_000_000) / (user + system)),
  };
}

/** Attributes as an HTTP service sends them. */
function attributes(index: number) {
  return {
    'http.request.method': 'GET',
    'http.route': '/quotes/{id}',
    'url.path': `/quotes/${index}`,
    'http.response.status_code': BigInt(200 + (index % 5)),
    'server.address': 'quotes.internal',
    'network.peer.address': `10.0.0.${index % 250}`,
  };
}

function batch(maker: RecordMaker, kind: 'spans' | 'logs'): readonly JournalRecord[] {
  const resource = {
    service: 'quotes',
    scope: '@opentelemetry/instrumentation-http',
    resource: { 'service.instance.id': 'quotes-1', 'host.name': 'h1', 'process.pid': 4711n },
  };
  return Array.from({ length: RECORDS_PER_BATCH }, () => {
    const indexes = Array.from({ length: ITEMS_PER_RECORD }, (_, index) => index);
    return maker.make(
      kind === 'spans'
        ? spansRecord(
            resource,
            indexes.map((index) => span(index >> 3, index, { attributes: attributes(index) })),
          )
        : logsRecord(
            resource,
            indexes.map((index) => ({
              nanos: BASE + BigInt(index),
              body: `request ${index} for quote took ${index % 90} ms`,
              attributes: attributes(index),
            })),
          ),
    );
  });
}
