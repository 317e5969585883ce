/** One question to our evaluator and to a real Prometheus, over the same samples, which only the server holds. */
import { isCoded } from '#base/errors.ts';
import type { Random } from '#base/random.ts';
import { evaluateInstant, evaluateOverRange, type MatrixSeries } from '#promql/evaluate.ts';
import { formatLabels, labelsKey } from '#promql/labels.ts';
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

/** Of two metrics with the same labels. */
const HISTOGRAMS: readonly SeriesInput[] = ['h_bucket', 'k_bucket'].flatMap((name, shift) =>
  ['0.1', '1', '10', '+Inf'].flatMap((le, bound) =>
    ['1', '2'].map((x) => ({
      labels: { __name__: name, le, x },
      samples: Array.from({ length: 110 }, (_, index) => {
        const timeMs = 5000 + index * 31_000 + Number(x);
        return [timeMs, index * (bound + 1) * 3 + Number(x) + shift] as const;
      }),
    })),
  ),
);

/** Of all lengths and kinds, for hashes and orders. */
const LABEL_VALUES: readonly string[] = [
  'a2 a10 a9.1 a9.10 b 7 11 ä \u{ff61} \u{1f600}'.split(' '),
  [1, 17, 60, 200, 254, 255, 300, 1000].map((length) => 'x'.repeat(length)),
].flat();

const WIDE: readonly SeriesInput[] = LABEL_VALUES.map((v, index) => ({
  labels: { __name__: 'w', v, y: String(index % 3) },
  samples: Array.from({ length: 110 }, (_, sample) => [7001 + sample * 31_000, 1 + index * sample] as const),
}));

/**
 * What the generator makes, classic histograms, and {@link LABEL_VALUES}; no sample on a whole or half
 * second, where ranges end.
 *
 * @param resets false: counters stay far from zero, where 2.x extends rates in another way
 */
export function differentialSeries(random: Random, resets: boolean): SeriesInput[] {
  return [...randomSeries(random, END_MS), ...HISTOGRAMS, ...WIDE].map(({ labels, samples }) => {
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
 * near zero in another way, as gauges do. Some functions it does not have, or not
 * of classic histograms.
 */
export function isComparable(query: string, version: string): boolean {
  if (!version.startsWith('2.')) return true;
  if (/\b(?:ts_of_|limitk|limit_ratio|histogram_fraction)/.test(query)) return false;
  return (query.match(/\[\d+s:/g) ?? []).length < 2 && !/(rate|increase)\(g/.test(query);
}

/** The same query in words that `version` knows. */
export function inWordsOf(version: string, query: string): string {
  return version.startsWith('2.') ? query.replaceAll('double_exponential_smoothing', 'holt_winters') : query;
}

/** A share of a classic histogram between random bounds, some outside of all buckets. */
export function fractionQuery(random: Random): string {
  const bound = (): number => (random.below(260) - 40) / 20;
  const buckets = ['h_bucket', 'rate(h_bucket[5m])', 'sum by (le) (increase(k_bucket[7m]))'];
  return `histogram_fraction(${bound()}, ${bound()} * 2, ${buckets[random.below(buckets.length)]})`;
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

/** The label sets of both answers at the end, in the order they came in, as text. */
export async function ordersOf(
  url: string,
  source: SeriesSource,
  query: string,
): Promise<readonly [ours: readonly string[], theirs: readonly string[]]> {
  const options = { source, clock: systemClock, timeoutMs: QUERY_MS_MAX };
  const { value } = await evaluateInstant(parseQuery(query), END_MS, options);
  const ours = value.type === 'vector' ? value.samples.map(({ labels }) => formatLabels(labels)) : [];
  const parameters = new URLSearchParams({ query, time: String(END_MS / 1000) });
  const response = await fetch(`${url}/api/v1/query`, { method: 'POST', body: parameters });
  const result = listFrom(propertyOf(propertyOf(await response.json(), 'data'), 'result'));
  return [ours, result.map((one) => formatLabels(labelsFrom(propertyOf(one, 'metric'))))];
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
