/** Where translated samples go. */
import type { Labels } from '#signals/matchers.ts';

export interface MetricDescription {
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'unknown';
  readonly help: string;
  readonly unit: string;
}

/** One measurement that stands for others of its series, usually with the trace it came from. */
export interface Exemplar {
  /** `trace_id`, `span_id` and whatever else it carries; not those of the series. */
  readonly labels: Labels;
  readonly value: number;
  /** Milliseconds since the Unix epoch. */
  readonly timeMs: number;
}

export interface SampleSink {
  /**
   * Before the samples of a data point, of which a histogram has several, with its
   * place in the request; undefined before what stands for no point.
   */
  point?(ordinal: number | undefined): void;
  /** @param stale a staleness marker; the value then means nothing */
  sample(labels: Labels, timeMs: number, value: number, stale: boolean): void;
  /** After the sample it came with; `labels` are those of the series. */
  exemplar(labels: Labels, exemplar: Exemplar): void;
  /** By family name. */
  metadata(name: string, description: MetricDescription): void;
}
