/** Three kills -9 of the broker and three of ours; twenty of each in the long tests. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { isMissing } from '#test/engines/engine.ts';
import { EXPIRES_SOON } from '#test/engines/kafka-broker.ts';
import { kafkaKillHistory } from '#test/engines/kafka-kills.ts';
import { startKafka } from '#test/engines/kafka.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const KILLS = 3;

const kafka = await startKafka({ properties: EXPIRES_SOON });
if (isMissing(kafka)) {
  void test('kills of the journal on Kafka', (t) => t.skip(kafka.missing));
} else {
  after(() => kafka[Symbol.asyncDispose]());
  const none = kafka.pid === 0 ? 'the broker was running before this test' : undefined;

  void test(`${KILLS} kills of the broker and ${KILLS} of ours: nothing confirmed is lost, nothing seen twice`, async (t) => {
    if (none !== undefined) return t.skip(none);
    const report = await kafkaKillHistory({ kafka, brokerKills: KILLS, ourKills: KILLS, seed: SEED });
    t.diagnostic(`seed ${SEED}: ${JSON.stringify(report)}`);
    assert.deepEqual(
      [report.lost, report.doubled, report.violations.slice(0, 5)],
      [0, 0, []],
      `seed ${SEED}`,
    );
    assert.ok(report.acked > 500, `only ${report.acked} records were confirmed`);
  });

  void test('negative control: what was confirmed before it was sent is seen as loss', async (t) => {
    if (none !== undefined) return t.skip(none);
    const report = await kafkaKillHistory({ kafka, brokerKills: 1, ourKills: 0, seed: SEED, breaks: 'ack' });
    assert.ok(report.lost > 0, `seed ${SEED}: nothing was lost`);
  });

  void test('negative control: a cursor that is not kept is seen as doubles', async () => {
    const report = await kafkaKillHistory({
      kafka,
      brokerKills: 0,
      ourKills: 2,
      seed: SEED,
      breaks: 'cursor',
    });
    assert.ok(report.doubled > 0, `seed ${SEED}: nothing was doubled`);
  });
}
