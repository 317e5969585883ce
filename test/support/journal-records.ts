/** Journal records made by hand, for what takes batches of them. */
import type { JournalRecord } from '#journal/ports.ts';
import { DEFAULT_TENANT } from '#signals/ids.ts';
import type { Labels } from '#signals/matchers.ts';
import { addItems, NO_ITEMS, type RecordKind } from '#signals/records.ts';
import type { SampleSink } from '#signals/prometheus/sink.ts';
import { WriteRequestWriter } from '#signals/prometheus/write-request.ts';

const NODE = '00000000-0000-4000-8000-000000000001';

export function journalRecord(
  sequence: number,
  kind: RecordKind,
  items: number,
  body: Uint8Array,
): JournalRecord {
  return {
    id: { node: NODE, epoch: 1, sequence },
    partition: 0,
    offset: sequence * 1000,
    nextOffset: (sequence + 1) * 1000,
    kind,
    tenant: DEFAULT_TENANT,
    receivedUnixNanos: 1_700_000_000_000_000_000n,
    items,
    accepted: addItems(NO_ITEMS, kind, items),
    body,
  };
}

/** A record `prom-samples` of what `give` tells. */
export function samplesRecord(sequence: number, give: (sink: SampleSink) => void): JournalRecord {
  const writer = new WriteRequestWriter();
  give(writer);
  return journalRecord(sequence, 'prom-samples', writer.samples, writer.take());
}

/** One sample of each, in this order. */
export function plainSamples(
  sequence: number,
  samples: readonly (readonly [labels: Labels, timeMs: number, value: number])[],
): JournalRecord {
  return samplesRecord(sequence, (sink) => {
    for (const [labels, timeMs, value] of samples) sink.sample(labels, timeMs, value, false);
  });
}
