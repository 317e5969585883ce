/** Elasticsearch ends and comes back in the middle of what our exporter sends. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { killHistory } from '#test/engines/elasticsearch-kills.ts';
import { startElasticsearch } from '#test/engines/elasticsearch.ts';
import { isMissing } from '#test/engines/engine.ts';

const KILLS = 3;

// Its own server: one that holds the streams of other tests takes far longer to come back.
const engine = await startElasticsearch();
if (isMissing(engine) || engine.pid === 0) {
  const reason = isMissing(engine) ? engine.missing : 'it was running before this test';
  void test('Elasticsearch ends while it is written to', (t) => t.skip(reason));
} else {
  after(() => engine[Symbol.asyncDispose]());

  void test(`Elasticsearch killed and stopped ${KILLS} times: nothing is lost and nothing doubled`, async (t) => {
    const { result, control } = await killHistory(engine, KILLS);
    t.diagnostic(JSON.stringify({ result, control }));
    assert.deepEqual([result.lost, result.doubled], [0, 0]);
    assert.ok(result.failures > 0, 'some calls met no server');
    assert.ok(control.lost > 0, 'negative control: a batch that is not sent again is seen as loss');
  });
}
