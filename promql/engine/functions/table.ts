/** How the evaluator calls functions; the lists themselves are beside this file. */
import type { Call, Expression } from '#promql/syntax/ast.ts';
import type { EvaluationContext } from '#promql/engine/context.ts';
import type { Value } from '#promql/engine/values.ts';
import type { RangeKernel } from '#promql/engine/windows.ts';

/** Of one range vector and scalars beside it, series by series. */
export interface RangeFunction {
  readonly kind: 'range';
  readonly kernel: RangeKernel;
  readonly keepsName?: boolean;
  /** Meant for counters: other names get an info. */
  readonly counter?: boolean;
}

/** Of one instant vector, value by value. */
export interface ElementFunction {
  readonly kind: 'element';
  readonly evaluate: (value: number) => number;
}

/** Of values already evaluated. */
export interface ValueFunction {
  readonly kind: 'values';
  readonly evaluate: (args: readonly Value[], call: CallSite) => Value;
}

/** Of its unevaluated arguments: those that look at the selector itself. */
export interface ExpressionFunction {
  readonly kind: 'expression';
  readonly evaluate: (args: readonly Expression[], call: CallSite) => Promise<Value>;
}

export interface CallSite {
  readonly call: Call;
  readonly context: EvaluationContext;
}

export type FunctionEntry = RangeFunction | ElementFunction | ValueFunction | ExpressionFunction;
export type FunctionTable = Readonly<Record<string, FunctionEntry>>;
