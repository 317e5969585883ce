/** The whole of Elasticsearch, and OpenSearch: the same as on the bare distribution, and more ends of them. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { elasticsearchContracts } from '#test/engines/elasticsearch-contracts.ts';
import { elasticsearchExporterTests } from '#test/engines/elasticsearch-exporter.ts';
import { killHistory } from '#test/engines/elasticsearch-kills.ts';
import { writerThroughput } from '#test/engines/elasticsearch-throughput.ts';
import { startElasticsearch } from '#test/engines/elasticsearch.ts';
import { isMissing, type EngineAnswer } from '#test/engines/engine.ts';
import { startOpenSearch } from '#test/engines/opensearch.ts';

const KILLS = 10;
const THROUGHPUT_BATCHES = 10;

async function everything(name: string, start: () => Promise<EngineAnswer>): Promise<void> {
  const engine = await start();
  if (isMissing(engine)) {
    void test(`our exporter and reader on ${name}`, (t) => t.skip(engine.missing));
    return;
  }
  after(() => engine[Symbol.asyncDispose]());
  if (engine.pid !== 0) {
    // First: with the streams of the others it takes far longer to come back.
    void test(`${name} killed and stopped ${KILLS} times: nothing is lost and nothing doubled`, async (t) => {
      const { result, control } = await killHistory(engine, KILLS);
      t.diagnostic(JSON.stringify({ result, control }));
      assert.deepEqual([result.lost, result.doubled], [0, 0]);
      assert.ok(result.failures > 0, 'some calls met no server');
      assert.ok(control.lost > 0, 'negative control: a batch that is not sent again is seen as loss');
    });
  }
  for (const kind of ['spans', 'logs'] as const) {
    void test(`${name}: how fast ${kind} are written`, async (t) => {
      const figures = await writerThroughput(engine.url, kind, THROUGHPUT_BATCHES);
      t.diagnostic(JSON.stringify(figures));
      // Far below what one core does; a machine that is busy must not fail it.
      assert.ok(figures.itemsPerCpuSecond > 2000, JSON.stringify(figures));
    });
  }
  elasticsearchExporterTests(name, engine.url);
  elasticsearchContracts(name, engine.url);
}

await everything('Elasticsearch, full', () => startElasticsearch({ flavor: 'full' }));
await everything('OpenSearch', () => startOpenSearch());
