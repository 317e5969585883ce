/**
 * The functions of `moving_fn`, as Elasticsearch reckons them: what it calls an
 * average is the forecast for the next value. NaN where there is none.
 */
import { CodedError } from '#base/errors.ts';
import type { MovingFunction } from '#storage/document-scripts.ts';

/**
 * @param values finite, oldest first
 * @throws CodedError `PLIM_PARAMETER` for Holt and Winters on fewer values than two periods
 */
export function movingValue(script: MovingFunction, values: readonly number[]): number {
  switch (script.kind) {
    case 'max':
    case 'min':
      return extreme(values, Math[script.kind]);
    case 'sum':
      return sumOf(values);
    case 'unweighted':
      return sumOf(values) / values.length;
    case 'linear':
      return linear(values);
    case 'deviation':
      return deviation(values, movingValue(script.average, values));
    case 'ewma':
      return ewma(values, script.alpha);
    case 'holt':
      return holt(values, script);
    case 'holt-winters':
      return holtWinters(values, script);
    case 'beyond':
      return values.length > script.values ? movingValue(script.of, values) : 0;
    default:
      return script satisfies never;
  }
}

function extreme(values: readonly number[], of: (a: number, b: number) => number): number {
  return values.length === 0 ? NaN : values.reduce((one, other) => of(one, other));
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** The newest weighs as much as there are values, the oldest 1. */
function linear(values: readonly number[]): number {
  const weighted = values.reduce((sum, value, at) => sum + value * (at + 1), 0);
  return weighted / ((values.length * (values.length + 1)) / 2);
}

function deviation(values: readonly number[], average: number): number {
  return Math.sqrt(sumOf(values.map((value) => (value - average) ** 2)) / values.length);
}

function ewma(values: readonly number[], alpha: number): number {
  return values.length === 0 ? NaN : values.reduce((level, value) => value * alpha + level * (1 - alpha));
}

type Decays<Kind extends MovingFunction['kind']> = Extract<MovingFunction, { readonly kind: Kind }>;

/** The level only: the trend moves it, and is not added once more. */
function holt(values: readonly number[], { alpha, beta }: Decays<'holt'>): number {
  let [level, trend] = [values[0] ?? NaN, 0];
  for (const value of values.slice(1)) {
    const before = level;
    level = alpha * value + (1 - alpha) * (level + trend);
    trend = beta * (level - before) + (1 - beta) * trend;
  }
  return level;
}

/** Keeps the product of seasons from being divided by zero. */
const PADDING = 1e-10;

function holtWinters(values: readonly number[], script: Decays<'holt-winters'>): number {
  const { alpha, beta, gamma, period, multiplicative } = script;
  if (values.length === 0) return NaN;
  if (values.length < 2 * period) {
    throw new CodedError(
      'PLIM_PARAMETER',
      `holtWinters needs windows of two periods, ${2 * period} values, and one has ${values.length}: begin the script with if (values.length >= ${2 * period})`,
    );
  }
  const padded = multiplicative ? values.map((value) => value + PADDING) : values;
  const { level: mean, seasons } = firstSeason(padded, period);
  let [level, trend] = [mean, 0];
  for (let at = period; at < padded.length; at += 1) {
    const value = padded[at] ?? NaN;
    const season = seasons[at - period] ?? NaN;
    const before = level;
    const lasting = multiplicative ? value / season : value - season;
    level = alpha * lasting + (1 - alpha) * (before + trend);
    // The sign of the trend is theirs.
    const passing = multiplicative ? value / (before + trend) : value - (before - trend);
    trend = beta * (level - before) + (1 - beta) * trend;
    seasons.push(gamma * passing + (1 - gamma) * season);
  }
  const season = seasons[padded.length - period] ?? NaN;
  return multiplicative ? (level + trend) * season : level + trend + season;
}

/** The mean of the first period, and its values as shares of the mean, for sums as well. */
function firstSeason(values: readonly number[], period: number) {
  const first = values.slice(0, period);
  const level = sumOf(first) / period;
  return { level, seasons: first.map((value) => (level === 0 ? 0 : value / level)) };
}
