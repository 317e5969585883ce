/**
 * The samples of a batch of records, by series and by time: what a series got in
 * several records leaves in one piece, in order. Pure.
 */
import type { Labels } from '#signals/matchers.ts';
import { setLabel } from '#signals/prometheus/attribute-labels.ts';
import type { Exemplar, MetricDescription, SampleSink } from '#signals/prometheus/sink.ts';

/** Of a sample that stands for no item of a record, as `target_info` does. */
export const NO_ITEM = -1;

export interface OutSample {
  readonly timeMs: number;
  /** Undefined is a staleness marker. */
  readonly value: number | undefined;
  /** Place of its item among those of the batch, or {@link NO_ITEM}. */
  readonly item: number;
}

export interface OutSeries {
  /** Equal for equal label sets and only for them. */
  readonly key: string;
  /** Sorted by name, none empty. */
  readonly labels: Labels;
  /** By time, each time once. */
  readonly samples: OutSample[];
  /** By time. */
  readonly exemplars: Exemplar[];
  /** Of the labels as text, about. */
  readonly labelBytes: number;
}

export interface BatchOptions {
  /** Added where a series has no label of that name. */
  readonly externalLabels: Labels;
  /** Before each metric's name, `_` between; none when empty. */
  readonly namespace: string;
}

/** A lone surrogate: no string that was decoded from UTF-8 contains it. */
const SEPARATOR = '\ud800';

export class SeriesBatch implements SampleSink {
  readonly #options: BatchOptions;
  readonly #series = new Map<string, OutSeries>();
  /** By the labels as they came: many come again as the same object … */
  readonly #known = new Map<Labels, OutSeries>();
  /** … or at least in the same order. */
  readonly #given = new Map<string, OutSeries>();
  readonly #described = new Map<string, MetricDescription>();
  #items = 0;
  #firstItem = 0;
  #item: number | undefined;
  /** Undefined: every sample is an item, one after the other. */
  #ordinals: 'each' | 'told' = 'each';

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  /**
   * Before what one record holds.
   *
   * @param ordinals whether each sample is an item, or the record tells of its points
   */
  record(items: number, ordinals: 'each' | 'told'): void {
    this.#firstItem = this.#items;
    this.#items += items;
    this.#ordinals = ordinals;
    this.#item = ordinals === 'each' ? this.#firstItem : NO_ITEM;
  }

  point(ordinal: number | undefined): void {
    this.#item = ordinal === undefined ? NO_ITEM : this.#firstItem + ordinal;
  }

  sample(labels: Labels, timeMs: number, value: number, stale: boolean): void {
    const item = this.#item ?? NO_ITEM;
    if (this.#ordinals === 'each') this.#item = item + 1;
    this.#of(labels).samples.push({ timeMs, value: stale ? undefined : value, item });
  }

  exemplar(labels: Labels, exemplar: Exemplar): void {
    this.#of(labels).exemplars.push(exemplar);
  }

  metadata(name: string, description: MetricDescription): void {
    this.#described.set(this.#named(name), description);
  }

  /** By name of the family. */
  get described(): ReadonlyMap<string, MetricDescription> {
    return this.#described;
  }

  /**
   * The series, and the samples that must not be sent: of two at one time with
   * two values the first stays, as it would had it been sent before.
   */
  finish(): { readonly series: readonly OutSeries[]; readonly twice: readonly OutSample[] } {
    const twice: OutSample[] = [];
    const series = [...this.#series.values()].filter(({ samples }) => samples.length > 0);
    for (const { samples, exemplars } of series) {
      sortByTime(samples);
      sortByTime(exemplars);
      twice.push(...takeRepeated(samples));
    }
    return { series, twice };
  }

  #of(labels: Labels): OutSeries {
    let series = this.#known.get(labels);
    if (series === undefined) {
      series = this.#alike(labels);
      this.#known.set(labels, series);
    }
    return series;
  }

  #alike(labels: Labels): OutSeries {
    let given = '';
    for (const name of Object.keys(labels)) given += name + SEPARATOR + (labels[name] ?? '') + SEPARATOR;
    let series = this.#given.get(given);
    if (series === undefined) {
      series = this.#new(labels);
      this.#given.set(given, series);
    }
    return series;
  }

  #new(labels: Labels): OutSeries {
    const out = this.#outgoing(labels);
    const names = Object.keys(out).toSorted();
    let key = '';
    let labelBytes = 0;
    for (const name of names) {
      const value = out[name] ?? '';
      key += name + SEPARATOR + value + SEPARATOR;
      // Tags and lengths around both.
      labelBytes += name.length + value.length + 6;
    }
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { key, labels: out, samples: [], exemplars: [], labelBytes };
      this.#series.set(key, series);
    }
    return series;
  }

  #outgoing(labels: Labels): Labels {
    const { externalLabels } = this.#options;
    const out: Record<string, string> = {};
    for (const [name, value] of [...Object.entries(externalLabels), ...Object.entries(labels)]) {
      if (value === '') continue;
      const sent = name === '__name__' ? this.#named(value) : value;
      setLabel(out, name, sent);
    }
    return out;
  }

  #named(name: string): string {
    return this.#options.namespace === '' ? name : `${this.#options.namespace}_${name}`;
  }
}

function sortByTime(items: { readonly timeMs: number }[]): void {
  const isSorted = items.every(
    (item, index) => index === 0 || item.timeMs >= (items[index - 1]?.timeMs ?? 0),
  );
  if (!isSorted) items.sort((a, b) => a.timeMs - b.timeMs);
}

/** Takes repeated times out of sorted samples, and returns those whose value is another. */
function takeRepeated(samples: OutSample[]): OutSample[] {
  const twice: OutSample[] = [];
  let kept = 0;
  for (const sample of samples) {
    const before = samples[kept - 1];
    if (kept > 0 && before?.timeMs === sample.timeMs) {
      if (!Object.is(before.value, sample.value)) twice.push(sample);
      continue;
    }
    samples[kept] = sample;
    kept += 1;
  }
  samples.length = kept;
  return twice;
}
