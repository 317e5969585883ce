/** What the Elasticsearch exporter makes of answers that a real server gives only under pressure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '#base/log.ts';
import { systemClock } from '#base/real/clock.ts';
import { RequestSize } from '#collector/exporters/core/request-size.ts';
import type { ElasticsearchExporterConfig } from '#collector/exporters/elasticsearch/config.ts';
import { createElasticsearchExporter } from '#collector/exporters/elasticsearch/exporter.ts';
import { ExportError, type ExportOutcome } from '#collector/exporters/ports.ts';
import { logsRecord } from '#test/contract/logs.ts';
import { exporterConfig, newStreams, RecordMaker } from '#test/engines/elasticsearch-backend.ts';
import {
  rootOf,
  scriptedElasticsearch,
  type Script,
  type ScriptedElasticsearch,
} from '#test/support/scripted-elasticsearch.ts';

const ITEMS = 4;
const NANOS = 1_700_000_000_000_000_000n;

function isExportError(pattern: RegExp, retryAfterMs?: number) {
  return (error: unknown): boolean =>
    error instanceof ExportError && pattern.test(error.message) && error.retryAfterMs === retryAfterMs;
}

/** One record of some items, sent once. */
async function exported(
  server: ScriptedElasticsearch,
  config: Partial<ElasticsearchExporterConfig> = {},
): Promise<ExportOutcome> {
  const itemRetry = { retriesMax: 2, initialMs: 1, maxMs: 4 };
  await using exporter = createElasticsearchExporter({
    config: exporterConfig(server.url, newStreams(), { itemRetry, ...config }),
    clock: systemClock,
    log: silentLogger,
  });
  const list = Array.from({ length: ITEMS }, (_, index) => ({ nanos: NANOS, body: `log ${index}` }));
  const records = [new RecordMaker().make(logsRecord({ service: 'shop' }, list))];
  return exporter.export({ records, mayRepeat: false, signal: new AbortController().signal });
}

function bulks({ seen }: ScriptedElasticsearch): number[] {
  const requests = seen.filter(({ path }) => path.startsWith('/_bulk'));
  return requests.map(({ body }) => [...body.matchAll(/^\{"create"/gm)].length);
}

test('only the items the server had no room for are sent again', async () => {
  const bulk: Script['bulk'] = (_ids, call) => (call === 1 ? [201, 429, 201, 429] : undefined);
  await using server = await scriptedElasticsearch({ bulk });
  assert.deepEqual(await exported(server), { refused: [] });
  assert.deepEqual([bulks(server), server.stored.size], [[4, 2], ITEMS]);
  assert.ok(!server.seen.some(({ path }) => path.includes('/_search')), '429 says that nothing was done');
});

class Stubborn extends RequestSize {
  override tooSlow(): void {}
}

for (const [what, size, isDone] of [
  ['what takes the server too long is asked for in halves', undefined, true],
  ['negative control: asked for as it was, it never gets through', new Stubborn(100_000), false],
] as const) {
  test(what, async () => {
    const bulk: Script['bulk'] = (ids) => (ids.length > 1 ? { status: 504 } : undefined);
    await using server = await scriptedElasticsearch({ bulk });
    await using exporter = createElasticsearchExporter({
      config: exporterConfig(server.url, newStreams(), { requestBytesMax: 100_000 }),
      clock: systemClock,
      log: silentLogger,
      ...(size === undefined ? {} : { size }),
    });
    const list = Array.from({ length: ITEMS }, (_, index) => ({ nanos: NANOS, body: `log ${index}` }));
    const records = [new RecordMaker().make(logsRecord({ service: 'shop' }, list))];
    const { signal } = new AbortController();
    let outcome: ExportOutcome | undefined;
    for (let call = 0; call < 5 && outcome === undefined; call += 1) {
      const sent = exporter.export({ records, mayRepeat: call > 0, signal });
      outcome = await sent.catch((error: unknown) => {
        assert.ok(error instanceof ExportError, String(error));
        return undefined;
      });
    }
    assert.deepEqual(outcome, isDone ? { refused: [] } : undefined);
    assert.equal(server.stored.size, isDone ? ITEMS : 0);
  });
}

test('what may have been done is looked up before it is sent again', async () => {
  const bulk: Script['bulk'] = (_ids, call) => (call === 1 ? [201, 503, 201, 201] : undefined);
  await using server = await scriptedElasticsearch({ bulk });
  assert.deepEqual(await exported(server), { refused: [] });
  assert.deepEqual(bulks(server), [4, 1]);
  assert.ok(server.seen.some(({ path }) => path.includes('/_search')));
});

test('items there is no room for at last make the batch wait', async () => {
  await using server = await scriptedElasticsearch({ bulk: (ids) => ids.map(() => 429) });
  await assert.rejects(exported(server), isExportError(/^4 items wait: 429 e429/));
  assert.deepEqual(bulks(server), [4, 4, 4]);
});

test('an item refused is tried without its attributes, then refused by name', async () => {
  const bulk: Script['bulk'] = (ids) => ids.map((id) => (id.endsWith('-1') ? 400 : 201));
  await using server = await scriptedElasticsearch({ bulk });
  const { refused } = await exported(server);
  assert.deepEqual(
    refused.map(({ ordinal, items, reason, detail }) => [ordinal, items, reason, detail]),
    [[1, 1, 'rejected', '400 e400: ordered']],
  );
  assert.deepEqual([bulks(server), server.stored.size], [[4, 1], ITEMS - 1]);
});

test('a request too large is halved, an item too large refused', async () => {
  const bulk: Script['bulk'] = (ids) =>
    ids.length > 1 || ids[0]?.endsWith('-2') === true ? { status: 413, body: 'too large' } : undefined;
  await using server = await scriptedElasticsearch({ bulk });
  const { refused } = await exported(server);
  assert.deepEqual(
    refused.map(({ ordinal, reason }) => [ordinal, reason]),
    [[2, 'too_large']],
  );
  assert.equal(server.stored.size, ITEMS - 1);
});

test('a server that asks to wait is given the time, an hour at most', async () => {
  const cases = [
    ['7', 7000],
    ['4294968', 3_600_000],
    ['Tue, 14 Nov 2023 22:13:27 GMT', 7000],
  ] as const;
  for (const [wait, ms] of cases) {
    const headers = { 'retry-after': wait, date: 'Tue, 14 Nov 2023 22:13:20 GMT' };
    const answer = { status: 503, headers, body: { error: 'away' } };
    await using server = await scriptedElasticsearch({ bulk: () => answer });
    await assert.rejects(exported(server), isExportError(/^503 away/, ms));
  }
});

test('an answer that does not name its items is no success', async () => {
  await using server = await scriptedElasticsearch({ bulk: () => ({ status: 200, body: { items: [] } }) });
  await assert.rejects(exported(server), isExportError(/does not name its items/));
});

test('every server is spoken to in the media types it takes', async () => {
  const cases = [
    [rootOf('9.4.3'), 'application/vnd.elasticsearch+x-ndjson; compatible-with=9'],
    [rootOf('10.0.0'), 'application/vnd.elasticsearch+x-ndjson; compatible-with=9'],
    [rootOf('8.19.1'), 'application/vnd.elasticsearch+x-ndjson; compatible-with=8'],
    [rootOf('2.19.1', 'opensearch'), 'application/x-ndjson'],
  ] as const;
  for (const [root, contentType] of cases) {
    await using server = await scriptedElasticsearch({ root });
    assert.deepEqual(await exported(server, { auth: { apiKey: 'key' } }), { refused: [] });
    const sent = server.seen.filter(({ path }) => path.startsWith('/_bulk'));
    assert.deepEqual(
      sent.map(({ headers }) => [
        headers['content-type'],
        headers['content-encoding'],
        headers['authorization'],
      ]),
      [[contentType, 'gzip', 'ApiKey key']],
    );
  }
});

test('a server that is not supported is named, and told apart from one that refuses us', async () => {
  const cases = [
    [rootOf('7.17.22'), /Elasticsearch 7\.17\.22 is older than 8\.0/],
    [{ status: 200, headers: {}, body: { hello: 'x' } }, /neither Elasticsearch nor OpenSearch/],
    [
      { status: 401, headers: {}, body: {} },
      /^PLIM_CREDENTIALS_REFUSED: .* answered 401 .*mend user and password/,
    ],
  ] as const;
  for (const [root, message] of cases) {
    await using server = await scriptedElasticsearch({ root });
    await assert.rejects(exported(server), isExportError(message));
  }
});

test('a server that is away is an error that can pass; a file that cannot be read is none', async () => {
  const gone = await scriptedElasticsearch({});
  await gone[Symbol.asyncDispose]();
  await assert.rejects(exported(gone), isExportError(/^no answer: /));
  const tls = { ...exporterConfig('', newStreams()).tls, caFile: '/nowhere/ca.pem' };
  await assert.rejects(exported(gone, { tls }), /ca_file cannot be read/);
});
