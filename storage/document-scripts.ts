/**
 * What a script of a pipeline aggregation computes, as a parser made of its text.
 * Numbers are Java's, each of a type of its own; an operator takes the wider type
 * of its two sides.
 */

/** `int` is 32 bits, `long` 64, both wrap around; values of buckets are doubles. */
export type NumberType = 'int' | 'long' | 'double';

export type NumericScript =
  | { readonly kind: 'number'; readonly type: 'int' | 'double'; readonly value: number }
  | { readonly kind: 'number'; readonly type: 'long'; readonly value: bigint }
  /** The value at the path of that name. */
  | { readonly kind: 'param'; readonly name: string }
  | { readonly kind: 'negate'; readonly of: NumericScript }
  | {
      readonly kind: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: NumericScript;
      readonly right: NumericScript;
    }
  | {
      readonly kind: 'choose';
      /** What is chosen is widened to it; undefined leaves it as it is. */
      readonly type: NumberType | undefined;
      readonly test: ConditionScript;
      readonly yes: NumericScript;
      readonly no: NumericScript;
    }
  /** Of doubles; `round` alone makes a long. */
  | { readonly kind: 'call'; readonly name: MathFunction; readonly values: readonly NumericScript[] };

export type ConditionScript =
  | { readonly kind: 'constant'; readonly holds: boolean }
  | {
      readonly kind: 'compare';
      readonly operator: ComparisonOperator;
      readonly left: NumericScript;
      readonly right: NumericScript;
    }
  | { readonly kind: 'not'; readonly of: ConditionScript }
  | { readonly kind: 'and' | 'or'; readonly left: ConditionScript; readonly right: ConditionScript };

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';

export type ComparisonOperator = '<' | '<=' | '>' | '>=' | '==' | '!=';

/** How many values each takes. */
export const MATH_FUNCTIONS = {
  abs: 1,
  ceil: 1,
  floor: 1,
  log: 1,
  log10: 1,
  max: 2,
  min: 2,
  pow: 2,
  round: 1,
  sqrt: 1,
} as const;

export type MathFunction = keyof typeof MATH_FUNCTIONS;

/** What is made of a window of values; decays as they were written, of any size. */
export type MovingFunction =
  | { readonly kind: 'max' | 'min' | 'sum' | 'unweighted' | 'linear' }
  | { readonly kind: 'deviation'; readonly average: MovingFunction }
  | { readonly kind: 'ewma'; readonly alpha: number }
  | { readonly kind: 'holt'; readonly alpha: number; readonly beta: number }
  | {
      readonly kind: 'holt-winters';
      readonly alpha: number;
      readonly beta: number;
      readonly gamma: number;
      /** At least 1. */
      readonly period: number;
      readonly multiplicative: boolean;
    }
  /** 0 for windows that have no more than `values`. */
  | { readonly kind: 'beyond'; readonly values: number; readonly of: MovingFunction };
