/** Derived metrics as a test reads them: the last value of every series, as text. */
import { labelOf, sortedNames } from '#promql/labels.ts';
import type { Labels } from '#signals/matchers.ts';
import type { Exemplar, SampleSink } from '#signals/prometheus/sink.ts';

export class DerivedReader implements SampleSink {
  /** By `name{label=value,…}`. */
  readonly values = new Map<string, number>();
  readonly exemplars = new Map<string, Exemplar>();
  readonly samples: { readonly key: string; readonly timeMs: number; readonly value: number }[] = [];

  sample(labels: Labels, timeMs: number, value: number): void {
    const key = seriesText(labels);
    this.values.set(key, value);
    this.samples.push({ key, timeMs, value });
  }

  exemplar(labels: Labels, exemplar: Exemplar): void {
    this.exemplars.set(seriesText(labels), exemplar);
  }

  metadata(): void {}

  /** Values of the series whose text holds `part`. */
  with(part: string): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.values].filter(([key]) => key.includes(part)));
  }
}

/** `name{label=value,…}`, labels in order. */
export function seriesText(labels: Labels): string {
  const pairs = sortedNames(labels)
    .filter((name) => name !== '__name__')
    .map((name) => `${name}=${labelOf(labels, name)}`);
  return `${labelOf(labels, '__name__')}{${pairs.join(',')}}`;
}
