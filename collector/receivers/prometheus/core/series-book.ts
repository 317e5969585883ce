/**
 * What is known of one target between scrapes: the series it showed last. From
 * it comes what a scrape writes beside its samples: staleness markers for series
 * that vanished, the figures about the scrape itself, descriptions that are new.
 * As Prometheus does it. Pure.
 */
import { CodedError } from '#base/errors.ts';
import type { Labels } from '#signals/matchers.ts';
import type { Exposition, ScrapedSample } from '#signals/prometheus/exposition.ts';
import type { MetricDescription, SampleSink } from '#signals/prometheus/sink.ts';

export interface BookRules {
  /** Of the target: on every series. */
  readonly labels: Labels;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  /** Of one series; undefined for no limit. */
  readonly labelsMax: number | undefined;
}

export interface ScrapeTimes {
  /** Wall clock at the start of the scrape, milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly durationSeconds: number;
}

/** Descriptions are written again after this: a store may have been emptied. */
export const METADATA_EVERY_MS = 10 * 60_000;

interface Series {
  readonly labels: Labels;
  /** Series whose times the target writes get no markers: it says itself when they end. */
  readonly marked: boolean;
}

interface Row {
  readonly key: string;
  readonly labels: Labels;
  readonly sample: ScrapedSample;
  readonly timeMs: number;
}

export class SeriesBook {
  readonly #rules: BookRules;
  /** Of the last scrape. */
  #series: ReadonlyMap<string, Series> = new Map();
  readonly #described = new Map<string, MetricDescription>();
  #describedAllAtMs = Number.NEGATIVE_INFINITY;

  constructor(rules: BookRules) {
    this.#rules = rules;
  }

  /**
   * Writes a scrape that was read.
   *
   * @returns samples left out because their series was there before, at the same time
   * @throws CodedError `PLIM_BODY_TOO_LARGE` when a series has too many labels; nothing is written then
   */
  succeeded(exposition: Exposition, times: ScrapeTimes, sink: SampleSink): number {
    const rows = exposition.samples.map((sample) => this.#row(sample, times.atMs));
    this.#describe(exposition.families, times.atMs, sink);
    const before = this.#series;
    const now = new Map<string, Series>();
    const written = new Set<string>();
    let duplicates = 0;
    for (const row of rows) {
      const once = `${row.key}\n${row.timeMs}`;
      if (written.has(once)) {
        duplicates += 1;
        continue;
      }
      written.add(once);
      now.set(row.key, {
        labels: row.labels,
        marked: row.sample.timeMs === undefined || !this.#rules.honorTimestamps,
      });
      writeRow(row, sink);
    }
    for (const [key, series] of before) if (!now.has(key)) markStale(series, times.atMs, sink);
    let added = 0;
    for (const key of now.keys()) if (!before.has(key)) added += 1;
    this.#series = now;
    const kept = rows.length - duplicates;
    this.#report({ up: 1, scraped: rows.length, kept, added }, times, sink);
    return duplicates;
  }

  /** Writes that the target gave nothing: it is down, and its series end. */
  failed(times: ScrapeTimes, sink: SampleSink): void {
    for (const series of this.#series.values()) markStale(series, times.atMs, sink);
    this.#series = new Map();
    this.#report({ up: 0, scraped: 0, kept: 0, added: 0 }, times, sink);
  }

  /** What was written last did not get through: descriptions have to be written again. */
  forgetDescriptions(): void {
    this.#described.clear();
  }

  #row(sample: ScrapedSample, atMs: number): Row {
    const { honorTimestamps, labelsMax } = this.#rules;
    const labels = mergedLabels(sample.labels, this.#rules);
    const count = Object.keys(labels).length;
    if (labelsMax !== undefined && count > labelsMax + 1) {
      const name = labels['__name__'] ?? '';
      throw new CodedError(
        'PLIM_BODY_TOO_LARGE',
        `the series ${name} has ${count - 1} labels, at most ${labelsMax} are taken`,
      );
    }
    const timeMs = (honorTimestamps ? sample.timeMs : undefined) ?? atMs;
    return { key: seriesKey(labels), labels, sample, timeMs };
  }

  #describe(families: ReadonlyMap<string, MetricDescription>, atMs: number, sink: SampleSink): void {
    if (atMs - this.#describedAllAtMs >= METADATA_EVERY_MS) {
      this.#described.clear();
      this.#describedAllAtMs = atMs;
    }
    for (const [name, family] of families) {
      const before = this.#described.get(name);
      const isKnown =
        before?.type === family.type && before.help === family.help && before.unit === family.unit;
      if (isKnown) continue;
      this.#described.set(name, family);
      sink.metadata(name, family);
    }
    for (const name of this.#described.keys()) if (!families.has(name)) this.#described.delete(name);
  }

  #report(
    figures: { readonly up: 0 | 1; readonly scraped: number; readonly kept: number; readonly added: number },
    { atMs, durationSeconds }: ScrapeTimes,
    sink: SampleSink,
  ): void {
    const rows: readonly (readonly [string, number])[] = [
      ['up', figures.up],
      ['scrape_duration_seconds', durationSeconds],
      ['scrape_samples_scraped', figures.scraped],
      ['scrape_samples_post_metric_relabeling', figures.kept],
      ['scrape_series_added', figures.added],
    ];
    for (const [name, value] of rows) {
      sink.sample({ ...this.#rules.labels, __name__: name }, atMs, value, false);
    }
  }
}

function writeRow({ labels, sample, timeMs }: Row, sink: SampleSink): void {
  sink.sample(labels, timeMs, sample.value, false);
  const { exemplar } = sample;
  if (exemplar === undefined) return;
  sink.exemplar(labels, { ...exemplar, timeMs: exemplar.timeMs ?? timeMs });
}

function markStale({ labels, marked }: Series, atMs: number, sink: SampleSink): void {
  if (marked) sink.sample(labels, atMs, 0, true);
}

/** Where both have a label, one gives way: ours with `honor_labels`, else the scraped one takes another name. */
function mergedLabels(scraped: Labels, { labels: own, honorLabels }: BookRules): Labels {
  const merged = Object.assign(Object.create(null) as Record<string, string>, own, scraped);
  if (honorLabels) return merged;
  for (const [name, value] of Object.entries(own)) {
    const theirs = scraped[name];
    if (theirs === undefined) continue;
    merged[name] = value;
    let other = `exported_${name}`;
    while (merged[other] !== undefined) other = `exported_${other}`;
    merged[other] = theirs;
  }
  return merged;
}

function seriesKey(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
