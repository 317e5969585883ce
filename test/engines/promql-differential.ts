/** One question to our evaluator and to a real Prometheus, over the same samples, which only the server holds. */
import { isCoded } from '#base/errors.ts';
import type { Random } from '#base/random.ts';
import { evaluateOverRange, type MatrixSeries } from '#promql/evaluate.ts';
import { labelsKey } from '#promql/labels.ts';
import { parseQuery } from '#promql/syntax/parser.ts';
import { systemClock } from '#base/real/clock.ts';
import { labelsFrom, listFrom, numberFrom, propertyOf } from '#storage/prometheus/core/json.ts';
import type { SeriesSource } from '#promql/ports.ts';
import { exportAll, remoteWriteExporter } from '#test/engines/metrics-backend.ts';
import { samplesRecord } from '#test/support/journal-records.ts';
import type { SeriesInput } from '#test/support/memory-metrics.ts';
import { randomSeries } from '#test/support/naive-promql.ts';

export const END_MS = 3_600_000;
/** On half seconds, as are the ends of all ranges then: subqueries look at whole ones, and 2.x closes ranges at the left. */
const START_MS = 600_500;
const HALF_MS = 500;
const STEP_MS = 120_000;
const COUNTER_BASE = 1_000_000;
const QUERY_MS_MAX = 30_000;
/** Sums are compensated in one and not in the other. */
const TOLERANCE = 1e-9;

/**
 * What the generator makes, and classic histograms; no sample on a whole or half
 * second, where ranges end.
 *
 * @param resets false: counters stay far from zero, where 2.x extends rates in another way
 */
export function differentialSeries(random: Random, resets: boolean): SeriesInput[] {
  const histograms = ['0.1', '1', '10', '+Inf'].flatMap((le, bound) =>
    ['1', '2'].map((x) => ({
      labels: { __name__: 'h_bucket', le, x },
      samples: Array.from({ length: 110 }, (_, index) => {
        const timeMs = 5000 + index * 31_000 + Number(x);
        return [timeMs, index * (bound + 1) * 3 + Number(x)] as const;
      }),
    })),
  );
  return [...randomSeries(random, END_MS), ...histograms].map(({ labels, samples }) => {
    let base = resets || labels['__name__'] === 'g' ? 0 : COUNTER_BASE;
    let before = 0;
    return {
      labels,
      samples: samples.map(([timeMs, value]) => {
        const at = timeMs % HALF_MS === 0 ? timeMs + 1 : timeMs;
        if (value === 'stale') return [at, value] as const;
        if (base > 0 && value < before) base += before - value;
        before = value;
        return [at, value + base] as const;
      }),
    };
  });
}

/**
 * Whether all versions have one answer: a subquery in a subquery ends on whole
 * seconds, where 2.x takes one point more, and 2.x extends rates of what falls
 * near zero in another way, as gauges do.
 */
export function isComparable(query: string, version: string): boolean {
  if (!version.startsWith('2.')) return true;
  return (query.match(/\[\d+s:/g) ?? []).length < 2 && !/(rate|increase)\(g/.test(query);
}

/** Writes them to the server by our remote write. */
export async function writeSeries(url: string, series: readonly SeriesInput[]): Promise<void> {
  await using exporter = remoteWriteExporter(url);
  const record = samplesRecord(1, (sink) => {
    for (const { labels, samples } of series) {
      for (const [timeMs, value] of samples.toSorted(([a], [b]) => a - b)) {
        sink.sample(labels, timeMs, value === 'stale' ? 0 : value, value === 'stale');
      }
    }
  });
  const { refused } = await exportAll(exporter, [record]);
  if (refused.length > 0) throw new Error(`refused: ${JSON.stringify(refused[0])}`);
}

/** Labels and time to value; or what went wrong. */
type Answer = ReadonlyMap<string, number> | { readonly failed: string };

/** Undefined when both agree, also in that there is no answer; else where they do not. */
export async function difference(
  url: string,
  reader: SeriesSource,
  query: string,
): Promise<string | undefined> {
  const [ours, theirs] = await Promise.all([askOurs(reader, query), askTheirs(url, query)]);
  if ('failed' in ours || 'failed' in theirs) {
    if ('failed' in ours && 'failed' in theirs) return undefined;
    return `ours: ${describe(ours)}; theirs: ${describe(theirs)}`;
  }
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    const [left, right] = [ours.get(key), theirs.get(key)];
    if (left === undefined || right === undefined || !isClose(left, right)) {
      return `${key.replaceAll('\ud800', ' ')}: ours ${left}, theirs ${right}`;
    }
  }
  return undefined;
}

export function hasAnswer(url: string, query: string): Promise<boolean> {
  return askTheirs(url, query).then((answer) => !('failed' in answer) && answer.size > 0);
}

async function askOurs(source: SeriesSource, query: string): Promise<Answer> {
  try {
    const times = { startMs: START_MS, endMs: END_MS, stepMs: STEP_MS };
    const { value } = await evaluateOverRange(parseQuery(query), times, {
      source,
      clock: systemClock,
      timeoutMs: QUERY_MS_MAX,
    });
    return value.type === 'matrix' ? pointsOf(value.series) : { failed: `a ${value.type}` };
  } catch (error) {
    if (isCoded(error)) return { failed: error.message };
    throw error;
  }
}

async function askTheirs(url: string, query: string): Promise<Answer> {
  const parameters = new URLSearchParams({
    query,
    start: String(START_MS / 1000),
    end: String(END_MS / 1000),
    step: String(STEP_MS / 1000),
  });
  const response = await fetch(`${url}/api/v1/query_range`, { method: 'POST', body: parameters });
  const answer: unknown = await response.json();
  if (!response.ok) return { failed: String(propertyOf(answer, 'error')) };
  const result = listFrom(propertyOf(propertyOf(answer, 'data'), 'result'));
  return pointsOf(
    result.map((one) => {
      const points = listFrom(propertyOf(one, 'values')).map((point) => listFrom(point));
      return {
        labels: labelsFrom(propertyOf(one, 'metric')),
        timesMs: Float64Array.from(points, ([time]) => Math.round(Number(time) * 1000)),
        values: Float64Array.from(points, ([, value]) => numberFrom(value)),
      };
    }),
  );
}

function pointsOf(series: readonly MatrixSeries[]): Map<string, number> {
  const points = new Map<string, number>();
  for (const { labels, timesMs, values } of series) {
    const key = labelsKey(labels);
    for (const [index, timeMs] of timesMs.entries()) points.set(`${key}@${timeMs}`, values[index] ?? NaN);
  }
  return points;
}

function isClose(left: number, right: number): boolean {
  if (Object.is(left, right) || left === right) return true;
  return Math.abs(left - right) <= TOLERANCE * Math.max(1, Math.abs(left), Math.abs(right));
}

function describe(answer: Answer): string {
  return 'failed' in answer ? answer.failed : `${answer.size} points`;
}

/** What the generator has no word for. Every one has an answer over {@link differentialSeries}. */
export const CHOSEN_QUERIES: readonly string[] = [
  'irate(a_total[5m])',
  'idelta(g[5m])',
  'deriv(g[7m])',
  'predict_linear(g[7m], 600)',
  'resets(a_total[20m])',
  'changes(g[7m])',
  'quantile_over_time(0.3, g[9m])',
  'stddev_over_time(g[9m])',
  'stdvar_over_time(g[9m])',
  'last_over_time(g[9m])',
  'present_over_time(g[9m])',
  'absent_over_time(nothing[9m])',
  'absent(nothing{x="1"})',
  'min_over_time(g[9m]) < bool 3',
  'histogram_quantile(0.9, rate(h_bucket[5m]))',
  'histogram_quantile(0.5, sum by (le) (increase(h_bucket[9m])))',
  'histogram_quantile(2, h_bucket)',
  'topk(2, rate(a_total[9m]))',
  'bottomk by (x) (1, g)',
  'quantile by (x) (0.4, g)',
  'stddev(g)',
  'stdvar without (x) (g)',
  'group by (y) (g)',
  'count_values by (x) ("v", round(g, 20))',
  'label_replace(g, "z", "$1-$2", "x", "(.)(.*)")',
  'label_join(g, "z", "/", "x", "y")',
  'sum by (x) (g) / on (x) group_right sum by (x, y) (g)',
  'sum by (x, y) (g) * on (x) group_left count by (x) (g)',
  'abs(g - 20)',
  'ceil(g / 3)',
  'floor(g / 3)',
  'round(g, 7)',
  'sgn(g)',
  'sqrt(abs(g))',
  'exp(g / 100)',
  'ln(abs(g) + 1)',
  'log2(abs(g) + 1)',
  'log10(abs(g) + 1)',
  'clamp(g, 5, 20)',
  'clamp_min(g, 5)',
  'clamp_max(g, 5)',
  'sin(g) + cos(g)',
  'g * 2 atan2 (g + 1)',
  'g % 7',
  'g ^ 2',
  '-g',
  '2 ^ 3 ^ 2 + 0 * scalar(sum(g))',
  'time() - timestamp(g)',
  'hour() + minute()',
  'day_of_week(g) + day_of_year(g) + days_in_month(g) + month(g) + year(g)',
  'vector(time())',
  'scalar(sum(g)) + vector(1)',
  'g @ end() - g @ start()',
  'rate(a_total[5m] offset -3m)',
  'max_over_time(rate(a_total[3m])[10m:40s])',
  'avg_over_time(sum(g)[9m:47s] offset 1m)',
  'sum(rate(a_total[5m])) by (x) > 0.1',
  'a_total unless on (x) b_total{y="1"}',
  'g == g',
  'g != bool 3',
  '{__name__=~"a_.*|g", x!="2"}',
  'sum({__name__!="", y=~"1|2"}) by (__name__)',
];
