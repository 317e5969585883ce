/** Types, help texts and units of metric families, as they came by. Pure. */
import type { MetricDescription } from '#signals/prometheus/sink.ts';

/** As many as the embedded store keeps. */
const FAMILIES_MAX = 20_000;
/** What a series' name has that its family's has not. */
const SUFFIX = /_(?:bucket|sum|count|created|total|info)$/;

export class Descriptions {
  readonly #families = new Map<string, MetricDescription>();

  get size(): number {
    return this.#families.size;
  }

  learn(described: ReadonlyMap<string, MetricDescription>): void {
    for (const [name, description] of described) {
      if (this.#families.size < FAMILIES_MAX || this.#families.has(name))
        this.#families.set(name, description);
    }
  }

  all(): ReadonlyMap<string, MetricDescription> {
    return this.#families;
  }

  /** Of the family a series belongs to. */
  of(metricName: string): MetricDescription | undefined {
    return this.#families.get(metricName) ?? this.#families.get(metricName.replace(SUFFIX, ''));
  }
}
