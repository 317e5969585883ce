/** The figures of a door and of what came through it, by the registry's names. */
import type { Counter, Meter } from '#base/metrics.ts';
import type { OtlpSignal } from '#signals/otlp/response.ts';
import { METRICS } from '#signals/registry.ts';

export interface DoorMetrics {
  answered(status: number, durationMs: number): void;
  /** The error code says which limit or rule it was. */
  refused(code: string): void;
}

/** @param bytesInFlight read at each collection */
export function doorMetrics(meter: Meter, receiver: string, bytesInFlight: () => number): DoorMetrics {
  const requests = meter.counter(METRICS.receiverRequests);
  const refusals = meter.counter(METRICS.receiverRefusals);
  const seconds = meter.histogram(METRICS.receiverSeconds);
  const inFlight = meter.gauge(METRICS.receiverBytesInFlight);
  meter.onCollect(() => inFlight.set(bytesInFlight(), { receiver }));
  return {
    answered(status, durationMs) {
      requests.add(1, { receiver, status: String(status) });
      seconds.observe(durationMs / 1000, { receiver });
    },
    refused: (code) => refusals.add(1, { receiver, code }),
  };
}

/** Counts items of a signal: those made durable, and those refused as invalid beside them. */
export type ItemCounter = (signal: OtlpSignal, accepted: number, rejected: number) => void;

export function itemCounter(meter: Meter, receiver: string, transport: string): ItemCounter {
  const accepted: Readonly<Record<OtlpSignal, Counter>> = {
    traces: meter.counter(METRICS.acceptedSpans),
    metrics: meter.counter(METRICS.acceptedMetricPoints),
    logs: meter.counter(METRICS.acceptedLogRecords),
  };
  const rejected: Readonly<Record<OtlpSignal, Counter>> = {
    traces: meter.counter(METRICS.refusedSpans),
    metrics: meter.counter(METRICS.refusedMetricPoints),
    logs: meter.counter(METRICS.refusedLogRecords),
  };
  return (signal, acceptedItems, rejectedItems) => {
    accepted[signal].add(acceptedItems, { receiver, transport });
    if (rejectedItems > 0) rejected[signal].add(rejectedItems, { receiver, transport });
  };
}
