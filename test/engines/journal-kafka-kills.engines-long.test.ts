/** Twenty kills -9 of the broker and twenty of ours under load, on one topic. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { isMissing } from '#test/engines/engine.ts';
import { EXPIRES_SOON } from '#test/engines/kafka-broker.ts';
import { kafkaKillHistory } from '#test/engines/kafka-kills.ts';
import { startKafka } from '#test/engines/kafka.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const KILLS = 20;

const kafka = await startKafka({ properties: EXPIRES_SOON });
if (isMissing(kafka)) {
  void test('kills of the journal on Kafka', (t) => t.skip(kafka.missing));
} else {
  after(() => kafka[Symbol.asyncDispose]());

  void test(`${KILLS} kills of the broker and ${KILLS} of ours: nothing confirmed is lost, nothing seen twice`, async (t) => {
    if (kafka.pid === 0) return t.skip('the broker was running before this test');
    const report = await kafkaKillHistory({ kafka, brokerKills: KILLS, ourKills: KILLS, seed: SEED });
    t.diagnostic(`seed ${SEED}: ${JSON.stringify(report)}`);
    assert.deepEqual(
      [report.lost, report.doubled, report.violations.slice(0, 5)],
      [0, 0, []],
      `seed ${SEED}`,
    );
    assert.ok(report.acked > 5000, `only ${report.acked} records were confirmed`);
  });
}
