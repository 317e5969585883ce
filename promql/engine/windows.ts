/** The windows of a range vector over one series, and functions of them. */
import {
  isEmpty,
  emptyColumn,
  setStep,
  type Column,
  type Grid,
  type RangeVector,
  type Samples,
} from '#promql/engine/values.ts';
import type { EvaluationContext } from '#promql/engine/context.ts';

/** Window `k` holds the samples `from[k] … to[k] − 1`. */
export interface Windows {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly count: number;
  readonly rangeMs: number;
  readonly firstEndMs: number;
  readonly endStepMs: number;
  /** The evaluation times themselves, without `offset` and `@`. */
  readonly grid: Grid;
}

/**
 * Computes a whole column at once; leaves steps without a result untouched.
 * `parameters` are the call's scalar arguments in their order, one value a step.
 */
export type RangeKernel = (
  samples: Samples,
  windows: Windows,
  out: { readonly column: Column; readonly parameters: readonly Float64Array[] },
) => void;

/** Runs `kernel` over every series; those without any result are left out. */
export async function mapRanges(
  vector: RangeVector,
  kernel: RangeKernel,
  {
    context,
    parameters = [],
  }: { readonly context: EvaluationContext; readonly parameters?: readonly Float64Array[] },
): Promise<readonly Column[]> {
  const { count } = context.grid;
  const { rangeMs, firstEndMs, endStepMs } = vector;
  const from = new Int32Array(count);
  const to = new Int32Array(count);
  const windows: Windows = { from, to, count, rangeMs, firstEndMs, endStepMs, grid: context.grid };
  const columns: Column[] = [];
  for (const samples of vector.series) {
    context.budget.countPoints(count);
    placeWindows(samples.timesMs, windows);
    const column = emptyColumn(samples.labels, count);
    kernel(samples, windows, { column, parameters });
    if (!isEmpty(column)) columns.push(column);
    if (context.budget.spend(samples.timesMs.length + count)) await context.budget.pause();
  }
  return columns;
}

/** Finds every window's borders in one pass: open on the left, closed on the right. */
function placeWindows(timesMs: Float64Array, windows: Windows): void {
  const { length } = timesMs;
  let from = 0;
  let to = 0;
  for (let step = 0; step < windows.count; step += 1) {
    const endMs = windows.firstEndMs + step * windows.endStepMs;
    const startMs = endMs - windows.rangeMs;
    while (to < length && (timesMs[to] ?? Infinity) <= endMs) to += 1;
    while (from < to && (timesMs[from] ?? Infinity) <= startMs) from += 1;
    windows.from[step] = from;
    windows.to[step] = to;
  }
}

/** One window, for functions that look at it alone. */
export interface Window {
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  /** Of the evaluation, whatever `offset` and `@` made of the window. */
  readonly evaluationMs: number;
  /** The first scalar argument at this step. */
  readonly parameter: number;
}

/** A kernel from a function of one window; it is not called for windows under `samplesMin`. */
export function perWindow(
  evaluate: (window: Window) => number | undefined,
  { samplesMin = 1 }: { readonly samplesMin?: number } = {},
): RangeKernel {
  return (samples, windows, { column, parameters: [parameter] }) => {
    for (let step = 0; step < windows.count; step += 1) {
      const from = windows.from[step] ?? 0;
      const to = windows.to[step] ?? 0;
      if (to - from < samplesMin) continue;
      const result = evaluate({
        timesMs: samples.timesMs.subarray(from, to),
        values: samples.values.subarray(from, to),
        evaluationMs: windows.grid.startMs + step * windows.grid.stepMs,
        parameter: parameter?.[step] ?? NaN,
      });
      if (result !== undefined) setStep(column, step, result);
    }
  };
}
