/** Where translated samples go. */
import type { Labels } from '#signals/matchers.ts';

export interface MetricDescription {
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'unknown';
  readonly help: string;
  readonly unit: string;
}

export interface SampleSink {
  /** @param stale a staleness marker; the value then means nothing */
  sample(labels: Labels, timeMs: number, value: number, stale: boolean): void;
  /** By family name. */
  metadata(name: string, description: MetricDescription): void;
}
