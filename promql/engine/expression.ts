/** The evaluator's switch: one function for each kind of node. */
import { invariant, present } from '#base/invariant.ts';
import {
  SET_OPERATORS,
  unwrap,
  type Aggregation,
  type Binary,
  type Call,
  type Expression,
  type SetOperator,
  type Unary,
} from '#promql/syntax/ast.ts';
import { labelOf, dropMetricName, METRIC_NAME } from '#promql/labels.ts';
import { unsupported } from '#promql/syntax/position.ts';
import { countValues, foldGroups, FOLDS, type FoldingAggregator } from '#promql/engine/aggregate.ts';
import type { EvaluationContext } from '#promql/engine/context.ts';
import { FUNCTIONS } from '#promql/engine/functions/all.ts';
import { asScalar } from '#promql/engine/functions/arguments.ts';
import { warnOfRatios } from '#promql/engine/functions/histogram.ts';
import { mapValues } from '#promql/engine/functions/map.ts';
import type { RangeFunction } from '#promql/engine/functions/table.ts';
import { limitedSeries, sampledSeries } from '#promql/engine/limits.ts';
import { matchVectors } from '#promql/engine/match.ts';
import { combineWith, dropsName, isNumberOperator, type NumberOperator } from '#promql/engine/operators.ts';
import { selectInstant, selectRange } from '#promql/engine/selection.ts';
import { combineSets } from '#promql/engine/sets.ts';
import { evaluateSubquery } from '#promql/engine/subquery.ts';
import { topSeries } from '#promql/engine/top.ts';
import {
  emptyColumn,
  isEmpty,
  refuseEqualLabels,
  relabel,
  setStep,
  vectorOf,
  type Column,
  type RangeVector,
  type ScalarValue,
  type Value,
} from '#promql/engine/values.ts';
import { mapRanges } from '#promql/engine/windows.ts';

/** The value of `expression` at every step of the context's grid. */
export async function evaluate(expression: Expression, context: EvaluationContext): Promise<Value> {
  switch (expression.kind) {
    case 'number':
      return { kind: 'scalar', values: new Float64Array(context.grid.count).fill(expression.value) };
    case 'string':
      return { kind: 'string', value: expression.value };
    case 'selector':
      return vectorOf(await selectInstant(expression, context));
    case 'parentheses':
      return evaluate(expression.expression, context);
    case 'unary':
      return evaluateUnary(expression, context);
    case 'binary':
      return evaluateBinary(expression, context);
    case 'aggregation':
      return vectorOf(await evaluateAggregation(expression, context));
    case 'call':
      return evaluateCall(expression, context);
    case 'range':
    case 'subquery':
      invariant(false, 'range vectors are evaluated by what takes them');
  }
}

/** The range vector behind any parentheses. */
export function evaluateRange(expression: Expression, context: EvaluationContext): Promise<RangeVector> {
  const inner = unwrap(expression);
  if (inner.kind === 'range') return selectRange(inner, context);
  invariant(inner.kind === 'subquery', 'only selectors and subqueries are range vectors');
  return evaluateSubquery(inner, context);
}

async function evaluateUnary({ operator, operand }: Unary, context: EvaluationContext): Promise<Value> {
  const value = await evaluate(operand, context);
  if (operator === '+') return value;
  if (value.kind === 'scalar') return { kind: 'scalar', values: value.values.map((number) => -number) };
  invariant(value.kind === 'vector', 'the checker refuses signs before strings');
  context.budget.countPoints(value.series.length * context.grid.count);
  const series = value.series.map((column): Column => ({
    labels: dropMetricName(column.labels),
    values: column.values.map((number) => -number),
    present: column.present,
  }));
  return vectorOf(refuseEqualLabels(series));
}

async function evaluateBinary(binary: Binary, context: EvaluationContext): Promise<Value> {
  const { operator, matching } = binary;
  if (matching.fill !== undefined)
    throw unsupported(context.text, matching.fill.start, 'the modifier "fill"');
  const left = await evaluate(binary.left, context);
  const right = await evaluate(binary.right, context);
  if (SET_OPERATORS.has(operator)) {
    invariant(left.kind === 'vector' && right.kind === 'vector', 'the checker refuses sets of scalars');
    const rule = { operator: operator as SetOperator, matching };
    return vectorOf(combineSets({ left: left.series, right: right.series }, rule, context));
  }
  if (!isNumberOperator(operator)) {
    throw unsupported(context.text, binary.operatorSpan.start, `the operator "${operator}"`);
  }
  const typed = { ...binary, operator };
  if (left.kind === 'vector' && right.kind === 'vector') {
    return vectorOf(await matchVectors({ left: left.series, right: right.series }, typed, context));
  }
  if (left.kind === 'scalar' && right.kind === 'scalar') return scalars(left, right, typed);
  return vectorOf(vectorAndScalar(left, right, { binary: typed, context }));
}

type NumberBinary = Binary & { readonly operator: NumberOperator };

function scalars(left: ScalarValue, right: ScalarValue, { operator, bool }: NumberBinary): ScalarValue {
  const combine = combineWith(operator, bool);
  const values = left.values.map((value, step) => combine(value, right.values[step] ?? NaN, value) ?? NaN);
  return { kind: 'scalar', values };
}

/** A comparison keeps the vector's value whichever side the vector is on. */
function vectorAndScalar(
  left: Value,
  right: Value,
  { binary, context }: { readonly binary: NumberBinary; readonly context: EvaluationContext },
): readonly Column[] {
  const combine = combineWith(binary.operator, binary.bool);
  const { series, scalar, apply } =
    left.kind === 'vector'
      ? {
          series: left.series,
          scalar: asScalar(right).values,
          apply: (value: number, other: number) => combine(value, other, value),
        }
      : {
          series: right.kind === 'vector' ? right.series : [],
          scalar: asScalar(left).values,
          apply: (value: number, other: number) => combine(other, value, value),
        };
  const change = (value: number, step: number): number | undefined => apply(value, scalar[step] ?? NaN);
  if (dropsName(binary.operator, binary.bool)) return mapValues(series, context, change);
  return filterValues(series, context, change);
}

function filterValues(
  series: readonly Column[],
  { grid, budget }: EvaluationContext,
  change: (value: number, step: number) => number | undefined,
): readonly Column[] {
  budget.countPoints(series.length * grid.count);
  const columns = series.map(({ labels, values, present: there }) => {
    const column = emptyColumn(labels, grid.count);
    for (let step = 0; step < grid.count; step += 1) {
      const result = there[step] === 0 ? undefined : change(values[step] ?? NaN, step);
      if (result !== undefined) setStep(column, step, result);
    }
    return column;
  });
  return columns.filter((column) => !isEmpty(column));
}

async function evaluateAggregation(
  aggregation: Aggregation,
  context: EvaluationContext,
): Promise<readonly Column[]> {
  const { operator } = aggregation;
  const parameter =
    aggregation.parameter === undefined ? undefined : await evaluate(aggregation.parameter, context);
  const operand = await evaluate(aggregation.operand, context);
  invariant(operand.kind === 'vector', 'the checker lets only vectors be aggregated');
  if (operator === 'count_values') {
    invariant(parameter?.kind === 'string', 'the checker asks for a label name');
    return countValues(operand.series, aggregation, { name: parameter.value, context });
  }
  const numbers = parameter === undefined ? undefined : asScalar(parameter).values;
  if (isSelecting(operator)) {
    const limits = present(numbers, 'what takes some of the series has a parameter');
    return SELECTIONS[operator](operand.series, aggregation, { context, parameter: limits });
  }
  if (operator === 'quantile') warnOfRatios(numbers, aggregation.parameter?.start ?? 0, context);
  invariant(isFolding(operator), 'every other aggregator folds');
  return foldGroups(operand.series, { ...aggregation, operator }, { context, parameter: numbers });
}

/** Aggregators whose result is some of the series as they are. */
const SELECTIONS = {
  topk: topSeries,
  bottomk: topSeries,
  limitk: limitedSeries,
  limit_ratio: sampledSeries,
} as const satisfies Partial<Record<Aggregation['operator'], typeof topSeries>>;

function isSelecting(operator: string): operator is keyof typeof SELECTIONS {
  return Object.hasOwn(SELECTIONS, operator);
}

function isFolding(operator: string): operator is FoldingAggregator {
  return Object.hasOwn(FOLDS, operator);
}

async function evaluateCall(call: Call, context: EvaluationContext): Promise<Value> {
  const entry = Object.hasOwn(FUNCTIONS, call.name) ? FUNCTIONS[call.name] : undefined;
  if (entry === undefined) throw unsupported(context.text, call.start, `the function "${call.name}"`);
  switch (entry.kind) {
    case 'range':
      return vectorOf(await evaluateRangeCall(call, entry, context));
    case 'element': {
      const value = await evaluate(present(call.args[0], 'element functions take one vector'), context);
      invariant(value.kind === 'vector', 'the checker asks for an instant vector here');
      return vectorOf(mapValues(value.series, context, entry.evaluate));
    }
    case 'values': {
      const values: Value[] = [];
      for (const argument of call.args) values.push(await evaluate(argument, context));
      return entry.evaluate(values, { call, context });
    }
    case 'expression':
      return entry.evaluate(call.args, { call, context });
  }
}

async function evaluateRangeCall(
  call: Call,
  entry: RangeFunction,
  context: EvaluationContext,
): Promise<readonly Column[]> {
  let vector: RangeVector | undefined;
  const parameters: Float64Array[] = [];
  for (const argument of call.args) {
    const inner = unwrap(argument);
    if (inner.kind === 'range' || inner.kind === 'subquery') vector = await evaluateRange(inner, context);
    else parameters.push(asScalar(await evaluate(argument, context)).values);
  }
  const ranges = present(vector, 'range functions take a range vector');
  if (call.name === 'quantile_over_time' && ranges.series.length > 0) {
    warnOfRatios(parameters[0], call.args[0]?.start ?? 0, context);
  }
  const columns = await mapRanges(ranges, entry.kernel, { context, parameters });
  if (entry.counter === true) noteOtherThanCounters(columns, call, context);
  if (entry.keepsName === true) return columns;
  return refuseEqualLabels(columns.map((column) => relabel(column, dropMetricName(column.labels))));
}

const COUNTER_NAME = /(?:_total|_sum|_count|_bucket)$/;

function noteOtherThanCounters(columns: readonly Column[], call: Call, context: EvaluationContext): void {
  const offset = present(call.args[0], 'rate and increase take one argument').start;
  for (const name of new Set(columns.map(({ labels }) => labelOf(labels, METRIC_NAME)))) {
    if (name === '' || COUNTER_NAME.test(name)) continue;
    context.annotations.info(
      `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "${name}"`,
      offset,
    );
  }
}
