/** What became of spans and log records, as metrics: nothing is lost in silence. */
import { metrics } from '#sdk/metrics/registry.ts';
import type { LossReason } from '#sdk/transport/delivery.ts';

export type Signal = 'traces' | 'logs';

const sent = metrics.counter({
  name: 'otel_sdk_exported_items_total',
  help: 'Spans and log records a collector has taken.',
  labelNames: ['signal'],
});
const lost = metrics.counter({
  name: 'otel_sdk_dropped_items_total',
  help: 'Spans and log records given up: no room (queue_full), refused by the collector, or not encodable.',
  labelNames: ['signal', 'reason'],
});
const REASONS: readonly LossReason[] = ['queue_full', 'refused', 'not_encodable'];

export function deliveryCounters(signal: Signal): {
  readonly onSent: (items: number) => void;
  readonly onLost: (items: number, reason: LossReason) => void;
} {
  // A rate needs a first value: the series are there before anything happens.
  sent.inc({ signal }, 0);
  for (const reason of REASONS) lost.inc({ signal, reason }, 0);
  return {
    onSent: (items) => sent.inc({ signal }, items),
    onLost: (items, reason) => lost.inc({ signal, reason }, items),
  };
}

/** Shows how much waits, whenever somebody scrapes. */
export function showWaiting(waiting: Readonly<Partial<Record<Signal, () => number>>>): void {
  metrics.gauge({
    name: 'otel_sdk_waiting_items',
    help: 'Spans and log records on their way to the collector.',
    labelNames: ['signal'],
    collect() {
      for (const [signal, read] of Object.entries(waiting)) this.set({ signal }, read());
    },
  });
}
