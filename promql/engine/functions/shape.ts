/** Functions that change what a vector is: its type and its labels. */
import { isCoded } from '#base/errors.ts';
import { invariant, present } from '#base/invariant.ts';
import type { Labels, Matcher } from '#signals/matchers.ts';
import { labelOf, labelsOf, METRIC_NAME, withLabel } from '#promql/labels.ts';
import { compileReplacer } from '#promql/regex.ts';
import { unwrap, type Expression } from '#promql/syntax/ast.ts';
import { executionError } from '#promql/syntax/position.ts';
import { scalarArgument, stringArgument, vectorArgument } from '#promql/engine/functions/arguments.ts';
import { plainVector } from '#promql/engine/functions/time.ts';
import type { CallSite, FunctionTable } from '#promql/engine/functions/table.ts';
import { selectRange } from '#promql/engine/selection.ts';
import { evaluateSubquery } from '#promql/engine/subquery.ts';
import {
  anyPresent,
  emptyColumn,
  isEmpty,
  refuseEqualLabels,
  relabel,
  setStep,
  vectorOf,
  type Column,
  type Value,
} from '#promql/engine/values.ts';
import { mapRanges, perWindow } from '#promql/engine/windows.ts';

function labelReplace(args: readonly Value[]): Value {
  const [target, template, source, pattern] = [1, 2, 3, 4].map((index) => stringArgument(args, index));
  invariant(
    target !== undefined && template !== undefined && source !== undefined && pattern !== undefined,
    'label_replace has five arguments',
  );
  refuseEmptyName(target, 'label_replace');
  const replace = replacerOf(pattern, template);
  const series = vectorArgument(args, 0).map((column) => {
    const replacement = replace(labelOf(column.labels, source));
    if (replacement === undefined) return column;
    return relabel(column, withLabel(column.labels, target, replacement));
  });
  return vectorOf(refuseEqualLabels(series));
}

function replacerOf(pattern: string, template: string): (value: string) => string | undefined {
  try {
    return compileReplacer(pattern, template);
  } catch (error) {
    if (!isCoded(error)) throw error;
    throw executionError(`invalid regular expression in label_replace(): ${pattern}: ${error.message}`, {
      cause: error,
    });
  }
}

function refuseEmptyName(name: string, where: string): void {
  if (name === '') throw executionError(`invalid destination label name in ${where}(): ${name}`);
}

function labelJoin(args: readonly Value[]): Value {
  const target = stringArgument(args, 1);
  const separator = stringArgument(args, 2);
  const sources = args.slice(3).map((_, index) => stringArgument(args, index + 3));
  refuseEmptyName(target, 'label_join');
  const series = vectorArgument(args, 0).map((column) => {
    const joined = sources.map((name) => labelOf(column.labels, name)).join(separator);
    return relabel(column, withLabel(column.labels, target, joined));
  });
  return vectorOf(refuseEqualLabels(series));
}

/** The only value of a vector with one series, else NaN. */
function scalar(args: readonly Value[], { context }: CallSite): Value {
  const series = vectorArgument(args, 0);
  const values = new Float64Array(context.grid.count).fill(NaN);
  for (let step = 0; step < values.length; step += 1) {
    let found = 0;
    let only = NaN;
    for (const column of series) {
      if (column.present[step] === 0) continue;
      found += 1;
      only = column.values[step] ?? NaN;
    }
    if (found === 1) values[step] = only;
  }
  return { kind: 'scalar', values };
}

/** 1 at the steps where no series has a sample. */
function absence(series: readonly Column[], labels: Labels, { context }: CallSite): Value {
  const found = anyPresent(series, context.grid.count);
  const column = emptyColumn(labels, context.grid.count);
  for (let step = 0; step < found.length; step += 1) if (found[step] === 0) setStep(column, step, 1);
  return vectorOf(isEmpty(column) ? [] : [column]);
}

/** What a direct selector says about the series that are missing. */
function labelsOfSelector(expression: Expression): Labels {
  if (expression.kind === 'range') return labelsOfMatchers(expression.selector.matchers);
  return expression.kind === 'selector' ? labelsOfMatchers(expression.matchers) : {};
}

function labelsOfMatchers(matchers: readonly Matcher[]): Labels {
  const labels = new Map<string, string>();
  const seen = new Set<string>();
  for (const { name, operator, value } of matchers) {
    if (name === METRIC_NAME) continue;
    if (operator === '=' && !seen.has(name)) {
      labels.set(name, value);
      seen.add(name);
    } else labels.delete(name);
  }
  return labelsOf(labels);
}

async function absent(args: readonly Expression[], site: CallSite): Promise<Value> {
  const argument = present(args[0], 'a checked call has its arguments');
  const value = await site.context.evaluate(argument, site.context);
  invariant(value.kind === 'vector', 'the checker asks for an instant vector here');
  return absence(value.series, labelsOfSelector(unwrap(argument)), site);
}

async function absentOverTime(args: readonly Expression[], site: CallSite): Promise<Value> {
  const argument = unwrap(present(args[0], 'a checked call has its arguments'));
  invariant(
    argument.kind === 'range' || argument.kind === 'subquery',
    'the checker asks for a range vector here',
  );
  const { context } = site;
  const vector =
    argument.kind === 'range'
      ? await selectRange(argument, context)
      : await evaluateSubquery(argument, context);
  const columns = await mapRanges(
    vector,
    perWindow(() => 1),
    { context },
  );
  return absence(columns, labelsOfSelector(argument), site);
}

export const SHAPE_FUNCTIONS: FunctionTable = {
  label_replace: { kind: 'values', evaluate: labelReplace },
  label_join: { kind: 'values', evaluate: labelJoin },
  scalar: { kind: 'values', evaluate: scalar },
  vector: { kind: 'values', evaluate: (args) => vectorOf(plainVector(scalarArgument(args, 0))) },
  absent: { kind: 'expression', evaluate: absent },
  absent_over_time: { kind: 'expression', evaluate: absentOverTime },
};
