/** Elasticsearch, the bare distribution: the contracts of our reader on what our exporter wrote. */
import { after, test } from 'node:test';
import { elasticsearchContracts } from '#test/engines/elasticsearch-contracts.ts';
import { startElasticsearch } from '#test/engines/elasticsearch.ts';
import { isMissing } from '#test/engines/engine.ts';

const engine = await startElasticsearch();
if (isMissing(engine)) {
  void test('the contracts on Elasticsearch', (t) => t.skip(engine.missing));
} else {
  after(() => engine[Symbol.asyncDispose]());
  elasticsearchContracts('Elasticsearch', engine.url);
}
