/**
 * The result of a query as something to draw and to read: the highest series
 * first, named by what tells them apart, each in a colour that stays.
 */
import { SERIES_SLOTS, seriesStyles, type SeriesStyle } from '#dashboards/console/core/series-color.ts';
import { gridEndMs, promValue, type Grid, type PromLabels } from '#dashboards/console/core/prom-series.ts';

type Sample = readonly [unixSeconds: number, value: string];

/** What `/query` and `/query_range` answer; `result` is one sample for scalars and strings. */
export interface QueryAnswer {
  readonly data: {
    readonly resultType: 'matrix' | 'vector' | 'scalar' | 'string';
    readonly result:
      | Sample
      | readonly {
          readonly metric: PromLabels;
          readonly value?: Sample;
          readonly values?: readonly Sample[];
        }[];
    readonly stats?: {
      readonly timings: { readonly execTotalTime: number };
      readonly samples: { readonly totalQueryableSamples: number };
    };
  };
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

export interface DrawnSeries {
  readonly key: string;
  readonly labels: PromLabels;
  /** What tells it from the others. */
  readonly name: string;
  readonly values: readonly (number | null)[];
  readonly style: SeriesStyle;
}

export interface SeriesSet {
  readonly timesMs: readonly number[];
  readonly series: readonly DrawnSeries[];
  /** Those that came, drawn or not. */
  readonly count: number;
  /** Labels that all of them share. */
  readonly common: PromLabels;
}

/** Lines beyond this cannot be told apart on any screen. */
export const DRAWN_MAX = 50;

export function seriesKey(labels: PromLabels): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** @param factor what every value is multiplied with */
export function seriesSet(answer: QueryAnswer | undefined, grid: Grid, factor: number): SeriesSet {
  const rows = rowsOf(answer).map(({ labels, samples }) => {
    const values = onGrid(samples, grid, factor);
    return { labels, values, highest: highestOf(values) };
  });
  const drawn = rows.toSorted((a, b) => b.highest - a.highest).slice(0, DRAWN_MAX);
  const labels = drawn.map((row) => row.labels);
  const { common, names } = naming(labels);
  const styles = stylesOf(labels, names);
  return {
    timesMs: Array.from({ length: grid.count }, (_, index) => grid.startMs + index * grid.stepMs),
    series: drawn.map((row, index) => ({
      key: seriesKey(row.labels),
      labels: row.labels,
      name: names[index] ?? '',
      values: row.values,
      style: styles[index] ?? { slot: 1, dash: 0 },
    })),
    count: rows.length,
    common,
  };
}

interface Row {
  readonly labels: PromLabels;
  readonly samples: readonly Sample[];
}

function rowsOf(answer: QueryAnswer | undefined): readonly Row[] {
  if (answer === undefined) return [];
  const { resultType, result } = answer.data;
  if (resultType === 'scalar' || resultType === 'string')
    return [{ labels: {}, samples: [result as Sample] }];
  const list = result as Exclude<typeof result, Sample>;
  return list.map(({ metric, value, values }) => ({
    labels: metric,
    samples: values ?? (value === undefined ? [] : [value]),
  }));
}

function onGrid(samples: readonly Sample[], grid: Grid, factor: number): readonly (number | null)[] {
  const values = Array.from<unknown, number | null>({ length: grid.count }, () => null);
  const endMs = gridEndMs(grid);
  for (const [unixSeconds, text] of samples) {
    const atMs = unixSeconds * 1000;
    if (atMs < grid.startMs - grid.stepMs / 2 || atMs > endMs + grid.stepMs / 2) continue;
    const index = Math.round((atMs - grid.startMs) / grid.stepMs);
    const value = promValue(text);
    // A line cannot be drawn to infinity; the table says it.
    if (value !== null && Number.isFinite(value)) values[index] = value * factor;
  }
  return values;
}

function highestOf(values: readonly (number | null)[]): number {
  let highest = -Infinity;
  for (const value of values) if (value !== null && value > highest) highest = value;
  return highest;
}

/** Labels in which all agree, and for each what is left: that is its name. */
export function naming(all: readonly PromLabels[]): {
  readonly common: PromLabels;
  readonly varying: readonly string[];
  readonly names: readonly string[];
} {
  const keys = [...new Set(all.flatMap((labels) => Object.keys(labels)))].toSorted();
  const [first = {}] = all;
  const shared = keys.filter((key) => all.every((labels) => labels[key] === first[key]));
  const varying = keys.filter((key) => !shared.includes(key));
  const common = Object.fromEntries(shared.map((key) => [key, first[key] ?? '']));
  const names = all.map((labels) => {
    if (varying.length === 0) return labels['__name__'] ?? serviceOf(labels) ?? 'value';
    const [only] = varying;
    if (varying.length === 1 && only !== undefined) return labels[only] ?? `no ${only}`;
    return varying
      .filter((key) => labels[key] !== undefined)
      .map((key) => `${key}=${labels[key]}`)
      .join(', ');
  });
  return { common, varying, names };
}

/** The service a series is about, by the labels that say so. */
export function serviceOf(labels: PromLabels): string | undefined {
  return labels['service_name'] ?? labels['service'] ?? labels['job'];
}

/** A service has its colour everywhere; where series are not one a service, the slots are used in turn. */
function stylesOf(all: readonly PromLabels[], names: readonly string[]): readonly SeriesStyle[] {
  const services = all.map(serviceOf).filter((service) => service !== undefined);
  if (services.length === all.length && new Set(services).size === all.length) {
    const styles = seriesStyles(services);
    return services.map((service) => styles.get(service) ?? { slot: 1, dash: 0 });
  }
  // By name, not by rank: a line keeps its colour while figures change.
  const order = names.toSorted();
  return names.map((name) => {
    const at = order.indexOf(name);
    return { slot: (at % SERIES_SLOTS) + 1, dash: Math.floor(at / SERIES_SLOTS) };
  });
}

export interface TableRow {
  readonly key: string;
  readonly labels: PromLabels;
  /** As the API wrote it, when it is no finite number. */
  readonly text: string;
  /** Null when it is no number. */
  readonly value: number | null;
  /** Of a range of samples: how many there are. */
  readonly samples: number;
}

export interface ValueTable {
  /** Names of the labels that tell rows apart. */
  readonly columns: readonly string[];
  readonly common: PromLabels;
  readonly rows: readonly TableRow[];
  /** Rows that are left out. */
  readonly more: number;
}

/** Rows beyond this are not read one by one. */
export const ROWS_MAX = 200;

/** Highest value first; of a range of samples the last one. */
export function valueTable(answer: QueryAnswer | undefined, factor: number): ValueTable {
  const isText = answer?.data.resultType === 'string';
  const rows = rowsOf(answer).map(({ labels, samples }) => {
    const text = samples.at(-1)?.[1] ?? '';
    const value = isText ? null : promValue(text);
    const scaled = value === null ? null : value * factor;
    return { key: seriesKey(labels), labels, text, value: scaled, samples: samples.length };
  });
  const sorted = rows.toSorted((a, b) => (b.value ?? -Infinity) - (a.value ?? -Infinity) || 0);
  const shown = sorted.slice(0, ROWS_MAX);
  const { common, varying } = naming(shown.map(({ labels }) => labels));
  return { columns: varying, common, rows: shown, more: rows.length - shown.length };
}
