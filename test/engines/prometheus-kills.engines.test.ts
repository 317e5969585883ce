/** Prometheus ends and comes back in the middle of what our exporter sends. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { isMissing } from '#test/engines/engine.ts';
import { killHistory } from '#test/engines/prometheus-kills.ts';
import { startPrometheus } from '#test/engines/prometheus.ts';

const KILLS = 6;

// It takes no late samples: what is refused would be out of order.
const engine = await startPrometheus({ flags: [] });
if (isMissing(engine)) {
  void test('Prometheus ends while it is written to', (t) => t.skip(engine.missing));
} else {
  after(() => engine[Symbol.asyncDispose]());

  void test(`Prometheus killed and stopped ${KILLS} times: nothing is lost, and every series in order`, async (t) => {
    const { sent, lost, refused, failures } = await killHistory({ engine, kills: KILLS, retries: true });
    t.diagnostic(`${sent} samples sent, ${failures} calls failed`);
    assert.deepEqual([lost, refused], [0, 0]);
    assert.ok(failures > 0, 'some calls met no server');
  });

  void test('negative control: a batch that is not sent again is seen as loss', async () => {
    const { lost } = await killHistory({ engine, kills: 1, retries: false });
    assert.ok(lost > 0, 'nothing was lost');
  });
}
