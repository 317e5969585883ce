import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { NO_ITEMS } from '#signals/records.ts';
import { encodeBatch, takeBatch, type WaitingRecord } from '#journal/kafka/core/batch.ts';
import { instanceOf, partitionOf } from '#journal/kafka/core/key.ts';
import { buildLogs } from '#test/support/otlp.ts';

const LIMITS = { partitions: 4, partitionBytesMax: 100, bytesMax: 250 };

test('a batch is bounded by partition and whole, and nobody of a partition overtakes', () => {
  const [a, b, c] = keysOfDifferentPartitions();
  const queue = [
    waiting(a, 60),
    waiting(a, 60),
    waiting(b, 90),
    waiting(a, 10),
    waiting(c, 90),
    waiting(c, 20),
  ];
  const { batch, rest, bytes } = takeBatch(queue, LIMITS);
  assert.deepEqual(batch, [queue[0], queue[2], queue[4]]);
  assert.deepEqual(rest, [queue[1], queue[3], queue[5]]);
  assert.equal(bytes, 240);
});

test('a record over every limit goes alone', () => {
  const queue = [waiting('a', 1000), waiting('a', 1)];
  assert.equal(takeBatch(queue, LIMITS).batch.length, 1);
});

test('totals run on in each partition, sequences over all', () => {
  const [a, b] = keysOfDifferentPartitions();
  const { records, accepted } = encodeBatch(
    [waiting(a, 1), waiting(b, 1), waiting(a, 1)],
    {
      producer: { node: 'n', epoch: 2 },
      lastSequence: 7,
      accepted: new Map([[partitionOf(a, 4), { ...NO_ITEMS, 'otlp-logs': 100 }]]),
      partitions: 4,
      receivedUnixNanos: 1n,
    },
    crc32,
  );
  assert.deepEqual(
    records.map(({ id }) => id.sequence),
    [8, 9, 10],
  );
  assert.equal(accepted.get(partitionOf(a, 4))?.['otlp-logs'], 106);
  assert.equal(accepted.get(partitionOf(b, 4))?.['otlp-logs'], 3);
  assert.equal(records[2]?.headers['plimsoll-accepted'], '0,106,0,0');
});

test('the key is the instance of the first resource', () => {
  const logs = [{ nanos: 1n, body: 'x' }];
  const first = buildLogs({ resource: { a: 1, 'service.instance.id': 'i-1', z: 'y' }, logs });
  const second = buildLogs({ resource: { 'service.instance.id': 'i-2' }, logs });
  assert.equal(instanceOf('otlp-logs', Buffer.concat([first, second])), 'i-1');
  assert.equal(instanceOf('otlp-logs', buildLogs({ service: 'a', logs })), undefined);
  assert.equal(instanceOf('otlp-logs', new TextEncoder().encode('no protobuf')), undefined);
  assert.equal(instanceOf('otlp-logs', new Uint8Array(0)), undefined);
  assert.equal(instanceOf('prom-samples', first), undefined);
});

test('partitions are those of FNV-1a', () => {
  // 0xe40c292c and 0xbf9cf968 are the published values of "a" and "foobar".
  assert.equal(partitionOf('a', 1000), Math.abs(0xe40c292c | 0) % 1000);
  assert.equal(partitionOf('foobar', 1000), Math.abs(0xbf9cf968 | 0) % 1000);
});

function waiting(key: string, bytes: number): WaitingRecord {
  return { kind: 'otlp-logs', tenant: 't', items: 3, body: new Uint8Array(1), key, bytes };
}

function keysOfDifferentPartitions(): readonly [string, string, string] {
  const byPartition = new Map<number, string>();
  for (let index = 0; byPartition.size < 3; index += 1)
    byPartition.set(partitionOf(`k${index}`, 4), `k${index}`);
  const [a = '', b = '', c = ''] = byPartition.values();
  return [a, b, c];
}
