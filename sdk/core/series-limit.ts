/**
 * The cardinality limit of one metric: label sets are admitted until the limit,
 * all further ones share a single overflow series, as in OpenTelemetry's metrics
 * SDK. A raw id in a label then costs a line on a dashboard and not the process.
 */
export type LabelSet = Readonly<Record<string, string | number>>;

/** OpenTelemetry's default (Metrics SDK, "Cardinality limits"). */
export const SERIES_MAX = 2000;
/** OpenTelemetry's attribute `otel.metric.overflow`, as a label. */
export const OVERFLOW_LABEL = 'otel_metric_overflow';

const OVERFLOW: LabelSet = { [OVERFLOW_LABEL]: 'true' };

export class SeriesLimit {
  readonly #names: readonly string[];
  readonly #seriesMax: number;
  readonly #onOverflow: () => void;
  readonly #known = new Set<string>();

  /** @param names of the labels; an overflow is told each time it happens */
  constructor(names: readonly string[], onOverflow: () => void, seriesMax: number = SERIES_MAX) {
    this.#names = names;
    this.#onOverflow = onOverflow;
    this.#seriesMax = seriesMax;
  }

  /** The label set to be used: the one given, or that of the overflow series. */
  admit(labels: LabelSet): LabelSet {
    const key = this.#key(labels);
    if (this.#known.has(key)) return labels;
    if (this.#known.size < this.#seriesMax) {
      this.#known.add(key);
      return labels;
    }
    this.#onOverflow();
    return OVERFLOW;
  }

  /** The series is gone; another may take its place. */
  forget(labels: LabelSet): void {
    this.#known.delete(this.#key(labels));
  }

  clear(): void {
    this.#known.clear();
  }

  #key(labels: LabelSet): string {
    let key = '';
    for (const name of this.#names) key += `${String(labels[name])}\u0000`;
    return key;
  }
}
