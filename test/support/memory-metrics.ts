/** A metric reader over series held in memory: what the Prometheus API is tested on. */
import { compileMatcher } from '#promql/matchers.ts';
import { compareUtf8, labelOf, labelsKey } from '#promql/labels.ts';
import type { SelectRequest, Series } from '#promql/ports.ts';
import type { Labels, Matcher } from '#signals/matchers.ts';
import type {
  ExemplarRequest,
  ExemplarSeries,
  LabelRequest,
  MetricMetadata,
  MetricReader,
} from '#storage/ports.ts';

/** One series to begin with; a value of `'stale'` is a staleness marker. */
export interface SeriesInput {
  readonly labels: Labels;
  readonly samples: readonly (readonly [timeMs: number, value: number | 'stale'])[];
}

export function seriesFrom({ labels, samples }: SeriesInput): Series {
  const sorted = samples.toSorted(([left], [right]) => left - right);
  const markers = sorted.map(([, value]) => Number(value === 'stale'));
  return {
    labels,
    timesMs: Float64Array.from(sorted, ([timeMs]) => timeMs),
    values: Float64Array.from(sorted, ([, value]) => (value === 'stale' ? NaN : value)),
    stale: markers.includes(1) ? Uint8Array.from(markers) : undefined,
  };
}

export class MemoryMetrics implements MetricReader {
  readonly #series: readonly Series[];
  readonly #metadata: Readonly<Record<string, MetricMetadata>>;
  readonly #exemplars: readonly ExemplarSeries[];

  /** @param exemplars in the order of their series' labels, each by time */
  constructor(
    inputs: readonly SeriesInput[],
    metadata: Readonly<Record<string, MetricMetadata>> = {},
    exemplars: readonly ExemplarSeries[] = [],
  ) {
    this.#series = inputs.map(seriesFrom);
    this.#metadata = metadata;
    this.#exemplars = exemplars;
  }

  select({ matchers, startMs, endMs }: SelectRequest): Promise<readonly Series[]> {
    const found = this.#matching(matchers).map((series) => cut(series, startMs, endMs));
    return Promise.resolve(found.filter(({ timesMs }) => timesMs.length > 0));
  }

  labelNames(request: LabelRequest): Promise<readonly string[]> {
    const names = this.#inRange(request).flatMap((labels) => Object.keys(labels));
    return Promise.resolve(limited(sortedUnique(names), request.limit));
  }

  labelValues(name: string, request: LabelRequest): Promise<readonly string[]> {
    const values = this.#inRange(request).map((labels) => labelOf(labels, name));
    return Promise.resolve(
      limited(
        sortedUnique(values).filter((value) => value !== ''),
        request.limit,
      ),
    );
  }

  series(request: LabelRequest): Promise<readonly Labels[]> {
    const byKey = new Map(this.#inRange(request).map((labels) => [labelsKey(labels), labels]));
    return Promise.resolve(limited([...byKey.values()], request.limit));
  }

  exemplars({ sets, startMs, endMs }: ExemplarRequest): Promise<readonly ExemplarSeries[]> {
    const tests = sets.map(testOf);
    const chosen = this.#exemplars.filter(({ labels }) => tests.some((test) => test(labels)));
    const cutSeries = chosen.map(({ labels, exemplars }) => ({
      labels,
      exemplars: exemplars.filter(({ timeMs }) => timeMs >= startMs && timeMs <= endMs),
    }));
    return Promise.resolve(cutSeries.filter(({ exemplars }) => exemplars.length > 0));
  }

  metadata(): Promise<Readonly<Record<string, MetricMetadata>>> {
    return Promise.resolve(this.#metadata);
  }

  #matching(matchers: readonly Matcher[]): readonly Series[] {
    const test = testOf(matchers);
    return this.#series.filter(({ labels }) => test(labels));
  }

  #inRange({ sets, startMs, endMs }: LabelRequest): readonly Labels[] {
    const chosen = sets.length === 0 ? this.#series : sets.flatMap((matchers) => this.#matching(matchers));
    return chosen
      .filter(({ timesMs }) => timesMs.some((timeMs) => timeMs >= startMs && timeMs <= endMs))
      .map(({ labels }) => labels);
  }
}

function testOf(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  const tests = matchers.map((matcher) => ({ name: matcher.name, test: compileMatcher(matcher) }));
  return (labels) => tests.every(({ name, test }) => test(labelOf(labels, name)));
}

function cut(series: Series, startMs: number, endMs: number): Series {
  const from = series.timesMs.findIndex((timeMs) => timeMs >= startMs);
  const beyond = series.timesMs.findIndex((timeMs) => timeMs > endMs);
  const to = beyond < 0 ? series.timesMs.length : beyond;
  const start = from < 0 ? to : from;
  return {
    labels: series.labels,
    timesMs: series.timesMs.subarray(start, to),
    values: series.values.subarray(start, to),
    stale: series.stale?.subarray(start, to),
  };
}

function sortedUnique(values: readonly string[]): string[] {
  return [...new Set(values)].sort(compareUtf8);
}

function limited<Item>(items: readonly Item[], limit: number): readonly Item[] {
  return limit > 0 ? items.slice(0, limit) : items;
}
