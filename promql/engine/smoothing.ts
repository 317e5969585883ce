/** `double_exponential_smoothing`: a level and a trend that follow the samples of a window. */
import { executionError } from '#promql/syntax/position.ts';
import { setStep } from '#promql/engine/values.ts';
import type { RangeKernel } from '#promql/engine/windows.ts';

/** Weights of what is new, each over 0 and under 1. */
interface Factors {
  readonly smoothing: number;
  readonly trend: number;
}

/** Its two scalars are the factors. Windows of one sample have no trend, so no result. */
export const smoothedOverTime: RangeKernel = ({ values }, windows, { column, parameters }) => {
  const [smoothings, trends] = parameters;
  for (let step = 0; step < windows.count; step += 1) {
    const from = windows.from[step] ?? 0;
    const to = windows.to[step] ?? 0;
    if (to === from) continue;
    const factors = { smoothing: smoothings?.[step] ?? NaN, trend: trends?.[step] ?? NaN };
    refuseFactor(factors.smoothing, 'smoothing factor. Expected: 0 < sf < 1');
    refuseFactor(factors.trend, 'trend factor. Expected: 0 < tf < 1');
    if (to - from > 1) setStep(column, step, smoothed(values.subarray(from, to), factors));
  }
};

/** NaN passes, as in Prometheus: the result is NaN then. */
function refuseFactor(factor: number, what: string): void {
  if (factor <= 0 || factor >= 1) {
    const text = Number.isFinite(factor) ? factor.toFixed(6) : `${factor < 0 ? '-' : '+'}Inf`;
    throw executionError(`invalid ${what}, got: ${text}`);
  }
}

/** The level after the last of `values`, of which there are two at least. */
function smoothed(values: Float64Array, { smoothing, trend: trendFactor }: Factors): number {
  let level = values[0] ?? NaN;
  // The first trend is the first difference as it is; later ones follow the level.
  let trend = (values[1] ?? NaN) - level;
  for (let index = 1; index < values.length; index += 1) {
    const before = level;
    level = smoothing * (values[index] ?? NaN) + (1 - smoothing) * (before + trend);
    trend = trendFactor * (level - before) + (1 - trendFactor) * trend;
  }
  return level;
}
