/** Own metrics of alerting. */
import type { Verdict } from '#base/http-retry.ts';
import type { Counter, Gauge, Histogram, Meter } from '#base/metrics.ts';
import { METRICS } from '#signals/registry.ts';

export interface AlertingMetrics {
  readonly attempts: Counter;
  readonly latency: Histogram;
  readonly waiting: Gauge;
  readonly lag: Gauge;
  readonly lateEvents: Counter;
  readonly unplacedSpans: Counter;
  readonly uncountedSamples: Counter;
  readonly failures: Counter;
  readonly outboxFull: Counter;
  readonly sloState: Gauge;
  readonly sloObjective: Gauge;
  readonly sloBudgetRemaining: Gauge;
  readonly sloBurnRate: Gauge;
  readonly sloPeriodDays: Gauge;
  readonly sloPolicyBurn: Gauge;
  readonly sloPolicyFactor: Gauge;
  readonly sloEvents: Gauge;
  readonly sloMeasured: Gauge;
  readonly incidentsOpen: Gauge;
  readonly incidents: Counter;
  readonly detection: Histogram;
}

export function alertingMetrics(meter: Meter): AlertingMetrics {
  return {
    attempts: meter.counter(METRICS.deliveryAttempts),
    latency: meter.histogram(METRICS.deliverySeconds),
    waiting: meter.gauge(METRICS.deliveriesWaiting),
    lag: meter.gauge(METRICS.alertingLagSeconds),
    lateEvents: meter.counter(METRICS.alertingLateEvents),
    unplacedSpans: meter.counter(METRICS.alertingUnplacedSpans),
    uncountedSamples: meter.counter(METRICS.alertingUncountedSamples),
    failures: meter.counter(METRICS.alertingFailures),
    outboxFull: meter.counter(METRICS.deliveriesPutOff),
    sloState: meter.gauge(METRICS.sloState),
    sloObjective: meter.gauge(METRICS.sloObjective),
    sloBudgetRemaining: meter.gauge(METRICS.sloBudgetRemaining),
    sloBurnRate: meter.gauge(METRICS.sloBurnRate),
    sloPeriodDays: meter.gauge(METRICS.sloPeriodDays),
    sloPolicyBurn: meter.gauge(METRICS.sloPolicyBurn),
    sloPolicyFactor: meter.gauge(METRICS.sloPolicyFactor),
    sloEvents: meter.gauge(METRICS.sloEvents),
    sloMeasured: meter.gauge(METRICS.sloMeasured),
    incidentsOpen: meter.gauge(METRICS.incidentsOpen),
    incidents: meter.counter(METRICS.incidents),
    detection: meter.histogram(METRICS.detectionSeconds),
  };
}

const OUTCOMES = ['delivered', 'retry', 'refused'] as const satisfies readonly Verdict['kind'][];

/** So that the first failed attempt is a rise and not a new series. */
export function countAttemptsFromZero(
  { attempts, latency }: Pick<AlertingMetrics, 'attempts' | 'latency'>,
  receiver: string,
): void {
  for (const outcome of OUTCOMES) attempts.add(0, { receiver, outcome });
  latency.zero({ receiver });
}
