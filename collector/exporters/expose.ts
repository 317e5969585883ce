/** What an exporter says about itself, in the Collector's names where it has the same figure. */
import type { Meter } from '#base/metrics.ts';
import { byRecord, recordKey } from '#collector/exporters/core/refused.ts';
import type { RefusedItem } from '#collector/exporters/ports.ts';
import type { JournalReader, JournalRecord } from '#journal/ports.ts';
import { METRICS } from '#signals/registry.ts';
import type { RecordKind } from '#signals/records.ts';

export interface ExporterMetrics {
  sent(records: readonly JournalRecord[], refused: readonly RefusedItem[]): void;
  failed(): void;
  took(seconds: number): void;
  /** Lag is asked of the reader of the moment. */
  watch(reader: () => Pick<JournalReader, 'lag'> | undefined): void;
}

/** Collections come every few seconds; a lag is at most this old. */
const LAG_EVERY_MS = 1000;

/** @param wallMs for the age of what waits */
export function exporterMetrics(meter: Meter, exporter: string, wallMs: () => number): ExporterMetrics {
  const sentOf = countersOf(meter, 'sent');
  const refusedOf = countersOf(meter, 'refused');
  const failures = meter.counter(METRICS.exporterRetries);
  const seconds = meter.histogram(METRICS.exporterSeconds);
  const heldBytes = meter.gauge(METRICS.exporterHeldBytes);
  const lagSeconds = meter.gauge(METRICS.exporterLagSeconds);
  const labels = { exporter };
  failures.add(0, labels);
  return {
    sent(records, refused) {
      const refusedOfRecord = byRecord(refused);
      for (const { id, kind, items } of records) {
        const not = (refusedOfRecord.get(recordKey(id)) ?? []).reduce((sum, item) => sum + item.items, 0);
        sentOf[kind].add(items - not, labels);
        // Also none: a rate needs a series that was there before.
        refusedOf[kind].add(not, labels);
      }
    },
    failed: () => failures.add(1, labels),
    took: (value) => seconds.observe(value, labels),
    watch(reader) {
      let askedMs = Number.NEGATIVE_INFINITY;
      meter.onCollect(() => {
        const nowMs = wallMs();
        if (nowMs - askedMs < LAG_EVERY_MS) return;
        askedMs = nowMs;
        void reader()
          ?.lag()
          .then(({ bytes, oldestUnixNanos }) => {
            heldBytes.set(bytes, labels);
            const oldestMs = oldestUnixNanos === undefined ? nowMs : Number(oldestUnixNanos / 1_000_000n);
            lagSeconds.set(Math.max(0, nowMs - oldestMs) / 1000, labels);
          })
          .catch(() => {});
      });
    },
  };
}

function countersOf(
  meter: Meter,
  what: 'sent' | 'refused',
): Readonly<Record<RecordKind, ReturnType<Meter['counter']>>> {
  const isSent = what === 'sent';
  const points = meter.counter(isSent ? METRICS.exporterSentPoints : METRICS.exporterFailedPoints);
  return {
    'otlp-traces': meter.counter(isSent ? METRICS.exporterSentSpans : METRICS.exporterFailedSpans),
    'otlp-logs': meter.counter(isSent ? METRICS.exporterSentLogs : METRICS.exporterFailedLogs),
    'otlp-metrics': points,
    'prom-samples': points,
  };
}
