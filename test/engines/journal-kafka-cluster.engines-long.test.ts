/** The journal on three brokers: it outlasts the loss of one, and confirms nothing with one alone. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { present } from '#base/invariant.ts';
import { systemClock } from '#base/real/clock.ts';
import { systemDisk } from '#base/real/disk.ts';
import { systemRandom } from '#base/real/random.ts';
import { seededRandom } from '#base/sim/random.ts';
import type { KafkaJournalConfig } from '#journal/kafka/config.ts';
import { openKafkaJournal } from '#journal/kafka/writer.ts';
import { assertCode, draft } from '#test/contract/journal-backend.ts';
import { isMissing } from '#test/engines/engine.ts';
import { startKafkaCluster, type KafkaCluster } from '#test/engines/kafka-cluster.ts';
import { kafkaConfig } from '#test/engines/kafka-journal.ts';
import { KillLoad } from '#test/engines/kafka-kills.ts';
import { until } from '#test/support/wait.ts';

const SEED = Number(process.env['PLIMSOLL_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const KILLS = 6;
/** Confirmations of each writer that must come while one broker is away. */
const ACKS_WHILE_AWAY = 200;
const ACKS_MS_MAX = 30_000;
const LOAD_MS_MIN = 500;
const LOAD_MS_MAX = 2000;
/** Longer than a record may wait, so that whoever waits is refused. */
const AWAY_MS = 10_000;
/** Answers that were on their way when the second broker fell. */
const SETTLE_MS = 1000;

const cluster = await startKafkaCluster();
if (isMissing(cluster)) {
  void test('the journal on three brokers', (t) => t.skip(cluster.missing));
} else {
  after(() => cluster[Symbol.asyncDispose]());
  void describe('the journal on three brokers', () => clusterTests(cluster));
}

function configOf({ urls }: KafkaCluster): KafkaJournalConfig {
  const config = kafkaConfig({ url: present(urls[0], 'there are three') });
  return { ...config, brokers: urls, partitions: 6, replicationFactor: 3, minInsyncReplicas: 2 };
}

function clusterTests(kafka: KafkaCluster): void {
  void test('says what it keeps: two copies, that survive a disk', () => promises(kafka));

  void test(`${KILLS} kills of one broker after another: nothing confirmed is lost, nothing seen twice, and it goes on`, async (t) => {
    const random = seededRandom(SEED);
    const config = configOf(kafka);
    await using load = await KillLoad.start(config);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await sleep(LOAD_MS_MIN + random.below(LOAD_MS_MAX - LOAD_MS_MIN));
      const victim = present(kafka.brokers[kill % kafka.brokers.length], 'there are three');
      await victim.kill();
      await goesOn(load, ACKS_WHILE_AWAY);
      await victim.start();
      await kafka.inSync(config.topic);
    }
    const report = await load.finish();
    t.diagnostic(`seed ${SEED}: ${JSON.stringify(report)}`);
    const { lost, doubled, violations } = report;
    assert.deepEqual([lost, doubled, violations.slice(0, 5)], [0, 0, []], `seed ${SEED}`);
    assert.ok(report.acked > 2 * KILLS * ACKS_WHILE_AWAY, `only ${report.acked} records were confirmed`);
  });

  void test('with two of three away nothing is confirmed; back, all that was is there', async (t) => {
    const report = await withTwoAway(kafka, configOf(kafka));
    t.diagnostic(JSON.stringify(report));
    assert.equal(report.ackedWhileAway, 0, 'one copy is not what was promised');
    assert.deepEqual([report.lost, report.doubled, report.violations.slice(0, 5)], [0, 0, []]);
  });

  void test('negative control: what was confirmed before it was sent is seen, at once and as loss', async () => {
    const report = await withTwoAway(kafka, { ...configOf(kafka), timeoutMs: 1000 }, 'ack');
    assert.ok(report.ackedWhileAway > 0 && report.lost > 0, JSON.stringify(report));
  });
}

/** Until each writer has had `count` more confirmations. */
async function goesOn(load: KillLoad, count: number): Promise<void> {
  const before = load.acked();
  await until(
    'confirmations to go on',
    () => load.acked().every((acked, index) => acked >= (before[index] ?? 0) + count),
    { timeoutMs: ACKS_MS_MAX, everyMs: 200, detail: () => `${before.join()} to ${load.acked().join()}` },
  );
}

async function promises(kafka: KafkaCluster): Promise<void> {
  await withWriter(configOf(kafka), async ({ capabilities }) => {
    assert.match(capabilities.durability, /2 brokers at least \(min\.insync\.replicas 2, 3 copies\)/);
    assert.deepEqual([capabilities.survivesDiskLoss, capabilities.partitions], [true, 6]);
  });
}

type Writer = Awaited<ReturnType<typeof openKafkaJournal>>;

async function withWriter(
  config: KafkaJournalConfig,
  work: (writer: Writer) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'plimsoll-kafka-cluster-'));
  try {
    const parts = { disk: systemDisk, clock: systemClock, random: systemRandom };
    await using writer = await openKafkaJournal({ ...parts, directory, config });
    await work(writer);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function withTwoAway(kafka: KafkaCluster, config: KafkaJournalConfig, breaks?: 'ack') {
  await using load = await KillLoad.start(config, breaks);
  await goesOn(load, ACKS_WHILE_AWAY);
  const victims = kafka.brokers.slice(1);
  let ackedWhileAway = 0;
  // Beside the load, whose books are its own.
  await withWriter({ ...config, topic: `${config.topic}-beside` }, async (writer) => {
    await writer.append(draft('before'));
    await Promise.all(victims.map((broker) => broker.kill()));
    await sleep(SETTLE_MS);
    const before = load.acked().reduce((sum, count) => sum + count, 0);
    await Promise.all([sleep(AWAY_MS), assertCode(writer.append(draft('away')), 'PLIM_JOURNAL_FAILED')]);
    assert.equal(writer.status().state, 'failed');
    ackedWhileAway = load.acked().reduce((sum, count) => sum + count, 0) - before;
    await Promise.all(victims.map((broker) => broker.start()));
    await kafka.inSync(config.topic);
    await until('the writer to be open', () => writer.status().state === 'open', { timeoutMs: ACKS_MS_MAX });
    await writer.append(draft('back'));
  });
  await goesOn(load, ACKS_WHILE_AWAY);
  return { ...(await load.finish()), ackedWhileAway };
}
