/** Exemplars: single observations behind a figure, each with the trace it was made in. */
import { unitOfSeries, type QueryUnit } from '#dashboards/console/core/metrics/query-unit.ts';
import { promValue, type PromLabels } from '#dashboards/console/core/prom-series.ts';

export interface ExemplarAnswer {
  readonly data: readonly {
    readonly seriesLabels: PromLabels;
    readonly exemplars: readonly {
      readonly labels: PromLabels;
      readonly value: string;
      readonly timestamp: number;
    }[];
  }[];
}

export interface Exemplar {
  readonly timeMs: number;
  /** In `unit`. */
  readonly value: number;
  /** Of what was observed, whatever a query makes of it. */
  readonly unit: QueryUnit['unit'];
  readonly traceId: string;
  readonly spanId: string | undefined;
  readonly labels: PromLabels;
}

/** Dots beyond this lie on one another. */
export const EXEMPLARS_DRAWN_MAX = 120;
const COLUMNS = 100;

/** Those that lead to a trace, by time. One observation stands in several series only once. */
export function exemplarsOf(answer: ExemplarAnswer | undefined): readonly Exemplar[] {
  const found = new Map<string, Exemplar>();
  for (const { seriesLabels, exemplars } of answer?.data ?? []) {
    const { unit, factor } = unitOfSeries(seriesLabels['__name__'] ?? '');
    for (const { labels, value: text, timestamp } of exemplars) {
      const traceId = labels['trace_id'] ?? labels['traceID'];
      const value = promValue(text);
      if (traceId === undefined || traceId === '' || value === null) continue;
      const spanId = labels['span_id'] ?? labels['spanID'];
      found.set(`${traceId} ${spanId ?? ''} ${text}`, {
        timeMs: timestamp * 1000,
        value: value * factor,
        unit,
        traceId,
        spanId,
        labels: seriesLabels,
      });
    }
  }
  return [...found.values()].toSorted((a, b) => a.timeMs - b.timeMs);
}

/** So many that they can be seen: the highest of each stretch of time first, then the next highest. */
export function thinned(exemplars: readonly Exemplar[], max = EXEMPLARS_DRAWN_MAX): readonly Exemplar[] {
  const [first] = exemplars;
  const last = exemplars.at(-1);
  if (first === undefined || last === undefined || exemplars.length <= max) return exemplars;
  const width = Math.max(1, (last.timeMs - first.timeMs) / COLUMNS);
  const ranks = new Map<number, number>();
  const ranked = exemplars
    .toSorted((a, b) => b.value - a.value)
    .map((exemplar) => {
      const column = Math.floor((exemplar.timeMs - first.timeMs) / width);
      const rank = ranks.get(column) ?? 0;
      ranks.set(column, rank + 1);
      return { exemplar, rank };
    });
  return ranked
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, max)
    .map(({ exemplar }) => exemplar)
    .toSorted((a, b) => a.timeMs - b.timeMs);
}

/** The highest ones: those worth opening. */
export function slowest(exemplars: readonly Exemplar[], count: number): readonly Exemplar[] {
  return exemplars.toSorted((a, b) => b.value - a.value).slice(0, count);
}
