/** The receiver's own figures, by the registry's names. */
import type { Counter, Meter } from '#base/metrics.ts';
import type { OtlpSignal } from '#signals/otlp/response.ts';
import { METRICS } from '#signals/registry.ts';

export interface ReceiverMetrics {
  answered(status: number, durationMs: number): void;
  /** The error code says which limit or rule it was. */
  refused(code: string): void;
  items(signal: OtlpSignal, accepted: number, rejected: number): void;
}

const RECEIVER = { receiver: 'otlp' } as const;
const BY_SIGNAL = { receiver: 'otlp', transport: 'http' } as const;

/** @param bytesInFlight read at each collection */
export function receiverMetrics(meter: Meter, bytesInFlight: () => number): ReceiverMetrics {
  const requests = meter.counter(METRICS.receiverRequests);
  const refusals = meter.counter(METRICS.receiverRefusals);
  const seconds = meter.histogram(METRICS.receiverSeconds);
  const inFlight = meter.gauge(METRICS.receiverBytesInFlight);
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
  meter.onCollect(() => inFlight.set(bytesInFlight(), RECEIVER));
  return {
    answered(status, durationMs) {
      requests.add(1, { ...RECEIVER, status: String(status) });
      seconds.observe(durationMs / 1000, RECEIVER);
    },
    refused: (code) => refusals.add(1, { ...RECEIVER, code }),
    items(signal, acceptedItems, rejectedItems) {
      accepted[signal].add(acceptedItems, BY_SIGNAL);
      if (rejectedItems > 0) rejected[signal].add(rejectedItems, BY_SIGNAL);
    },
  };
}
