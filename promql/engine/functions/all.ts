/** Every function that can be evaluated. */
import { HISTOGRAM_FUNCTIONS } from '#promql/engine/functions/histogram.ts';
import { MATH_FUNCTIONS } from '#promql/engine/functions/math.ts';
import { RANGE_FUNCTIONS } from '#promql/engine/functions/ranges.ts';
import { SHAPE_FUNCTIONS } from '#promql/engine/functions/shape.ts';
import { SORT_FUNCTIONS } from '#promql/engine/functions/sort.ts';
import { TIME_FUNCTIONS } from '#promql/engine/functions/time.ts';
import type { FunctionTable } from '#promql/engine/functions/table.ts';

/** By name; the signatures stand in `syntax/signatures.ts`. */
export const FUNCTIONS: FunctionTable = {
  ...HISTOGRAM_FUNCTIONS,
  ...MATH_FUNCTIONS,
  ...RANGE_FUNCTIONS,
  ...SHAPE_FUNCTIONS,
  ...SORT_FUNCTIONS,
  ...TIME_FUNCTIONS,
};
