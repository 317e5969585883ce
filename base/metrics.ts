/**
 * Own metrics as an argument. Names come from `signals/registry.ts`, so that a
 * metric cannot exist without its help text and its line in the reference.
 */

export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds, only for histograms. */
  readonly buckets?: readonly number[];
}

export type LabelValues = Readonly<Record<string, string>>;

export interface Counter {
  add(value: number, labels?: LabelValues): void;
}

export interface Gauge {
  set(value: number, labels?: LabelValues): void;
}

export interface Histogram {
  observe(value: number, labels?: LabelValues): void;
  /**
   * Shows these labels with nothing observed, so that the first observation is
   * a rise and not a new series. Before that observation only.
   */
  zero(labels: LabelValues): void;
}

export interface Meter {
  counter(definition: MetricDefinition): Counter;
  gauge(definition: MetricDefinition): Gauge;
  histogram(definition: MetricDefinition): Histogram;
  /** Called before each collection, to set gauges and counters kept elsewhere. */
  onCollect(update: () => void): void;
}

/** One family as it travels between threads. */
export interface MetricFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly {
    readonly name: string;
    readonly labels: LabelValues;
    readonly value: number;
  }[];
}
