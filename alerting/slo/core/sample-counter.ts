/**
 * Events of an SLO that are counted by the service itself: increases of
 * cumulative series. A value that falls is a restart and counts from zero. The
 * first sample of a series counts for nothing, unless its target was known
 * before: then the series is new, and all of it is.
 */
import type { Labels } from '#signals/matchers.ts';
import type { Indicator, SampleSelector } from '#signals/openslo/model.ts';
import { SnapshotError, type ByteReader, type ByteWriter } from '#alerting/slo/core/bytes.ts';

/** 8 services of 50 routes and 5 statuses each; with keys of 100 bytes 250 KB. */
export const SERIES_MAX = 2000;
/** A target not heard of for so long makes room for others. */
const TARGET_FORGOTTEN_MS = 3_600_000;

export type RatioIndicator = Extract<Indicator, { kind: 'ratio' }>;

/** What was added between two samples of one target. */
export interface Increase {
  /** The sample before; the same time where there was none. */
  readonly sinceMs: number;
  readonly atMs: number;
  readonly total: number;
  readonly bad: number;
}

interface Series {
  readonly target: string;
  readonly isTotal: boolean;
  readonly isJudged: boolean;
  value: number;
  atMs: number;
  /** Part of an event that was added and not counted yet: some counters count in fractions. */
  rest: number;
}

interface Target {
  firstMs: number;
  lastMs: number;
}

interface Added {
  sinceMs: number;
  total: number;
  judged: number;
}

export class SampleCounter {
  readonly indicator: RatioIndicator;
  readonly #series = new Map<string, Series>();
  readonly #targets = new Map<string, Target>();
  readonly #added = new Map<number, Added>();
  #dropped = 0;
  /** Good events that were told of before their total was. */
  #early = 0;

  constructor(indicator: RatioIndicator) {
    this.indicator = indicator;
  }

  /** Takes a sample; false when it is none of this SLO's, or a staleness marker. */
  sample(labels: Labels, atMs: number, value: number, stale: boolean): boolean {
    const isTotal = matches(this.indicator.total, labels);
    const isJudged = matches(this.indicator.judged, labels);
    if ((!isTotal && !isJudged) || stale || !(value >= 0) || value === Infinity) return false;
    const key = keyOf(labels);
    const known = this.#series.get(key);
    const target = this.#seenTarget(labels, atMs);
    if (known === undefined) this.#begin(key, { target, isTotal, isJudged, value, atMs, rest: 0 });
    else this.#advance(known, value, atMs);
    return true;
  }

  /** What was added since the last call, by time. */
  take(): readonly Increase[] {
    if (this.#added.size === 0) return [];
    const times = [...this.#added].toSorted(([left], [right]) => left - right);
    this.#added.clear();
    return times.map(([atMs, { sinceMs, total, judged }]) => ({
      sinceMs,
      atMs,
      ...this.#counts(total, judged),
    }));
  }

  /** Samples of series there was no room for, since the last call. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  write(out: ByteWriter): void {
    out.double(this.#early);
    out.uint(this.#targets.size);
    for (const [name, { firstMs, lastMs }] of this.#targets) {
      out.text(name);
      out.double(firstMs);
      out.double(lastMs);
    }
    out.uint(this.#series.size);
    for (const [key, { value, atMs, rest }] of this.#series) {
      out.text(key);
      out.double(value);
      out.double(atMs);
      out.double(rest);
    }
  }

  /** @throws SnapshotError */
  read(input: ByteReader): void {
    this.#early = input.double();
    for (let left = countIn(input); left > 0; left -= 1) {
      const name = input.text();
      this.#targets.set(name, { firstMs: input.double(), lastMs: input.double() });
    }
    for (let left = countIn(input); left > 0; left -= 1) {
      const key = input.text();
      const labels = labelsOf(key);
      const isTotal = matches(this.indicator.total, labels);
      const isJudged = matches(this.indicator.judged, labels);
      const [value, atMs, rest] = [input.double(), input.double(), input.double()];
      // The SLO may select others by now.
      if (!isTotal && !isJudged) continue;
      this.#series.set(key, { target: targetOf(labels), isTotal, isJudged, value, atMs, rest });
    }
  }

  #counts(total: number, judged: number): { readonly total: number; readonly bad: number } {
    if (this.indicator.judgedIs === 'bad') return { total: Math.max(total, judged), bad: judged };
    const bad = total - judged - this.#early;
    this.#early = Math.max(0, -bad);
    return { total, bad: Math.max(0, bad) };
  }

  #seenTarget(labels: Labels, atMs: number): string {
    const name = targetOf(labels);
    const known = this.#targets.get(name);
    if (known === undefined) this.#targets.set(name, { firstMs: atMs, lastMs: atMs });
    else known.lastMs = Math.max(known.lastMs, atMs);
    return name;
  }

  #begin(key: string, series: Series): void {
    if (this.#series.size >= SERIES_MAX) this.#makeRoom(series.atMs);
    if (this.#series.size >= SERIES_MAX) {
      this.#dropped += 1;
      return;
    }
    this.#series.set(key, series);
    const isNew = (this.#targets.get(series.target)?.firstMs ?? series.atMs) < series.atMs;
    if (isNew) this.#add(series, series.value, series.atMs);
  }

  /** Samples come in their order; one that does not was counted before. */
  #advance(series: Series, value: number, atMs: number): void {
    if (atMs <= series.atMs) return;
    const sinceMs = series.atMs;
    const increase = value >= series.value ? value - series.value : value;
    series.value = value;
    series.atMs = atMs;
    this.#add(series, increase, sinceMs);
  }

  #add(series: Series, increase: number, sinceMs: number): void {
    // Ten times 0.1 is not quite 1.
    const whole = Math.floor(series.rest + increase + 1e-9);
    series.rest = Math.max(0, series.rest + increase - whole);
    if (whole === 0) return;
    const added = this.#added.get(series.atMs) ?? { sinceMs, total: 0, judged: 0 };
    this.#added.set(series.atMs, added);
    added.sinceMs = Math.min(added.sinceMs, sinceMs);
    if (series.isTotal) added.total += whole;
    if (series.isJudged) added.judged += whole;
  }

  /** Whole targets go: had one of its series gone alone, its next sample would count as new. */
  #makeRoom(nowMs: number): void {
    for (const [name, { lastMs }] of this.#targets) {
      if (nowMs - lastMs < TARGET_FORGOTTEN_MS) continue;
      this.#targets.delete(name);
      for (const [key, { target }] of this.#series) if (target === name) this.#series.delete(key);
    }
  }
}

export function matches({ metric, labels }: SampleSelector, of: Labels): boolean {
  if (of['__name__'] !== metric) return false;
  return Object.entries(labels).every(([name, value]) => (of[name] ?? '') === value);
}

function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

function labelsOf(key: string): Labels {
  try {
    return Object.fromEntries(JSON.parse(key) as [string, string][]);
  } catch {
    throw new SnapshotError('a series in the snapshot is not readable');
  }
}

function targetOf(labels: Labels): string {
  return JSON.stringify([labels['job'] ?? '', labels['instance'] ?? '']);
}

function countIn(input: ByteReader): number {
  const count = input.uint();
  if (count > SERIES_MAX) throw new SnapshotError('the snapshot holds more series than are kept');
  return count;
}
