/** What our exporter does to a real server of Elasticsearch's kind, beside what the contracts show. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#base/real/clock.ts';
import { silentLogger } from '#base/log.ts';
import { present } from '#base/invariant.ts';
import type { ElasticsearchExporterConfig } from '#collector/exporters/elasticsearch/config.ts';
import { createElasticsearchExporter } from '#collector/exporters/elasticsearch/exporter.ts';
import { ExportError } from '#collector/exporters/ports.ts';
import type { JournalRecord } from '#journal/ports.ts';
import type { TraceId } from '#signals/ids.ts';
import { decodeLog, decodeSpan } from '#signals/otlp/decode.ts';
import { translateLogsJson, translateTracesJson } from '#signals/otlp/json.ts';
import { scanLogs } from '#signals/otlp/scan-logs.ts';
import { scanSpans } from '#signals/otlp/scan-traces.ts';
import { TEMPLATE_NAMES, TEMPLATE_VERSION } from '#storage/elasticsearch/core/templates.ts';
import { ITEM_BYTES_MAX } from '#storage/elasticsearch/outgoing.ts';
import { logSearch, logsRecord } from '#test/contract/logs.ts';
import { BASE, span, spansRecord, traceId } from '#test/contract/traces.ts';
import {
  ElasticsearchBackend,
  exporterConfig,
  newStreams,
  RecordMaker,
  refresh,
  type Streams,
} from '#test/engines/elasticsearch-backend.ts';
import { send } from '#test/engines/http.ts';

const SECOND = 1_000_000_000n;
const { signal } = new AbortController();

/** One of each kind of value, nested, empty and doubled. */
const ATTRIBUTES = [
  { key: 'text', value: { stringValue: 'å\u0000"\\\n' } },
  { key: 'int', value: { intValue: '-9223372036854775808' } },
  { key: 'whole double', value: { doubleValue: 3 } },
  { key: 'nan', value: { doubleValue: 'NaN' } },
  { key: 'yes', value: { boolValue: true } },
  { key: 'bytes', value: { bytesValue: 'AP+A' } },
  { key: 'nothing', value: {} },
  { key: 'none', value: { arrayValue: { values: [] } } },
  { key: 'mixed', value: { arrayValue: { values: [{ intValue: '1' }, { stringValue: 'x' }, {}] } } },
  {
    key: 'map',
    value: {
      kvlistValue: {
        values: [
          { key: 'a.b', value: { bytesValue: '' } },
          { key: '7', value: {} },
        ],
      },
    },
  },
  { key: 'text', value: { stringValue: 'again' } },
  { key: '', value: { stringValue: 'a key without a name' } },
];

const RESOURCE = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }, ...ATTRIBUTES] };
const SCOPE = { name: 'lib', version: '1.2', attributes: ATTRIBUTES };
const TRACE = 'abcdef0123456789abcdef0123456789';

function encoded(json: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(json));
}

function richSpans(): Uint8Array {
  const rich = {
    traceId: TRACE,
    spanId: '00000000000000ff',
    parentSpanId: 'fedcba9876543210',
    traceState: 'a=b,c=d',
    flags: 257,
    name: 'взять',
    kind: 4,
    startTimeUnixNano: String(BASE + 1n),
    endTimeUnixNano: String(BASE + 1_000_000_001n),
    attributes: ATTRIBUTES,
    events: [{ timeUnixNano: String(BASE + 7n), name: 'exception', attributes: ATTRIBUTES }, { name: '' }],
    links: [{ traceId: TRACE, spanId: '00000000000000fe', attributes: ATTRIBUTES }],
    status: { code: 2, message: 'no route' },
  };
  const plain = { traceId: TRACE, spanId: '0000000000000001', startTimeUnixNano: '1', endTimeUnixNano: '0' };
  return translateTracesJson(
    encoded({
      resourceSpans: [{ resource: RESOURCE, scopeSpans: [{ scope: SCOPE, spans: [plain, rich] }] }],
    }),
  );
}

function richLogs(): Uint8Array {
  const bodies = [...ATTRIBUTES.map(({ value }) => value), undefined];
  const logRecords = bodies.map((body, index) => ({
    timeUnixNano: String(BASE + BigInt(index)),
    severityNumber: index + 1,
    severityText: 'X',
    eventName: 'e',
    ...(body === undefined ? {} : { body }),
    attributes: ATTRIBUTES,
  }));
  return translateLogsJson(
    encoded({ resourceLogs: [{ resource: RESOURCE, scopeLogs: [{ scope: SCOPE, logRecords }] }] }),
  );
}

/** One exporter of its own for some streams. */
function exporterFor(url: string, streams: Streams, more: Partial<ElasticsearchExporterConfig> = {}) {
  const config = exporterConfig(url, streams, more);
  return createElasticsearchExporter({ config, clock: systemClock, log: silentLogger });
}

async function count(url: string, stream: string): Promise<number> {
  await fetch(`${url}/${stream}/_refresh`, { method: 'POST' });
  const answer = await fetch(`${url}/${stream}/_count`);
  return ((await answer.json()) as { count: number }).count;
}

function logs(maker: RecordMaker, items: number, attributes = {}): JournalRecord {
  const list = Array.from({ length: items }, (_, index) => ({
    nanos: BASE + BigInt(index),
    body: `log ${index}`,
    attributes,
  }));
  return maker.make(logsRecord({ service: 'shop' }, list));
}

export function elasticsearchExporterTests(name: string, url: string): void {
  void test(`${name}: every kind of value comes back as it was sent`, async () => {
    await using backend = new ElasticsearchBackend(url);
    const maker = new RecordMaker();
    const spans = maker.make({ kind: 'otlp-traces', items: 2, body: richSpans() });
    const logRecords = maker.make({ kind: 'otlp-logs', items: 13, body: richLogs() });
    assert.deepEqual(await backend.exported([spans, logRecords]), { refused: [] });
    const columns = scanSpans(spans.body);
    const trace = await backend.traces.trace(TRACE as TraceId);
    assert.deepEqual(
      trace?.spans,
      [0, 1].map((ordinal) => decodeSpan(columns, ordinal, spans.id)),
    );
    const { records } = await backend.logs.searchLogs(logSearch({ order: 'oldest-first' }));
    assert.deepEqual(
      records,
      Array.from({ length: 13 }, (_, ordinal) =>
        decodeLog(scanLogs(logRecords.body), ordinal, logRecords.id, logRecords.receivedUnixNanos),
      ),
    );
    assert.equal(records.length, 13);
  });

  void test(`${name}: documents can be asked for in OpenTelemetry's names`, async () => {
    await using backend = new ElasticsearchBackend(url);
    const attributes = { 'http.route': '/a', n: 5n, half: 0.5 };
    await backend.write([
      spansRecord({ service: 'shop', scope: 'lib' }, [span(1, 1, { name: 'GET /a', attributes })]),
      logsRecord({ service: 'shop' }, [{ nanos: BASE, body: 'Card REFUSED today', attributes }]),
    ]);
    const { logs: log, traces } = backend.streams;
    for (const [stream, query] of [
      [traces, 'name:"GET /a" AND kind:Server AND status.code:Unset AND duration:1000000'],
      [traces, 'attributes.http.route:"/a" AND attributes.n:5 AND attributes.half:0.5 AND scope.name:lib'],
      [traces, 'service.name:shop AND span.name:"GET /a"'],
      [log, 'message:refused AND log.level:INFO AND severity_number:9 AND body.text:"card refused"'],
      [log, 'resource.attributes.service.name:shop AND data_stream.type:logs'],
    ] as const) {
      const body = { query: { query_string: { query } } };
      const answer = JSON.parse(await send(`${url}/${stream}/_count`, { method: 'POST', body })) as {
        readonly count: number;
      };
      assert.equal(answer.count, 1, query);
    }
  });

  void test(`${name}: what a mapping refuses is stored and found all the same`, async () => {
    await using backend = new ElasticsearchBackend(url);
    const logsOf = (attributes: Readonly<Record<string, string | bigint>>) => ({ nanos: BASE, attributes });
    await backend.write([
      logsRecord({ service: 'shop' }, [logsOf({ n: 5n }), logsOf({ n: 'five' })]),
      logsRecord({ service: 'shop' }, [logsOf({ 'n.m': 'x' }), logsOf({ '': 'x', '.': 'y', ' ': 'z' })]),
    ]);
    for (const [key, value] of Object.entries({ n: 'five', 'n.m': 'x', '': 'x', '.': 'y' })) {
      const found = await backend.logs.searchLogs(logSearch({ attributes: { [key]: value } }));
      assert.equal(found.records.length, 1, `${key} = ${value}`);
    }
  });

  void test(`${name}: texts of any length are found whole, too long items are refused by name`, async () => {
    await using backend = new ElasticsearchBackend(url);
    const long = 'ü'.repeat(40_000);
    const maker = new RecordMaker();
    const fat = 'x'.repeat(ITEM_BYTES_MAX);
    const record = maker.make(
      logsRecord({ service: long }, [
        { nanos: BASE, body: `${long} end`, attributes: { long } },
        { nanos: BASE, body: 'fat', attributes: { fat } },
      ]),
    );
    const { refused } = await backend.exported([record]);
    assert.deepEqual(
      refused.map(({ ordinal, items, reason }) => [ordinal, items, reason]),
      [[1, 1, 'too_large']],
    );
    for (const wanted of [{ service: long }, { attributes: { long } }, { text: 'ÜÜÜ' }])
      assert.equal((await backend.logs.searchLogs(logSearch(wanted))).records.length, 1);
    assert.equal((await backend.logs.searchLogs(logSearch({ service: `${long}x` }))).records.length, 0);
  });

  void test(`${name}: steps on whole milliseconds count the same as others`, async () => {
    await using backend = new ElasticsearchBackend(url);
    const list = Array.from({ length: 300 }, (_, index) => ({
      nanos: BASE + (BigInt(index) * SECOND) / 7n,
      severityNumber: index % 25,
    }));
    await backend.write([logsRecord({ service: 'shop' }, list)]);
    const { order: _order, recordsMax: _max, after: _after, ...filter } = logSearch();
    const steps = { startUnixNanos: BASE - 3n * SECOND, stepNanos: 1_500n * 1_000_000n, steps: 40 };
    const whole = await backend.logs.logHistogram(filter, steps);
    const total = whole.reduce((sum, one) => sum + Object.values(one).reduce((a, b) => a + b, 0), 0);
    assert.equal(total, 300);
    const expected = Array.from({ length: 40 }, () => 0);
    for (const { nanos } of list) {
      const step = Number((nanos - steps.startUnixNanos) / steps.stepNanos);
      expected[step] = (expected[step] ?? 0) + 1;
    }
    const sums = whole.map((one) => Object.values(one).reduce((a, b) => a + b, 0));
    assert.deepEqual(sums, expected);
    // The same moments, asked for in another way.
    const other = { ...steps, startUnixNanos: steps.startUnixNanos + 1n };
    const shifted = list.map(({ nanos, ...rest }) => ({ ...rest, nanos: nanos + 1n }));
    await using later = new ElasticsearchBackend(url);
    await later.write([logsRecord({ service: 'shop' }, shifted)]);
    assert.deepEqual(await later.logs.logHistogram(filter, other), whole);
  });

  for (const mayRepeat of [true, false]) {
    const what = mayRepeat
      ? 'a rollover between a write and its repeat doubles nothing'
      : 'negative control: a repeat that is not told of, and so looks nothing up, doubles after a rollover';
    void test(`${name}: ${what}`, async () => {
      const streams = newStreams();
      const maker = new RecordMaker();
      const records = [logs(maker, 500), logs(maker, 700)];
      await using exporter = exporterFor(url, streams, { requestBytesMax: 100_000 });
      await exporter.export({ records, mayRepeat: false, signal });
      await exporter.export({ records, mayRepeat, signal });
      assert.equal(await count(url, streams.logs), 1200, 'one index knows its ids');
      await send(`${url}/${streams.logs}/_rollover`, { method: 'POST' });
      const more = logs(maker, 30);
      await exporter.export({ records: [...records, more], mayRepeat, signal });
      assert.equal(await count(url, streams.logs), mayRepeat ? 1230 : 2430);
    });
  }

  void test(`${name}: what one stream cannot take now waits, what another can is stored once`, async () => {
    const streams = newStreams();
    const dataset = (part: string) => ({ 'data_stream.dataset': part });
    const [open, shut] = [`open${streams.logs.length}${process.pid}`, `shut${process.pid}`];
    const maker = new RecordMaker();
    const config = {
      routing: { logsIndex: undefined, tracesIndex: undefined },
      itemRetry: { retriesMax: 1, initialMs: 10, maxMs: 10 },
    };
    await using exporter = exporterFor(url, streams, config);
    const first = [logs(maker, 5, dataset(open)), logs(maker, 5, dataset(shut))];
    await exporter.export({ records: first, mayRepeat: false, signal });
    const index = `logs-${shut}.otel-default`;
    const before = [await count(url, `logs-${open}.otel-default`), await count(url, index)];
    await send(`${url}/${index}/_settings`, { method: 'PUT', body: { 'index.blocks.write': true } });
    const second = [logs(maker, 7, dataset(open)), logs(maker, 7, dataset(shut))];
    await assert.rejects(
      exporter.export({ records: second, mayRepeat: false, signal }),
      (error) =>
        error instanceof ExportError && /7 items wait: 403 cluster_block_exception/.test(error.message),
    );
    await send(`${url}/${index}/_settings`, { method: 'PUT', body: { 'index.blocks.write': false } });
    await exporter.export({ records: second, mayRepeat: true, signal });
    const after = [await count(url, `logs-${open}.otel-default`), await count(url, index)];
    assert.deepEqual(
      after.map((now, at) => now - present(before[at], 'there are two')),
      [7, 7],
    );
  });

  void test(`${name}: older templates give way, and streams made from them roll over`, async () => {
    const streams = newStreams();
    const maker = new RecordMaker();
    {
      await using exporter = exporterFor(url, streams);
      await exporter.export({ records: [logs(maker, 3)], mayRepeat: false, signal });
    }
    const path = `${url}/_index_template/${TEMPLATE_NAMES.logs}`;
    const found = (await (await fetch(path)).json()) as {
      readonly index_templates: readonly { readonly index_template: Readonly<Record<string, unknown>> }[];
    };
    const template = present(found.index_templates[0], 'the exporter has put it').index_template;
    const own = ['index_patterns', 'priority', '_meta', 'data_stream', 'composed_of'];
    const old = Object.fromEntries(own.map((key) => [key, template[key]]));
    await send(path, { method: 'PUT', body: { ...old, version: TEMPLATE_VERSION - 1 } });
    await using exporter = exporterFor(url, streams);
    await exporter.export({ records: [logs(maker, 4)], mayRepeat: false, signal });
    assert.match(await (await fetch(path)).text(), new RegExp(`"version":${TEMPLATE_VERSION}\\b`));
    const settings = (await (await fetch(`${url}/${streams.logs}/_settings`)).json()) as object;
    assert.equal(Object.keys(settings).length, 2, 'two indices');
    assert.equal(await count(url, streams.logs), 7);
  });

  void test(`${name}: new streams keep documents for the retention, where the server knows of one`, async () => {
    const maker = new RecordMaker();
    const [first, second, third, fourth] = [newStreams(), newStreams(), newStreams(), newStreams()];
    const made = async (streams: Streams, retentionMs: number): Promise<unknown> => {
      await using exporter = exporterFor(url, streams, { retentionMs });
      await exporter.export({ records: [logs(maker, 1)], mayRepeat: false, signal });
      const answer = await fetch(`${url}/_cluster/state/metadata?filter_path=metadata.data_stream`);
      const { metadata } = (await answer.json()) as {
        readonly metadata: {
          readonly data_stream: { readonly data_stream: Readonly<Record<string, { lifecycle?: unknown }>> };
        };
      };
      return metadata.data_stream.data_stream[streams.logs]?.lifecycle;
    };
    const found = [
      await made(first, 3 * 86_400_000),
      await made(second, 5_400_000),
      await made(third, 0),
      await made(fourth, 86_400_000),
    ];
    const expected = [
      { enabled: true, data_retention: '3d' },
      // The longest counts.
      { enabled: true, data_retention: '3d' },
      { enabled: true },
      { enabled: true },
    ];
    assert.deepEqual(found, name === 'OpenSearch' ? expected.map(() => undefined) : expected);
    const indices = (await (await fetch(`${url}/${first.logs}/_settings`)).json()) as object;
    assert.equal(Object.keys(indices).length, 1, 'a change rolls nothing over');
  });

  void test(`${name}: a trace over two indices of a stream is one`, async () => {
    await using backend = new ElasticsearchBackend(url);
    await backend.write([spansRecord({ service: 'shop' }, [span(1, 1)])]);
    await send(`${url}/${backend.streams.traces}/_rollover`, { method: 'POST' });
    await backend.write([spansRecord({ service: 'shop' }, [span(1, 2)])]);
    await refresh(url, backend.streams);
    assert.equal((await backend.traces.trace(traceId(1)))?.spans.length, 2);
  });
}
