/** The syntax tree. Every node knows where it stands in the text. */
import type { Matcher } from '#signals/matchers.ts';

/** Offsets in UTF-16 code units; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type ValueType = 'scalar' | 'string' | 'instant vector' | 'range vector';

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2';
export type ComparisonOperator = '==' | '!=' | '<=' | '<' | '>=' | '>';
export type SetOperator = 'and' | 'or' | 'unless';
/** Trims of native histograms. */
export type TrimOperator = '</' | '>/';
export type BinaryOperator = ArithmeticOperator | ComparisonOperator | SetOperator | TrimOperator;

export const COMPARISONS: ReadonlySet<string> = new Set<ComparisonOperator>([
  '==',
  '!=',
  '<=',
  '<',
  '>=',
  '>',
]);
export const SET_OPERATORS: ReadonlySet<string> = new Set<SetOperator>(['and', 'or', 'unless']);

export const AGGREGATORS = [
  'sum',
  'avg',
  'min',
  'max',
  'count',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'quantile',
  'count_values',
  'limitk',
  'limit_ratio',
] as const;
export type Aggregator = (typeof AGGREGATORS)[number];

/** A length of time: a literal, or arithmetic over literals and the query's own figures. */
export type DurationExpression =
  | { readonly kind: 'literal'; readonly seconds: number }
  | { readonly kind: 'query'; readonly figure: 'step' | 'range' }
  | { readonly kind: 'negate'; readonly operand: DurationExpression }
  | {
      readonly kind: 'binary';
      readonly operator: '+' | '-' | '*' | '/' | '%' | '^' | 'min_of' | 'max_of';
      readonly left: DurationExpression;
      readonly right: DurationExpression;
    };

export interface SpannedDuration extends Span {
  readonly duration: DurationExpression;
}

/** `@ 1700000000`, `@ start()`, `@ end()`. */
export type At = { readonly kind: 'time'; readonly timeMs: number } | { readonly kind: 'start' | 'end' };

/** What may follow a selector or a subquery. */
export interface TimeModifiers {
  readonly offset: SpannedDuration | undefined;
  readonly at: At | undefined;
}

export interface NumberLiteral extends Span {
  readonly kind: 'number';
  readonly value: number;
}
export interface StringLiteral extends Span {
  readonly kind: 'string';
  readonly value: string;
}
export interface Selector extends Span, TimeModifiers {
  readonly kind: 'selector';
  /** Metric name written outside of braces or as the first quoted name; also among the matchers. */
  readonly name: string | undefined;
  readonly matchers: readonly Matcher[];
  /** Experimental ways to look at the window's edges. */
  readonly edges: 'anchored' | 'smoothed' | undefined;
}
export interface RangeSelector extends Span {
  readonly kind: 'range';
  readonly selector: Selector;
  readonly range: SpannedDuration;
}
export interface Subquery extends Span, TimeModifiers {
  readonly kind: 'subquery';
  readonly expression: Expression;
  readonly range: SpannedDuration;
  readonly step: SpannedDuration | undefined;
}
export interface Parentheses extends Span {
  readonly kind: 'parentheses';
  readonly expression: Expression;
}
export interface Unary extends Span {
  readonly kind: 'unary';
  readonly operator: '+' | '-';
  readonly operand: Expression;
}

export interface VectorMatching {
  readonly cardinality: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';
  /** Whether `labels` are those to match on, else those to leave out. */
  readonly on: boolean;
  readonly labels: readonly string[];
  /** Of `group_left` or `group_right`. */
  readonly include: readonly string[];
  /** Whether `on` or `ignoring` was written. */
  readonly explicit: boolean;
  /** Experimental `fill` modifiers. */
  readonly fill: Span | undefined;
}
export interface Binary extends Span {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly operatorSpan: Span;
  readonly left: Expression;
  readonly right: Expression;
  readonly bool: boolean;
  readonly matching: VectorMatching;
}
export interface Aggregation extends Span {
  readonly kind: 'aggregation';
  readonly operator: Aggregator;
  readonly operand: Expression;
  readonly parameter: Expression | undefined;
  readonly without: boolean;
  readonly labels: readonly string[];
}
export interface Call extends Span {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Expression[];
}

export type Expression =
  | NumberLiteral
  | StringLiteral
  | Selector
  | RangeSelector
  | Subquery
  | Parentheses
  | Unary
  | Binary
  | Aggregation
  | Call;

/** The expression inside any parentheses. */
export function unwrap(expression: Expression): Expression {
  return expression.kind === 'parentheses' ? unwrap(expression.expression) : expression;
}
