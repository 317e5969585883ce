/** Every function of the language: argument and result types. Not all can be evaluated yet. */
import type { ValueType } from '#promql/syntax/ast.ts';

export interface Signature {
  readonly args: readonly ValueType[];
  /** How many arguments at the end may be left out; `any` = the last may also repeat. */
  readonly optional: number | 'any';
  readonly returns: ValueType;
}

const SCALAR = 'scalar';
const STRING = 'string';
const VECTOR = 'instant vector';
const RANGE = 'range vector';
/** One call asks for ten of them at most, as in Prometheus. */
const QUANTILES: readonly ValueType[] = Array.from({ length: 10 }, () => SCALAR);

function group(
  names: string,
  args: readonly ValueType[],
  { optional = 0, returns = VECTOR }: { optional?: number | 'any'; returns?: ValueType } = {},
): [string, Signature][] {
  return names.split(' ').map((name) => [name, { args, optional, returns }]);
}

export const SIGNATURES: Readonly<Record<string, Signature>> = Object.fromEntries([
  ...group('rate increase delta irate idelta deriv changes resets', [RANGE]),
  ...group('avg_over_time min_over_time max_over_time sum_over_time count_over_time', [RANGE]),
  ...group('stddev_over_time stdvar_over_time last_over_time first_over_time', [RANGE]),
  ...group('present_over_time absent_over_time mad_over_time', [RANGE]),
  ...group('ts_of_first_over_time ts_of_last_over_time ts_of_min_over_time ts_of_max_over_time', [RANGE]),
  ...group('quantile_over_time', [SCALAR, RANGE]),
  ...group('predict_linear', [RANGE, SCALAR]),
  // The second is its name in Prometheus 2.x.
  ...group('double_exponential_smoothing holt_winters', [RANGE, SCALAR, SCALAR]),
  ...group('abs ceil floor sgn sqrt exp ln log2 log10', [VECTOR]),
  ...group('sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh deg rad', [VECTOR]),
  ...group('round', [VECTOR, SCALAR], { optional: 1 }),
  ...group('clamp', [VECTOR, SCALAR, SCALAR]),
  ...group('clamp_min clamp_max', [VECTOR, SCALAR]),
  ...group('pi time', [], { returns: SCALAR }),
  ...group('start end step range', [], { returns: SCALAR }),
  ...group('min_of max_of', [SCALAR, SCALAR], { returns: SCALAR }),
  ...group('timestamp start_timestamp absent sort sort_desc', [VECTOR]),
  ...group('year month day_of_month day_of_week day_of_year', [VECTOR], { optional: 1 }),
  ...group('days_in_month hour minute', [VECTOR], { optional: 1 }),
  ...group('scalar', [VECTOR], { returns: SCALAR }),
  ...group('vector', [SCALAR]),
  ...group('label_replace', [VECTOR, STRING, STRING, STRING, STRING]),
  ...group('label_join', [VECTOR, STRING, STRING, STRING], { optional: 'any' }),
  ...group('sort_by_label sort_by_label_desc', [VECTOR, STRING], { optional: 'any' }),
  ...group('info', [VECTOR, VECTOR], { optional: 1 }),
  ...group('histogram_quantile', [SCALAR, VECTOR]),
  ...group('histogram_quantiles', [VECTOR, STRING, ...QUANTILES], { optional: QUANTILES.length - 1 }),
  ...group('histogram_fraction', [SCALAR, SCALAR, VECTOR]),
  ...group('histogram_count histogram_sum histogram_avg histogram_stddev histogram_stdvar', [VECTOR]),
]);
