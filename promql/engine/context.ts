/** What every part of the evaluator is handed. */
import type { SeriesSource } from '#promql/ports.ts';
import type { Expression } from '#promql/syntax/ast.ts';
import type { Annotations } from '#promql/engine/annotations.ts';
import type { Budget } from '#promql/engine/budget.ts';
import type { Grid, Value } from '#promql/engine/values.ts';

/** Of the whole query, as it was asked: its last step may stand before the end. */
export interface Bounds {
  /** `start()`. */
  readonly startMs: number;
  /** `end()`. */
  readonly endMs: number;
  /** 0 at one time. */
  readonly stepMs: number;
}

export interface EvaluationContext {
  /** The query's text, for positions. */
  readonly text: string;
  readonly source: SeriesSource;
  /** Steps to evaluate at; those of the subquery inside one. */
  readonly grid: Grid;
  readonly bounds: Bounds;
  readonly lookbackMs: number;
  /** Step of subqueries that name none. */
  readonly defaultStepMs: number;
  readonly budget: Budget;
  readonly annotations: Annotations;
  /** The evaluator itself: how parts reach sub-expressions without importing their caller. */
  readonly evaluate: (expression: Expression, context: EvaluationContext) => Promise<Value>;
}

/** Last step of a grid. */
export function gridEndMs({ startMs, stepMs, count }: Grid): number {
  return startMs + (count - 1) * stepMs;
}
