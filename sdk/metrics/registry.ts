/**
 * The service's metrics: one prom-client registry, in OpenMetrics, because only
 * there exemplars exist. No metric has more than {@link SERIES_MAX} series; what
 * comes beyond goes into its overflow series, is counted, and said once.
 */
import {
  Counter,
  Gauge,
  Histogram,
  Registry,
  type CounterConfiguration,
  type GaugeConfiguration,
  type HistogramConfiguration,
  type OpenMetricsContentType,
} from 'prom-client';
import { plainText } from '#sdk/core/plain-text.ts';
import { OVERFLOW_LABEL, SERIES_MAX, SeriesLimit, type LabelSet } from '#sdk/core/series-limit.ts';
import { logger } from '#sdk/logs/logger.ts';

const PLAIN_TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const registry = new Registry<OpenMetricsContentType>();
registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);

type Options<Configuration> = Omit<Configuration, 'registers'>;

/** Metrics of the service's own; each is registered at once and shown at `/metrics`. */
export const metrics = {
  /** A counter; its name ends in `_total`. */
  counter<Label extends string = string>(options: Options<CounterConfiguration<Label>>): Counter<Label> {
    return limited(new Counter(registered(options)));
  },
  gauge<Label extends string = string>(options: Options<GaugeConfiguration<Label>>): Gauge<Label> {
    return limited(new Gauge(registered(options)));
  },
  /** A histogram; seconds and bytes, not milliseconds. */
  histogram<Label extends string = string>(
    options: Options<HistogramConfiguration<Label>>,
  ): Histogram<Label> {
    return limited(new Histogram(registered(options)));
  },
} as const;

/** The registry as text, and its media type, for the `Accept` header of a scrape. */
export async function exposition(
  accept: string,
): Promise<{ readonly mediaType: string; readonly text: string }> {
  const text = await registry.metrics();
  return accept.includes('application/openmetrics-text')
    ? { mediaType: registry.contentType, text }
    : { mediaType: PLAIN_TEXT, text: plainText(text) };
}

const overflowing = new Counter({
  name: 'otel_sdk_metric_overflows_total',
  help: `Measurements put into the overflow series of a metric with more than ${SERIES_MAX} label sets.`,
  labelNames: ['metric'],
  registers: [registry],
});

/** With a registry, and room for the label of the overflow series. */
function registered<Label extends string, Configuration extends { readonly labelNames?: readonly Label[] }>(
  options: Configuration,
): Configuration & { labelNames: Label[]; registers: Registry<OpenMetricsContentType>[] } {
  const given = options.labelNames ?? [];
  // A metric without labels has one series.
  const labelNames = given.length === 0 ? [] : [...given, OVERFLOW_LABEL as Label];
  return { ...options, labelNames, registers: [registry] };
}

/** What all metrics of prom-client have, as far as it concerns us; not all of it is in its types. */
interface Inside {
  readonly name: string;
  readonly labelNames: readonly string[];
  readonly enableExemplars?: boolean;
}
type Method = (...values: unknown[]) => unknown;

/** Guards every way to make a new series. */
function limited<Metric extends object>(metric: Metric): Metric {
  const { name, labelNames, enableExemplars = false } = metric as unknown as Inside;
  const names = labelNames.filter((label) => label !== OVERFLOW_LABEL);
  if (names.length === 0) return metric;
  const limit = new SeriesLimit(names, overflowNotice(name));
  const named = (values: readonly unknown[]): LabelSet =>
    isLabelSet(values[0])
      ? values[0]
      : (Object.fromEntries(names.map((label, index) => [label, values[index]])) as LabelSet);
  const admitFirst = ([first, ...rest]: readonly unknown[]): unknown[] => {
    if (!isLabelSet(first)) return [first, ...rest];
    const { labels } = first as { readonly labels?: unknown };
    if (enableExemplars && isLabelSet(labels)) return [{ ...first, labels: limit.admit(labels) }, ...rest];
    return [limit.admit(first), ...rest];
  };
  for (const method of ['inc', 'dec', 'set', 'observe'] as const) wrap(metric, method, admitFirst);
  wrap(metric, 'labels', (values) => [limit.admit(named(values))]);
  wrap(metric, 'remove', (values) => {
    limit.forget(named(values));
    return [...values];
  });
  wrap(metric, 'reset', (values) => {
    limit.clear();
    return [...values];
  });
  return metric;
}

/** Lets `change` look over the arguments of a method, if there is one. */
function wrap(metric: object, method: string, change: (values: readonly unknown[]) => unknown[]): void {
  const original: unknown = Reflect.get(metric, method);
  if (typeof original !== 'function') return;
  const call = original.bind(metric) as Method;
  Reflect.set(metric, method, (...values: unknown[]): unknown => call(...change(values)));
}

function overflowNotice(name: string): () => void {
  let isSaid = false;
  return () => {
    overflowing.inc({ metric: name });
    if (isSaid) return;
    isSaid = true;
    logger.warn(
      `the metric ${name} has more than ${SERIES_MAX} label sets; the rest is in its series ${OVERFLOW_LABEL}="true"`,
    );
  };
}

function isLabelSet(value: unknown): value is LabelSet {
  return typeof value === 'object' && value !== null;
}
