/** `rate`, `increase`, `delta`: what changed in the window, extrapolated to its borders. */
import type { RangeKernel, Windows } from '#promql/engine/windows.ts';
import { setStep, type Samples } from '#promql/engine/values.ts';

export interface RateKind {
  /** Counters only rise; a drop is a reset and the count goes on from zero. */
  readonly counter: boolean;
  /** Per second. */
  readonly perSecond: boolean;
}

/** A gap to the window's border beyond this many average spacings means the series starts or ends there. */
const GAP_SPACINGS_MAX = 1.1;

export function extrapolated(kind: RateKind): RangeKernel {
  return (samples, windows, { column }) => {
    const resets = kind.counter ? resetsOf(samples.values) : NO_RESETS;
    let reset = 0;
    for (let step = 0; step < windows.count; step += 1) {
      const first = windows.from[step] ?? 0;
      const last = (windows.to[step] ?? 0) - 1;
      if (last <= first) continue;
      while (reset < resets.length && (resets[reset] ?? 0) <= first) reset += 1;
      const change = changeOf(samples.values, { first, last, resets, reset });
      setStep(column, step, change * factorOf(samples, windows, { step, first, last, change, kind }));
    }
  };
}

const NO_RESETS: readonly number[] = [];

/** Indices of samples below their predecessor: found once a series, not once a window. */
function resetsOf(values: Float64Array): readonly number[] {
  const resets: number[] = [];
  for (let index = 1; index < values.length; index += 1) {
    if ((values[index] ?? NaN) < (values[index - 1] ?? NaN)) resets.push(index);
  }
  return resets;
}

interface Change {
  readonly first: number;
  readonly last: number;
  readonly resets: readonly number[];
  /** The first of `resets` after `first`. */
  readonly reset: number;
}

function changeOf(values: Float64Array, { first, last, resets, reset }: Change): number {
  let change = (values[last] ?? NaN) - (values[first] ?? NaN);
  for (let index = reset; index < resets.length && (resets[index] ?? Infinity) <= last; index += 1) {
    change += values[(resets[index] ?? 0) - 1] ?? NaN;
  }
  return change;
}

interface Place {
  readonly step: number;
  readonly first: number;
  readonly last: number;
  readonly change: number;
  readonly kind: RateKind;
}

/** How much larger the change of the whole window is than that between its samples. */
function factorOf(samples: Samples, windows: Windows, { step, first, last, change, kind }: Place): number {
  const firstMs = samples.timesMs[first] ?? NaN;
  const lastMs = samples.timesMs[last] ?? NaN;
  const endMs = windows.firstEndMs + step * windows.endStepMs;
  const sampled = (lastMs - firstMs) / 1000;
  const spacing = sampled / (last - first);
  let toStart = (firstMs - (endMs - windows.rangeMs)) / 1000;
  let toEnd = (endMs - lastMs) / 1000;
  if (toStart >= spacing * GAP_SPACINGS_MAX) toStart = spacing / 2;
  const firstValue = samples.values[first] ?? NaN;
  if (kind.counter && change > 0 && firstValue >= 0) {
    // A counter cannot have been below zero: it does not reach further back than that.
    toStart = Math.min(toStart, sampled * (firstValue / change));
  }
  if (toEnd >= spacing * GAP_SPACINGS_MAX) toEnd = spacing / 2;
  const factor = (sampled + toStart + toEnd) / sampled;
  return kind.perSecond ? factor / (windows.rangeMs / 1000) : factor;
}

/** `irate` and `idelta`: the last two samples of the window. */
export function lastTwo(kind: RateKind): RangeKernel {
  return ({ timesMs, values }, windows, { column }) => {
    for (let step = 0; step < windows.count; step += 1) {
      const last = (windows.to[step] ?? 0) - 1;
      if (last <= (windows.from[step] ?? 0)) continue;
      const current = values[last] ?? NaN;
      const previous = values[last - 1] ?? NaN;
      const change = kind.counter && current < previous ? current : current - previous;
      const seconds = ((timesMs[last] ?? NaN) - (timesMs[last - 1] ?? NaN)) / 1000;
      setStep(column, step, kind.perSecond ? change / seconds : change);
    }
  };
}
