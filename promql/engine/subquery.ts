/** Subqueries: an expression evaluated on its own grid, then used as a range vector. */
import { CodedError } from '#base/errors.ts';
import { invariant } from '#base/invariant.ts';
import type { Subquery } from '#promql/syntax/ast.ts';
import { parseError } from '#promql/syntax/position.ts';
import type { EvaluationContext } from '#promql/engine/context.ts';
import { durationMs, referencesOf } from '#promql/engine/selection.ts';
import type { Column, Grid, RangeVector, Samples } from '#promql/engine/values.ts';

/** Steps inside a subquery: each scalar in it is a column of that length; 30 days at 5 s stay below. */
export const SUBQUERY_STEPS_MAX = 1_000_000;

/**
 * One inner evaluation serves all outer steps: the inner steps are absolute
 * multiples of the subquery's step, so windows share them.
 */
export async function evaluateSubquery(subquery: Subquery, context: EvaluationContext): Promise<RangeVector> {
  const rangeMs = durationMs(subquery.range, context);
  const stepMs =
    subquery.step === undefined
      ? context.defaultStepMs
      : durationMs(subquery.step, context) || context.defaultStepMs;
  if (rangeMs < 0) throw parseError(context.text, subquery.range.start, 'duration must be greater than 0');
  if (stepMs < 0) throw parseError(context.text, subquery.start, 'duration must be greater than 0');
  const references = referencesOf(subquery, context);
  const grid = innerGrid({ fromMs: references.firstMs - rangeMs, toMs: references.lastMs, stepMs });
  const shape = { rangeMs, firstEndMs: references.firstMs, endStepMs: references.stepMs };
  if (grid.count <= 0) return { series: [], ...shape };
  if (grid.count > SUBQUERY_STEPS_MAX) {
    throw new CodedError(
      'PLIM_QUERY_LIMIT',
      `a subquery has ${grid.count} steps, more than the limit of ${SUBQUERY_STEPS_MAX}; use a larger step`,
    );
  }
  const value = await context.evaluate(subquery.expression, { ...context, grid });
  invariant(value.kind === 'vector', 'the checker asks for an instant vector here');
  return { series: value.series.map((column) => samplesOf(column, grid)), ...shape };
}

interface InnerRange {
  /** Exclusive. */
  readonly fromMs: number;
  /** Inclusive. */
  readonly toMs: number;
  readonly stepMs: number;
}

function innerGrid({ fromMs, toMs, stepMs }: InnerRange): Grid {
  const startMs = (Math.floor(fromMs / stepMs) + 1) * stepMs;
  return { startMs, stepMs, count: Math.floor((toMs - startMs) / stepMs) + 1 };
}

function samplesOf({ labels, values, present }: Column, { startMs, stepMs }: Grid): Samples {
  const steps: number[] = [];
  for (let step = 0; step < present.length; step += 1) if (present[step] === 1) steps.push(step);
  return {
    labels,
    timesMs: Float64Array.from(steps, (step) => startMs + step * stepMs),
    values: Float64Array.from(steps, (step) => values[step] ?? NaN),
  };
}
