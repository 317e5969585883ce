import assert from 'node:assert/strict';
import { test } from 'node:test';
import { present } from '#base/invariant.ts';
import { RECORD_HEADER, Shipment, type ShipmentConfig } from '#collector/exporters/kafka/core/shipment.ts';
import type { JournalRecord } from '#journal/ports.ts';
import { countItems } from '#signals/otlp/envelope.ts';
import { journalRecord } from '#test/support/journal-records.ts';
import { buildLogs } from '#test/support/otlp.ts';

const CONFIG: ShipmentConfig = {
  topics: { 'otlp-traces': 'spans', 'otlp-metrics': 'metrics', 'otlp-logs': 'logs' },
  headers: { env: 'test' },
  messageBytesMax: 10_000,
};
const PARTITIONS = new Map([
  ['logs', 4],
  ['spans', 2],
]);
const ID = '00000000-0000-4000-8000-000000000001/1';

function logsRecord(sequence: number, texts: readonly string[], instance?: string): JournalRecord {
  const resource = instance === undefined ? {} : { 'service.instance.id': instance };
  const logs = texts.map((body) => ({ nanos: 1n, body }));
  return journalRecord(sequence, 'otlp-logs', texts.length, buildLogs({ resource, logs }));
}

const shipmentOf = (records: readonly JournalRecord[], config = CONFIG): Shipment =>
  new Shipment(records, config, PARTITIONS);
const messagesIn = ({ lanes }: Shipment) => lanes.flatMap(({ batches }) => batches.flat());

test('a record is a message in the bytes it came in, of its topic, with a name', () => {
  const records = [logsRecord(1, ['a']), journalRecord(2, 'otlp-traces', 0, new Uint8Array(0))];
  const shipment = shipmentOf(records);
  assert.deepEqual(
    shipment.lanes.map(({ topic, partition }) => [topic, partition]),
    [
      ['logs', 1],
      ['spans', 0],
    ],
  );
  const [message] = messagesIn(shipment);
  assert.equal(message?.value, records[0]?.body);
  assert.deepEqual(
    [message?.headers, message?.key],
    [{ env: 'test', [RECORD_HEADER]: `${ID}/1` }, undefined],
  );
});

test('those of an instance are in one partition, in their order, and batches are bounded', () => {
  const records = Array.from({ length: 30 }, (_, index) => logsRecord(index, ['x'.repeat(900)], 'i-1'));
  const { lanes } = shipmentOf(records);
  assert.equal(lanes.length, 1);
  const { batches } = present(lanes[0], 'it is one');
  assert.equal(batches[0]?.[0]?.key, 'i-1');
  assert.deepEqual(
    batches.flat().map(({ record }) => record.id.sequence),
    records.map(({ id }) => id.sequence),
  );
  for (const batch of batches)
    assert.ok(batch.reduce((sum, { value }) => sum + value.length, 0) <= CONFIG.messageBytesMax);
});

test('a larger record is cut between its items, and what cannot be cut is refused by its place', () => {
  const texts = ['a'.repeat(5000), 'b'.repeat(5000), 'c'.repeat(9500), 'd'];
  const shipment = shipmentOf([logsRecord(1, texts), logsRecord(2, ['e'])]);
  const messages = messagesIn(shipment);
  assert.deepEqual(
    messages.map(({ headers, items, value }) => [headers[RECORD_HEADER], items, countItems(value)]),
    [
      [`${ID}/1/0`, 1, 1],
      [`${ID}/1/1`, 2, 2],
      [`${ID}/2`, 1, 1],
    ],
  );
  assert.deepEqual(
    shipment.refused.map(({ record, ordinal, items, reason }) => [record.sequence, ordinal, items, reason]),
    [[1, 2, 1, 'too_large']],
  );
  const whole = shipmentOf([logsRecord(3, ['f'.repeat(9500)])]);
  assert.deepEqual([messagesIn(whole), whole.refused[0]?.ordinal], [[], undefined]);
});

test('a body that is not of its kind is refused, and nothing else', () => {
  const broken = journalRecord(1, 'otlp-logs', 3, new Uint8Array(9500).fill(255));
  const shipment = shipmentOf([broken, logsRecord(2, ['x'])]);
  assert.deepEqual(
    shipment.refused.map(({ items, reason }) => [items, reason]),
    [[3, 'malformed']],
  );
  assert.equal(messagesIn(shipment).length, 1);
});

test('what is settled is not sent again, by the same records alone', () => {
  const records = [logsRecord(0, ['a'.repeat(6000)]), logsRecord(4, ['b'.repeat(6000)])];
  const shipment = shipmentOf(records);
  const lane = present(shipment.lanes[0], 'both are in one');
  assert.equal(lane.batches.length, 2);
  shipment.settle(lane);
  assert.deepEqual(
    lane.batches.flat().map(({ record }) => record.id.sequence),
    [4],
  );
  assert.ok(shipment.isOf(records));
  assert.ok(!shipment.isOf(records.slice(1)));
});

test('what a topic calls too large becomes smaller until a single item is left', () => {
  const texts = ['a'.repeat(5500), 'b', 'c'.repeat(500), 'd'];
  const shipment = shipmentOf([logsRecord(0, texts), logsRecord(4, ['e'])]);
  const lane = present(shipment.lanes[0], 'both are in one');
  assert.equal(lane.batches.length, 1);
  shipment.shrink(lane, 'too large');
  assert.equal(lane.batches.length, 2, 'first by messages');
  let settled = 0;
  for (let turn = 0; turn < 20 && lane.batches.length > 0; turn += 1) {
    const message = present(lane.batches[0]?.[0], 'no batch is empty');
    if (message.value.length > 5600) {
      shipment.shrink(lane, 'too large');
    } else {
      settled += message.items;
      shipment.settle(lane);
    }
  }
  assert.deepEqual([lane.batches, settled, shipment.refused], [[], 5, []]);
  const single = shipmentOf([logsRecord(0, ['f'])]);
  const only = present(single.lanes[0], 'there is one');
  single.shrink(only, 'too large');
  assert.deepEqual(
    [only.batches, single.refused.map(({ reason, detail }) => [reason, detail])],
    [[], [['too_large', 'too large']]],
  );
});
