/** The binary operators on two numbers. */
import {
  COMPARISONS,
  type ArithmeticOperator,
  type BinaryOperator,
  type ComparisonOperator,
} from '#promql/syntax/ast.ts';

export type NumberOperator = ArithmeticOperator | ComparisonOperator;
type Compute = (left: number, right: number) => number;
type Compare = (left: number, right: number) => boolean;

const ARITHMETIC: Readonly<Record<ArithmeticOperator, Compute>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
  '^': power,
  atan2: Math.atan2,
};

const COMPARE: Readonly<Record<ComparisonOperator, Compare>> = {
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '<=': (left, right) => left <= right,
  '<': (left, right) => left < right,
  '>=': (left, right) => left >= right,
  '>': (left, right) => left > right,
};

/** IEEE 754 pow as Prometheus has it: one to any power is one, JavaScript says NaN. */
function power(base: number, exponent: number): number {
  if (base === 1) return 1;
  if (base === -1 && (exponent === Infinity || exponent === -Infinity)) return 1;
  return base ** exponent;
}

export function isNumberOperator(operator: BinaryOperator): operator is NumberOperator {
  return Object.hasOwn(ARITHMETIC, operator) || COMPARISONS.has(operator);
}

/** What an operator does with two values: a number, or undefined for "filtered out". */
export type Combine = (left: number, right: number, kept: number) => number | undefined;

/**
 * @param bool whether a comparison answers 0 or 1 instead of filtering
 * @returns a function whose third argument is the value a comparison keeps
 */
export function combineWith(operator: NumberOperator, bool: boolean): Combine {
  if (operator in COMPARE) {
    const compare = COMPARE[operator as ComparisonOperator];
    if (bool) return (left, right) => Number(compare(left, right));
    return (left, right, kept) => (compare(left, right) ? kept : undefined);
  }
  const compute = ARITHMETIC[operator as ArithmeticOperator];
  return (left, right) => compute(left, right);
}

/** Whether the result is a new metric and has no name. */
export function dropsName(operator: NumberOperator, bool: boolean): boolean {
  return bool || !COMPARISONS.has(operator);
}
