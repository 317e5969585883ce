/** Elasticsearch, the bare distribution: what our exporter does to it, and the contracts of our reader on that. */
import { after, test } from 'node:test';
import { elasticsearchContracts } from '#test/engines/elasticsearch-contracts.ts';
import { elasticsearchExporterTests } from '#test/engines/elasticsearch-exporter.ts';
import { startElasticsearch } from '#test/engines/elasticsearch.ts';
import { isMissing } from '#test/engines/engine.ts';

const engine = await startElasticsearch();
if (isMissing(engine)) {
  void test('our exporter and reader on Elasticsearch', (t) => t.skip(engine.missing));
} else {
  after(() => engine[Symbol.asyncDispose]());
  // First: one of them rolls over every stream there is.
  elasticsearchExporterTests('Elasticsearch', engine.url);
  elasticsearchContracts('Elasticsearch', engine.url);
}
