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
    const { sent, lost, doubled, failures } = await killHistory({ engine, kills: KILLS, retries: true });
    t.diagnostic(`${sent} items sent, ${failures} calls failed`);
    assert.deepEqual([lost, doubled], [0, 0]);
    assert.ok(failures > 0, 'some calls met no server');
  });

  void test('negative control: a batch that is not sent again is seen as loss', async () => {
    const { lost } = await killHistory({ engine, kills: 1, retries: false });
    assert.ok(lost > 0, 'nothing was lost');
  });
}
