import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMeter } from '#base/real/metrics.ts';
import { exporterMetrics } from '#collector/exporters/expose.ts';
import { METRICS } from '#signals/registry.ts';
import { journalRecord } from '#test/support/journal-records.ts';

test('what was refused of one node’s record is not taken from another’s of the same number', async () => {
  const meter = createMeter();
  const metrics = exporterMetrics(meter, 'archive', () => 0);
  const one = journalRecord(5, 'otlp-logs', 10, new Uint8Array());
  const other = { ...journalRecord(5, 'otlp-logs', 3, new Uint8Array()), id: { ...one.id, node: 'other' } };
  const refused = { record: one.id, ordinal: undefined, items: 10, reason: 'rejected', detail: '' };
  metrics.sent([one, other], [refused]);
  const families = await meter.collect();
  const valueOf = (name: string) => families.find((family) => family.name === name)?.samples[0]?.value;
  assert.equal(valueOf(METRICS.exporterSentLogs.name), 3);
  assert.equal(valueOf(METRICS.exporterFailedLogs.name), 10);
});
