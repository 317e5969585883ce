/** Functions of range vectors the slow way, on the samples of one window; none of them is empty. */

export type Points = readonly (readonly [timeMs: number, value: number])[];
export type OverPoints = (points: Points, window: { startMs: number; endMs: number }) => number | undefined;

function counterIncrease(points: Points): number {
  let total = 0;
  for (let index = 1; index < points.length; index += 1) {
    const [, before] = points[index - 1] ?? [0, 0];
    const [, after] = points[index] ?? [0, 0];
    total += after < before ? after : after - before;
  }
  return total;
}

function extrapolate(counter: boolean): OverPoints {
  return (points, { startMs, endMs }) => {
    const [first] = points;
    const last = points.at(-1);
    if (points.length < 2 || first === undefined || last === undefined) return undefined;
    const change = counter ? counterIncrease(points) : last[1] - first[1];
    const covered = last[0] - first[0];
    const gap = covered / (points.length - 1);
    let before = first[0] - startMs < 1.1 * gap ? first[0] - startMs : gap / 2;
    const after = endMs - last[0] < 1.1 * gap ? endMs - last[0] : gap / 2;
    if (counter && change > 0 && first[1] >= 0) before = Math.min(before, (covered * first[1]) / change);
    return (change * (covered + before + after)) / covered;
  };
}

/** The later of two equal ones. */
function timeOf(isAsGood: (value: number, best: number) => boolean): OverPoints {
  return (points) => {
    const [timeMs] = points.reduce((best, one) => (isAsGood(one[1], best[1]) ? one : best));
    return timeMs / 1000;
  };
}

const SMOOTHING = 0.3;
const TREND = 0.6;

function smoothed(points: Points): number | undefined {
  const [first = NaN, second = NaN] = points.map(([, value]) => value);
  if (points.length < 2) return undefined;
  const start = { level: first, trend: second - first };
  return points.slice(1).reduce(({ level, trend }, [, value]) => {
    const next = SMOOTHING * value + (1 - SMOOTHING) * (level + trend);
    return { level: next, trend: TREND * (next - level) + (1 - TREND) * trend };
  }, start).level;
}

export interface NaiveRangeFunction {
  readonly compute: OverPoints;
  /** What follows the range vector in the call. */
  readonly rest?: string;
}

function plain(functions: Readonly<Record<string, OverPoints>>): Record<string, NaiveRangeFunction> {
  return Object.fromEntries(Object.entries(functions).map(([name, compute]) => [name, { compute }]));
}

export const RANGE_FUNCTIONS: Readonly<Record<string, NaiveRangeFunction>> = {
  ...plain({
    increase: extrapolate(true),
    rate: (points, window) => {
      const increase = extrapolate(true)(points, window);
      return increase === undefined ? undefined : (increase * 1000) / (window.endMs - window.startMs);
    },
    delta: extrapolate(false),
    sum_over_time: (points) => points.reduce((sum, [, value]) => sum + value, 0),
    count_over_time: (points) => points.length,
    max_over_time: (points) => Math.max(...points.map(([, value]) => value)),
    avg_over_time: (points) => points.reduce((sum, [, value]) => sum + value, 0) / points.length,
    changes: (points) =>
      points.filter(([, value], index) => index > 0 && value !== points[index - 1]?.[1]).length,
    ts_of_first_over_time: (points) => (points[0]?.[0] ?? NaN) / 1000,
    ts_of_last_over_time: (points) => (points.at(-1)?.[0] ?? NaN) / 1000,
    ts_of_min_over_time: timeOf((value, best) => value <= best),
    ts_of_max_over_time: timeOf((value, best) => value >= best),
  }),
  double_exponential_smoothing: { compute: smoothed, rest: `, ${SMOOTHING}, ${TREND}` },
};
