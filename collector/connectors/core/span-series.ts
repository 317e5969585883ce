/**
 * The label sets of span metrics. A span finds its own by the bytes of its
 * name, so that nothing is made for one that has been seen before; beyond the
 * limit all share the overflow series.
 */
import { cutLabel, isAt, LABEL_CHARS_MAX } from '#signals/otlp/attribute-finder.ts';
import { Latency, type SavedLatency } from '#collector/connectors/core/latency.ts';
import type { Labels } from '#signals/matchers.ts';
import { textAt } from '#signals/otlp/columns.ts';

/** What makes a label set, as a span brings it. */
export interface SpanIdentity {
  readonly body: Uint8Array;
  readonly nameOffset: number;
  readonly nameLength: number;
  readonly service: string;
  /** OTLP's numbers. */
  readonly kind: number;
  readonly status: number;
  /** Values of the dimensions, in their order. */
  readonly dimensions: readonly (string | undefined)[];
}

export interface SpanSeries {
  readonly labels: Labels;
  readonly latency: Latency;
  /** The slowest span since the metrics were last given out. */
  readonly slowest: Slowest;
  /** Never given out yet. */
  isNew: boolean;
}

/** `value` < 0: there is none. */
export interface Slowest {
  /** Trace id and span id, 24 bytes. */
  readonly ids: Uint8Array;
  value: number;
  bucket: number;
  timeMs: number;
}

export interface SavedSpanSeries extends SavedLatency {
  readonly labels: Labels;
}

interface Known {
  readonly name: Uint8Array;
  readonly service: string;
  readonly kind: number;
  readonly status: number;
  readonly dimensions: readonly (string | undefined)[];
  readonly series: SpanSeries;
  readonly next: Known | undefined;
}

export const OVERFLOW_LABELS: Labels = { otel_metric_overflow: 'true' };

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const STATUSES = ['UNSET', 'OK', 'ERROR'];
/** Names that differ in bytes and not in text share a series: so many forms of each are found fast. */
const FORMS_PER_SERIES = 2;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export interface SpanSeriesOptions {
  readonly seriesMax: number;
  readonly bounds: readonly number[];
  /** Label names of the dimensions. */
  readonly dimensions: readonly string[];
}

export class SpanSeriesTable {
  readonly #options: SpanSeriesOptions;
  readonly #byHash = new Map<number, Known>();
  #known = 0;
  readonly #byLabels = new Map<string, SpanSeries>();
  #overflow: SpanSeries | undefined;
  /** Spans counted in the overflow series, ever. */
  overflowed = 0;

  constructor(options: SpanSeriesOptions, saved: readonly SavedSpanSeries[] = []) {
    this.#options = options;
    for (const { labels, ...latency } of saved) {
      const series = newSeries(labels, new Latency(options.bounds, latency), false);
      if (isOverflow(labels)) this.#overflow = series;
      else this.#byLabels.set(keyOf(labels), series);
    }
  }

  /** The series of a span, made if there is room; else the overflow series. */
  find(span: SpanIdentity): SpanSeries {
    const hash = hashOf(span);
    for (let known = this.#byHash.get(hash); known !== undefined; known = known.next) {
      if (isSame(known, span)) return known.series;
    }
    const series = this.#findByText(span);
    if (series === undefined) {
      this.overflowed += 1;
      this.#overflow ??= newSeries(OVERFLOW_LABELS, new Latency(this.#options.bounds), true);
      return this.#overflow;
    }
    this.#remember(hash, span, series);
    return series;
  }

  *all(): Iterable<SpanSeries> {
    yield* this.#byLabels.values();
    if (this.#overflow !== undefined) yield this.#overflow;
  }

  save(): SavedSpanSeries[] {
    return Array.from(this.all(), ({ labels, latency }) => ({ labels, ...latency.save() }));
  }

  #findByText(span: SpanIdentity): SpanSeries | undefined {
    const labels = this.#labelsOf(span);
    const key = keyOf(labels);
    const found = this.#byLabels.get(key);
    if (found !== undefined || this.#byLabels.size >= this.#options.seriesMax) return found;
    const series = newSeries(labels, new Latency(this.#options.bounds), true);
    this.#byLabels.set(key, series);
    return series;
  }

  #remember(hash: number, span: SpanIdentity, series: SpanSeries): void {
    if (this.#known >= FORMS_PER_SERIES * this.#options.seriesMax) return;
    this.#known += 1;
    const { body, nameOffset, nameLength, service, kind, status } = span;
    this.#byHash.set(hash, {
      name: body.slice(nameOffset, nameOffset + nameLength),
      service,
      kind,
      status,
      dimensions: [...span.dimensions],
      series,
      next: this.#byHash.get(hash),
    });
  }

  #labelsOf({ body, nameOffset, nameLength, ...span }: SpanIdentity): Labels {
    const labels: Record<string, string> = {
      service_name: cutLabel(span.service),
      // Four bytes a character at most: the rest of a longer name cannot be in the label.
      span_name: cutLabel(textAt(body, nameOffset, Math.min(nameLength, 4 * LABEL_CHARS_MAX))),
      span_kind: `SPAN_KIND_${KINDS[span.kind] ?? 'UNSPECIFIED'}`,
      status_code: `STATUS_CODE_${STATUSES[span.status] ?? 'UNSET'}`,
    };
    for (const [at, name] of this.#options.dimensions.entries()) {
      const value = span.dimensions[at];
      if (value !== undefined && value !== '') labels[name] = value;
    }
    return labels;
  }
}

function newSeries(labels: Labels, latency: Latency, isNew: boolean): SpanSeries {
  const slowest: Slowest = { ids: new Uint8Array(24), value: -1, bucket: 0, timeMs: 0 };
  return { labels, latency, slowest, isNew };
}

function isOverflow(labels: Labels): boolean {
  return labels['otel_metric_overflow'] === 'true';
}

/** All label sets of a table are made in one order. */
function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels));
}

/** FNV-1a over the name; equal names of different services meet in one chain. */
function hashOf({ body, nameOffset, nameLength, kind, status }: SpanIdentity): number {
  let hash = FNV_OFFSET ^ (kind * 4 + status);
  for (let at = nameOffset; at < nameOffset + nameLength; at += 1) {
    hash = Math.imul(hash ^ (body[at] ?? 0), FNV_PRIME);
  }
  return hash;
}

function isSame(known: Known, span: SpanIdentity): boolean {
  return (
    known.name.length === span.nameLength &&
    known.kind === span.kind &&
    known.status === span.status &&
    known.service === span.service &&
    isAt(known.name, span.body, span.nameOffset) &&
    span.dimensions.every((value, at) => value === known.dimensions[at])
  );
}
