/**
 * Elasticsearch, the bare distribution: our API beside its, what our exporter
 * does to it, and the contracts of our reader on that. One server for all.
 */
import { after, test } from 'node:test';
import { compareSearches, compareWords, noticeMissing } from '#test/engines/elasticsearch-api.ts';
import { elasticsearchContracts } from '#test/engines/elasticsearch-contracts.ts';
import { elasticsearchExporterTests } from '#test/engines/elasticsearch-exporter.ts';
import { startElasticsearch } from '#test/engines/elasticsearch.ts';
import { isMissing } from '#test/engines/engine.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? 1);

function apiTests(url: string): void {
  void test('300 searches find, count and order alike', async (t) => {
    const sizes = { searches: 300, logs: 400, spans: 200, pipelines: false };
    await compareSearches(t, { url, seed: SEED, ...sizes });
  });
  void test('a document that is missing is noticed', () => noticeMissing(url, SEED));
  void test('texts fall into the same words', () => compareWords(url, SEED, 10_000));
}

const engine = await startElasticsearch();
if (isMissing(engine)) {
  void test('our API, exporter and reader on Elasticsearch', (t) => t.skip(engine.missing));
} else {
  after(() => engine[Symbol.asyncDispose]());
  // First: its searches are of all streams there are.
  apiTests(engine.url);
  // Before the contracts: one of them rolls over every stream there is.
  elasticsearchExporterTests('Elasticsearch', engine.url);
  elasticsearchContracts('Elasticsearch', engine.url);
}
