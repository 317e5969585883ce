/** Functions of range vectors that look at one window at a time. */
import { present } from '#base/invariant.ts';
import { KahanSum, quantileOf, RunningMean, RunningVariance } from '#promql/engine/kahan.ts';
import { extrapolated, lastTwo } from '#promql/engine/rates.ts';
import type { FunctionTable, RangeFunction } from '#promql/engine/functions/table.ts';
import { smoothedOverTime } from '#promql/engine/smoothing.ts';
import { setStep } from '#promql/engine/values.ts';
import { perWindow, type RangeKernel, type Window } from '#promql/engine/windows.ts';

function overTime(
  evaluate: (window: Window) => number | undefined,
  options: { readonly samplesMin?: number; readonly keepsName?: boolean } = {},
): RangeFunction {
  const { samplesMin = 1, keepsName = false } = options;
  return { kind: 'range', kernel: perWindow(evaluate, { samplesMin }), keepsName };
}

/** Works without slicing the window: for the functions that need only its borders. */
const count: RangeKernel = (_samples, windows, { column }) => {
  for (let step = 0; step < windows.count; step += 1) {
    const length = (windows.to[step] ?? 0) - (windows.from[step] ?? 0);
    if (length > 0) setStep(column, step, length);
  }
};

const last: RangeKernel = ({ values }, windows, { column }) => {
  for (let step = 0; step < windows.count; step += 1) {
    const to = windows.to[step] ?? 0;
    if (to > (windows.from[step] ?? 0)) setStep(column, step, values[to - 1] ?? NaN);
  }
};

function mean({ values }: Window): number {
  const running = new RunningMean();
  for (const value of values) running.add(value);
  return running.value;
}

function sum({ values }: Window): number {
  const total = new KahanSum();
  for (const value of values) total.add(value);
  return total.value;
}

/** NaN only when there is nothing else. */
function extreme(values: Float64Array, better: (value: number, best: number) => boolean): number {
  let best = values[0] ?? NaN;
  for (const value of values) if (Number.isNaN(best) || better(value, best)) best = value;
  return best;
}

/** When the extreme was met last, in seconds; NaN counts only when there is nothing else. */
function timeOfExtreme(
  { timesMs, values }: Window,
  isAsGood: (value: number, best: number) => boolean,
): number {
  let best = NaN;
  let found = 0;
  for (const [index, value] of values.entries()) {
    if (!Number.isNaN(best) && !isAsGood(value, best)) continue;
    best = value;
    found = index;
  }
  return seconds(timesMs[found]);
}

function seconds(timeMs: number | undefined): number {
  return present(timeMs, 'a window has samples') / 1000;
}

function variance({ values }: Window): number {
  const running = new RunningVariance();
  for (const value of values) running.add(value);
  return running.value;
}

/** Median distance from the median. */
function medianDeviation({ values }: Window): number {
  const median = quantileOf(0.5, values.slice());
  return quantileOf(
    0.5,
    values.map((value) => Math.abs(value - median)),
  );
}

function changes({ values }: Window): number {
  let found = 0;
  for (let index = 1; index < values.length; index += 1) {
    const before = values[index - 1] ?? NaN;
    const after = values[index] ?? NaN;
    if (after !== before && !(Number.isNaN(after) && Number.isNaN(before))) found += 1;
  }
  return found;
}

function resets({ values }: Window): number {
  let found = 0;
  for (let index = 1; index < values.length; index += 1) {
    if ((values[index] ?? NaN) < (values[index - 1] ?? NaN)) found += 1;
  }
  return found;
}

interface Line {
  readonly slope: number;
  readonly intercept: number;
}

/** Least squares over seconds relative to `originMs`. */
function fitLine({ timesMs, values }: Window, originMs: number): Line {
  const first = values[0] ?? NaN;
  if (values.every((value) => value === first)) {
    return Number.isFinite(first) ? { slope: 0, intercept: first } : { slope: NaN, intercept: NaN };
  }
  const [sumX, sumY, sumXY, sumX2] = [new KahanSum(), new KahanSum(), new KahanSum(), new KahanSum()];
  for (const [index, value] of values.entries()) {
    const x = ((timesMs[index] ?? NaN) - originMs) / 1000;
    sumX.add(x);
    sumY.add(value);
    sumXY.add(x * value);
    sumX2.add(x * x);
  }
  const n = values.length;
  const covariance = sumXY.value - (sumX.value * sumY.value) / n;
  const spread = sumX2.value - (sumX.value * sumX.value) / n;
  const slope = covariance / spread;
  return { slope, intercept: sumY.value / n - (slope * sumX.value) / n };
}

export const RANGE_FUNCTIONS: FunctionTable = {
  rate: { kind: 'range', kernel: extrapolated({ counter: true, perSecond: true }), counter: true },
  increase: { kind: 'range', kernel: extrapolated({ counter: true, perSecond: false }), counter: true },
  delta: { kind: 'range', kernel: extrapolated({ counter: false, perSecond: false }) },
  irate: { kind: 'range', kernel: lastTwo({ counter: true, perSecond: true }) },
  idelta: { kind: 'range', kernel: lastTwo({ counter: false, perSecond: false }) },
  count_over_time: { kind: 'range', kernel: count },
  last_over_time: { kind: 'range', kernel: last, keepsName: true },
  first_over_time: overTime(({ values }) => values[0], { keepsName: true }),
  present_over_time: overTime(() => 1),
  avg_over_time: overTime(mean),
  sum_over_time: overTime(sum),
  min_over_time: overTime(({ values }) => extreme(values, (value, best) => value < best)),
  max_over_time: overTime(({ values }) => extreme(values, (value, best) => value > best)),
  ts_of_first_over_time: overTime(({ timesMs }) => seconds(timesMs[0])),
  ts_of_last_over_time: overTime(({ timesMs }) => seconds(timesMs.at(-1))),
  ts_of_min_over_time: overTime((window) => timeOfExtreme(window, (value, best) => value <= best)),
  ts_of_max_over_time: overTime((window) => timeOfExtreme(window, (value, best) => value >= best)),
  stddev_over_time: overTime((window) => Math.sqrt(variance(window))),
  stdvar_over_time: overTime(variance),
  mad_over_time: overTime(medianDeviation),
  quantile_over_time: overTime(({ values, parameter }) => quantileOf(parameter, values.slice())),
  double_exponential_smoothing: { kind: 'range', kernel: smoothedOverTime },
  holt_winters: { kind: 'range', kernel: smoothedOverTime },
  changes: overTime(changes),
  resets: overTime(resets),
  deriv: overTime((window) => fitLine(window, present(window.timesMs[0], 'not empty')).slope, {
    samplesMin: 2,
  }),
  predict_linear: overTime(
    (window) => {
      const { slope, intercept } = fitLine(window, window.evaluationMs);
      return slope * window.parameter + intercept;
    },
    { samplesMin: 2 },
  ),
};
