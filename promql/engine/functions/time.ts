/** Functions of time: the step's own, a sample's, and the calendar (UTC). */
import { unwrap, type Expression } from '#promql/syntax/ast.ts';
import { vectorArgument } from '#promql/engine/functions/arguments.ts';
import { mapValues } from '#promql/engine/functions/map.ts';
import type { CallSite, FunctionTable, ValueFunction } from '#promql/engine/functions/table.ts';
import { selectInstant } from '#promql/engine/selection.ts';
import {
  joinEqualLabels,
  relabel,
  vectorOf,
  type Column,
  type Grid,
  type Value,
} from '#promql/engine/values.ts';
import { dropMetricName } from '#promql/labels.ts';
import type { Bounds, EvaluationContext } from '#promql/engine/context.ts';
import { invariant, present } from '#base/invariant.ts';

const DAY_MS = 86_400_000;

function stepSeconds({ startMs, stepMs, count }: Grid): Float64Array {
  return Float64Array.from({ length: count }, (_, step) => (startMs + step * stepMs) / 1000);
}

/** A scalar that is the same at every step: what the query asked for, in subqueries too. */
function ofQuery(read: (bounds: Bounds) => number): ValueFunction {
  return {
    kind: 'values',
    evaluate: (_args, { context: { grid, bounds } }) => ({
      kind: 'scalar',
      values: new Float64Array(grid.count).fill(read(bounds)),
    }),
  };
}

/** A vector of one series without labels that is there at every step. */
export function plainVector(values: Float64Array): readonly Column[] {
  return [{ labels: {}, values, present: new Uint8Array(values.length).fill(1) }];
}

/** Every function of the calendar takes seconds since the epoch, by default the step's. */
function calendar(read: (date: Date) => number): ValueFunction {
  return {
    kind: 'values',
    evaluate: (args, { context }) => {
      const input = args.length > 0 ? vectorArgument(args, 0) : plainVector(stepSeconds(context.grid));
      return vectorOf(mapValues(input, context, (seconds) => read(new Date(Math.trunc(seconds) * 1000))));
    },
  };
}

function dayOfYear(date: Date): number {
  const start = Date.UTC(date.getUTCFullYear(), 0, 1);
  return Math.floor((date.getTime() - start) / DAY_MS) + 1;
}

function daysInMonth(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}

/** The sample's own time for a selector, else the step's. */
async function timestamp(args: readonly Expression[], { context }: CallSite): Promise<Value> {
  const argument = present(args[0], 'a checked call has its arguments');
  const inner = unwrap(argument);
  if (inner.kind === 'selector') {
    const columns = await selectInstant(inner, context, 'time');
    return vectorOf(joinEqualLabels(columns.map((column) => relabel(column, dropMetricName(column.labels)))));
  }
  const value = await context.evaluate(argument, context);
  return vectorOf(stepTimes(value, context));
}

function stepTimes(value: Value, context: EvaluationContext): readonly Column[] {
  invariant(value.kind === 'vector', 'the checker asks for an instant vector here');
  const seconds = stepSeconds(context.grid);
  return mapValues(value.series, context, (_value, step) => seconds[step]);
}

export const TIME_FUNCTIONS: FunctionTable = {
  time: {
    kind: 'values',
    evaluate: (_args, { context }) => ({ kind: 'scalar', values: stepSeconds(context.grid) }),
  },
  start: ofQuery(({ startMs }) => startMs / 1000),
  end: ofQuery(({ endMs }) => endMs / 1000),
  range: ofQuery(({ startMs, endMs }) => (endMs - startMs) / 1000),
  // One point has no step, even where a step was given.
  step: ofQuery(({ startMs, endMs, stepMs }) => (startMs === endMs ? 0 : stepMs / 1000)),
  timestamp: { kind: 'expression', evaluate: timestamp },
  year: calendar((date) => date.getUTCFullYear()),
  month: calendar((date) => date.getUTCMonth() + 1),
  day_of_month: calendar((date) => date.getUTCDate()),
  day_of_week: calendar((date) => date.getUTCDay()),
  day_of_year: calendar(dayOfYear),
  days_in_month: calendar(daysInMonth),
  hour: calendar((date) => date.getUTCHours()),
  minute: calendar((date) => date.getUTCMinutes()),
};
