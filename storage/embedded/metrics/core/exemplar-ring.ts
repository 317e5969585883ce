/**
 * Exemplars in memory: the newest of all series together, and of each series
 * the newest. When one too many comes the oldest to have arrived goes. Pure.
 */
import { compileMatcher } from '#promql/matchers.ts';
import { compareLabels, labelOf } from '#promql/labels.ts';
import type { Labels, Matcher } from '#signals/matchers.ts';
import type { Exemplar } from '#signals/prometheus/sink.ts';
import type { ExemplarRequest, ExemplarSeries } from '#storage/ports.ts';
import { labelsKey } from '#storage/embedded/metrics/core/label-index.ts';

/** Exemplars kept in all: about 30 MB. Prometheus advises as many. */
export const EXEMPLARS_MAX = 100_000;
/** Of one series: no panel shows more of one line, and a busy series must not drive out the rest. */
export const EXEMPLARS_PER_SERIES_MAX = 1000;
/** Characters of an exemplar's labels together: the limit of OpenMetrics 1.0. */
export const EXEMPLAR_LABEL_CHARS_MAX = 128;

export type ExemplarRefusal = 'exemplar_labels' | 'exemplar_retention';

/** One exemplar with its series, as it arrived. */
export interface ArrivedExemplar extends Exemplar {
  readonly series: Labels;
}

interface SeriesExemplars {
  readonly key: string;
  readonly labels: Labels;
  /** By order of arrival. */
  readonly kept: Map<number, ArrivedExemplar>;
  newest: ArrivedExemplar | undefined;
}

export interface ExemplarLimits {
  readonly all: number;
  readonly perSeries: number;
}

export class ExemplarRing {
  readonly #limits: ExemplarLimits;
  readonly #bySeries = new Map<string, SeriesExemplars>();
  /** Series by the arrival number of what they keep: the first entry is the oldest of all. */
  readonly #arrivals = new Map<number, SeriesExemplars>();
  #nextArrival = 1;

  constructor(limits: ExemplarLimits = { all: EXEMPLARS_MAX, perSeries: EXEMPLARS_PER_SERIES_MAX }) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#arrivals.size;
  }

  /**
   * Keeps one. What is the same as the newest of its series is not kept again: a
   * scraped target shows an exemplar until a new one takes its place.
   *
   * @returns whether it was new
   */
  add(exemplar: ArrivedExemplar): boolean {
    const series = this.#seriesOf(exemplar.series);
    if (series.newest !== undefined && isSame(series.newest, exemplar)) return false;
    const arrival = this.#nextArrival++;
    series.kept.set(arrival, exemplar);
    series.newest = exemplar;
    this.#arrivals.set(arrival, series);
    if (series.kept.size > this.#limits.perSeries) this.#forget(firstKey(series.kept), series);
    if (this.#arrivals.size > this.#limits.all) this.#forgetOldest();
    return true;
  }

  /** Forgets what is older than `timeMs`. O(kept). */
  expire(timeMs: number): void {
    for (const [arrival, series] of this.#arrivals) {
      const exemplar = series.kept.get(arrival);
      if (exemplar === undefined || exemplar.timeMs < timeMs) this.#forget(arrival, series);
    }
  }

  /** All that is kept, in order of arrival. */
  *all(): Iterable<ArrivedExemplar> {
    for (const [arrival, { kept }] of this.#arrivals) {
      const exemplar = kept.get(arrival);
      if (exemplar !== undefined) yield exemplar;
    }
  }

  /** Series that match any of the sets, in the order of their labels; each by time. */
  select({ sets, startMs, endMs }: ExemplarRequest): readonly ExemplarSeries[] {
    const tests = sets.map(compileAll);
    const result: ExemplarSeries[] = [];
    for (const { labels, kept } of this.#bySeries.values()) {
      if (!tests.some((matches) => matches(labels))) continue;
      const exemplars = [...kept.values()]
        .filter(({ timeMs }) => timeMs >= startMs && timeMs <= endMs)
        .map(({ series: _series, ...exemplar }): Exemplar => exemplar)
        .toSorted((a, b) => a.timeMs - b.timeMs);
      if (exemplars.length > 0) result.push({ labels, exemplars });
    }
    return result.toSorted((a, b) => compareLabels(a.labels, b.labels));
  }

  #seriesOf(labels: Labels): SeriesExemplars {
    const key = labelsKey(labels);
    let series = this.#bySeries.get(key);
    if (series === undefined) {
      series = { key, labels, kept: new Map(), newest: undefined };
      this.#bySeries.set(key, series);
    }
    return series;
  }

  #forgetOldest(): void {
    for (const [arrival, series] of this.#arrivals) {
      this.#forget(arrival, series);
      return;
    }
  }

  #forget(arrival: number, series: SeriesExemplars): void {
    this.#arrivals.delete(arrival);
    series.kept.delete(arrival);
    if (series.kept.size === 0) this.#bySeries.delete(series.key);
  }
}

/** Why an exemplar is not kept, whatever else is. */
export function exemplarRefusal(exemplar: Exemplar, oldestMs: number): ExemplarRefusal | undefined {
  if (exemplar.timeMs < oldestMs) return 'exemplar_retention';
  let characters = 0;
  for (const [name, value] of Object.entries(exemplar.labels)) characters += Array.from(name + value).length;
  return characters > EXEMPLAR_LABEL_CHARS_MAX ? 'exemplar_labels' : undefined;
}

function compileAll(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  const tests = matchers.map((matcher) => ({ name: matcher.name, test: compileMatcher(matcher) }));
  return (labels) => tests.every(({ name, test }) => test(labelOf(labels, name)));
}

function isSame(left: Exemplar, right: Exemplar): boolean {
  return (
    left.timeMs === right.timeMs &&
    Object.is(left.value, right.value) &&
    labelsKey(left.labels) === labelsKey(right.labels)
  );
}

function firstKey(map: ReadonlyMap<number, unknown>): number {
  for (const key of map.keys()) return key;
  return 0;
}
