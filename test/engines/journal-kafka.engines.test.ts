/** The journal on a real Kafka against the contract that the disk journal keeps too. */
import { after, test } from 'node:test';
import { journalContract } from '#test/contract/journal.ts';
import { isMissing } from '#test/engines/engine.ts';
import { kafkaBackend } from '#test/engines/kafka-journal.ts';
import { kafkaJournalTests } from '#test/engines/kafka-journal-tests.ts';
import { startKafka } from '#test/engines/kafka.ts';

const kafka = await startKafka();

if (isMissing(kafka)) {
  void test('the journal on Kafka', (t) => t.skip(kafka.missing));
} else {
  after(() => kafka[Symbol.asyncDispose]());
  journalContract('Kafka', () => kafkaBackend(kafka));
  kafkaJournalTests(kafka);
}
