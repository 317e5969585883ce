/** Elasticsearch ends and comes back in the middle of what our exporter sends, and leaves nothing behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KillHistory } from '#test/engines/elasticsearch-kills.ts';
import { startElasticsearch } from '#test/engines/elasticsearch.ts';
import { exercise } from '#test/engines/exercise.ts';
import { askJson, send } from '#test/engines/http.ts';

// Its own server: one that holds the streams of other tests takes far longer to come back.
test('Elasticsearch killed and stopped keeps what it acknowledged: nothing is lost and nothing doubled', async (t) => {
  let history: KillHistory | undefined;
  t.after(() => history?.[Symbol.asyncDispose]());
  await exercise(t, {
    start: startElasticsearch,
    async write(engine) {
      await send(`${engine.url}/kept/_doc/1`, { method: 'PUT', body: { text: 'x' } });
      if (engine.pid !== 0) history = await KillHistory.begin(engine);
    },
    async read({ url }) {
      const found = await askJson<{ _source: unknown }>(`${url}/kept/_doc/1`);
      assert.deepEqual(found?._source, { text: 'x' });
    },
    async afterwards() {
      assert.ok(history !== undefined);
      await history.isBack();
      // The kill is the one that every engine is put through; ten ends more are in the long run.
      await history.end('stop');
      await history.isBack();
      const { result, control } = await history.results();
      t.diagnostic(JSON.stringify({ result, control }));
      assert.deepEqual([result.lost, result.doubled], [0, 0]);
      assert.ok(result.failures > 0, 'some calls met no server');
      assert.ok(control.lost > 0, 'negative control: a batch that is not sent again is seen as loss');
    },
  });
});
