import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilitiesOf, type TopicFacts } from '#journal/kafka/topic.ts';

test('two copies that must have a record survive a broker', () => {
  const { durability, survivesDiskLoss, partitions } = capabilitiesOf(facts(3, 2));
  assert.match(durability, /2 brokers at least .*loss of 1/);
  assert.equal(survivesDiskLoss, true);
  assert.equal(partitions, 1);
});

test('copies that need not have it, and needs without copies, promise nothing', () => {
  for (const [replicas, minInsyncReplicas] of [
    [3, 1],
    [1, 2],
  ] as const) {
    const { durability, survivesDiskLoss } = capabilitiesOf(facts(replicas, minInsyncReplicas));
    assert.match(durability, /one broker .*not a power cut/);
    assert.equal(survivesDiskLoss, false);
  }
});

function facts(replicas: number, minInsyncReplicas: number): TopicFacts {
  return {
    partitions: [{ partition: 0, leader: '1', replicas }],
    replicas,
    minInsyncReplicas,
    messageBytesMax: 1_000_000,
    retentionBytes: undefined,
  };
}
