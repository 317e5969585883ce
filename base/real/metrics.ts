/** The one file that knows prom-client. */
import {
  Counter as PromCounter,
  Gauge as PromGauge,
  Histogram as PromHistogram,
  Registry,
} from 'prom-client';
import type { LabelValues, Meter, MetricDefinition, MetricFamily } from '#base/metrics.ts';

/** Label combinations per metric: beyond it the values become `overflow`. */
export const METRIC_SERIES_MAX = 1000;
const OVERFLOW = 'overflow';

export interface CollectingMeter extends Meter {
  collect(): Promise<readonly MetricFamily[]>;
}

export function createMeter(): CollectingMeter {
  const registry = new Registry();
  const updates: (() => void)[] = [];
  const made = new Map<string, unknown>();
  const base = (definition: MetricDefinition) => ({
    name: definition.name,
    help: definition.help,
    labelNames: [...definition.labels],
    registers: [registry],
  });
  // Two parts of a thread may count under one name, told apart by a label.
  const once = <T>(name: string, make: () => T): T => {
    const before = made.get(name) as T | undefined;
    if (before !== undefined) return before;
    const fresh = make();
    made.set(name, fresh);
    return fresh;
  };
  return {
    counter: (definition) =>
      once(definition.name, () => {
        const counter = new PromCounter(base(definition));
        const cap = seriesCap(definition);
        if (definition.labels.length === 0) counter.inc(0);
        return { add: (value, labels = {}) => counter.inc(cap(labels), value) };
      }),
    gauge: (definition) =>
      once(definition.name, () => {
        const gauge = new PromGauge(base(definition));
        const cap = seriesCap(definition);
        return { set: (value, labels = {}) => gauge.set(cap(labels), value) };
      }),
    histogram: (definition) =>
      once(definition.name, () => {
        const histogram = new PromHistogram({
          ...base(definition),
          buckets: [...(definition.buckets ?? [])],
        });
        const cap = seriesCap(definition);
        return {
          observe: (value, labels = {}) => histogram.observe(cap(labels), value),
          zero: (labels) => histogram.zero(cap(labels)),
        };
      }),
    onCollect: (update) => void updates.push(update),
    async collect() {
      for (const update of updates) update();
      const families = await registry.getMetricsAsJSON();
      return families.map((family) => ({
        name: family.name,
        type: String(family.type),
        help: family.help,
        samples: family.values.map((sample) => ({
          name: 'metricName' in sample ? String(sample.metricName) : family.name,
          labels: textLabels(sample.labels),
          value: sample.value,
        })),
      }));
    },
  };
}

function textLabels(labels: Readonly<Record<string, unknown>>): LabelValues {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
}

function seriesCap(definition: MetricDefinition): (labels: LabelValues) => LabelValues {
  const seen = new Set<string>();
  return (labels) => {
    const key = definition.labels.map((name) => labels[name] ?? '').join('\u0000');
    if (seen.has(key)) return labels;
    if (seen.size >= METRIC_SERIES_MAX)
      return Object.fromEntries(definition.labels.map((name) => [name, OVERFLOW]));
    seen.add(key);
    return labels;
  };
}
