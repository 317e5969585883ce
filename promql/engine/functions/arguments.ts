/** Evaluated arguments by type; the type checker has already made sure of them. */
import { invariant, present } from '#base/invariant.ts';
import type { Column, ScalarValue, Value } from '#promql/engine/values.ts';

/** The series of argument `index`. */
export function vectorArgument(args: readonly Value[], index: number): readonly Column[] {
  const value = present(args[index], 'a checked call has its arguments');
  invariant(value.kind === 'vector', 'the checker asks for an instant vector here');
  return value.series;
}

/** The values of argument `index`, one a step. */
export function scalarArgument(args: readonly Value[], index: number): Float64Array {
  return asScalar(present(args[index], 'a checked call has its arguments')).values;
}

export function asScalar(value: Value): ScalarValue {
  invariant(value.kind === 'scalar', 'the checker asks for a scalar here');
  return value;
}

/** The text of argument `index`. */
export function stringArgument(args: readonly Value[], index: number): string {
  const value = present(args[index], 'a checked call has its arguments');
  invariant(value.kind === 'string', 'the checker asks for a string here');
  return value.value;
}
