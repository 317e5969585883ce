/**
 * Which series carry which labels: postings by name and value, so that a
 * selector looks only at the series its equality matchers leave.
 */
import type { Labels, Matcher } from '#signals/matchers.ts';
import { compileMatcher } from '#promql/matchers.ts';

/** A number for a series; stands for its label set in the postings. */
export type SeriesRef = number;

/** The text form of a label set: names sorted, so that equal sets give equal keys. */
export function labelsKey(labels: Labels): string {
  const names = Object.keys(labels).toSorted();
  return names.map((name) => `${name}\u0000${labels[name] ?? ''}`).join('\u0001');
}

export class LabelIndex {
  readonly #labels = new Map<SeriesRef, Labels>();
  readonly #postings = new Map<string, Map<string, Set<SeriesRef>>>();
  readonly #keys = new WeakMap<Labels, string>();

  /**
   * {@link labelsKey} of an incoming sample: when a series comes again, its labels
   * are mostly the same object. Not for labels that indices of files keep in
   * memory, as a key stays as long as its labels do.
   */
  keyOf(labels: Labels): string {
    let key = this.#keys.get(labels);
    if (key === undefined) {
      key = labelsKey(labels);
      this.#keys.set(labels, key);
    }
    return key;
  }

  add(series: SeriesRef, labels: Labels): void {
    this.#labels.set(series, labels);
    for (const [name, value] of Object.entries(labels)) {
      const values = getOrMake(this.#postings, name, () => new Map<string, Set<SeriesRef>>());
      getOrMake(values, value, () => new Set<SeriesRef>()).add(series);
    }
  }

  remove(series: SeriesRef): void {
    for (const [name, value] of Object.entries(this.#labels.get(series) ?? {})) {
      const values = this.#postings.get(name);
      const refs = values?.get(value);
      refs?.delete(series);
      if (refs?.size === 0) values?.delete(value);
      if (values?.size === 0) this.#postings.delete(name);
    }
    this.#labels.delete(series);
  }

  labels(series: SeriesRef): Labels {
    return this.#labels.get(series) ?? {};
  }

  names(): Iterable<string> {
    return this.#postings.keys();
  }

  /** Series that match all matchers. */
  select(matchers: readonly Matcher[]): SeriesRef[] {
    const tests = matchers.map((matcher) => ({ name: matcher.name, test: compileMatcher(matcher) }));
    const result: SeriesRef[] = [];
    for (const series of this.#candidates(matchers)) {
      const labels = this.labels(series);
      if (tests.every(({ name, test }) => test(labels[name] ?? ''))) result.push(series);
    }
    return result;
  }

  /** The smallest posting list an equality matcher gives, else every series. */
  #candidates(matchers: readonly Matcher[]): Iterable<SeriesRef> {
    let best: ReadonlySet<SeriesRef> | undefined;
    for (const { name, operator, value } of matchers) {
      if (operator !== '=' || value === '') continue;
      const refs = this.#postings.get(name)?.get(value) ?? new Set<SeriesRef>();
      if (best === undefined || refs.size < best.size) best = refs;
    }
    return best ?? this.#labels.keys();
  }
}

function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
