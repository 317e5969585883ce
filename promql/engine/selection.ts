/** Selectors over the grid: one read of the source for all steps. */
import type { Series } from '#promql/ports.ts';
import type { At, RangeSelector, Selector, SpannedDuration } from '#promql/syntax/ast.ts';
import { labelsKey } from '#promql/labels.ts';
import { evaluateDuration } from '#promql/syntax/durations.ts';
import { parseError, unsupported } from '#promql/syntax/position.ts';
import { gridEndMs, type EvaluationContext } from '#promql/engine/context.ts';
import {
  emptyColumn,
  isEmpty,
  setStep,
  type Column,
  type RangeVector,
  type Samples,
} from '#promql/engine/values.ts';

/** Where the steps look: `firstMs + k · stepMs`. A step of 0 means pinned by `@`. */
export interface References {
  readonly firstMs: number;
  readonly stepMs: number;
  readonly lastMs: number;
}

/** The times an `@` and an `offset` make of the grid. */
export function referencesOf(
  { at, offset }: { readonly at: At | undefined; readonly offset: SpannedDuration | undefined },
  context: EvaluationContext,
): References {
  const offsetMs = offset === undefined ? 0 : durationMs(offset, context);
  if (at === undefined) {
    const { startMs, stepMs } = context.grid;
    return { firstMs: startMs - offsetMs, stepMs, lastMs: gridEndMs(context.grid) - offsetMs };
  }
  const pinnedMs = atMs(at, context) - offsetMs;
  return { firstMs: pinnedMs, stepMs: 0, lastMs: pinnedMs };
}

function atMs(at: At, { bounds }: EvaluationContext): number {
  switch (at.kind) {
    case 'time':
      return at.timeMs;
    case 'start':
      return bounds.startMs;
    case 'end':
      return bounds.endMs;
  }
}

/** Milliseconds of a duration in this query. @throws CodedError `PLIM_PROMQL` when out of range */
export function durationMs(spanned: SpannedDuration, { bounds, text }: EvaluationContext): number {
  const result = evaluateDuration(spanned.duration, {
    stepMs: bounds.stepMs,
    rangeMs: bounds.endMs - bounds.startMs,
  });
  if (result === undefined) throw parseError(text, spanned.start, 'duration out of range');
  return result;
}

async function select(
  selector: Selector,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
  context: EvaluationContext,
): Promise<readonly Series[]> {
  const { source, budget, text } = context;
  if (selector.edges !== undefined) {
    throw unsupported(text, selector.start, `the modifier "${selector.edges}"`);
  }
  budget.check();
  const signal = budget.signal === undefined ? {} : { signal: budget.signal };
  const found = await source.select({ matchers: selector.matchers, startMs, endMs, ...signal });
  let samples = 0;
  for (const series of found) samples += series.timesMs.length;
  budget.countSelected(found.length, samples);
  await budget.pause();
  return inFixedOrder(found);
}

/** Sources answer in any order; results must not depend on it. */
function inFixedOrder(found: readonly Series[]): readonly Series[] {
  const keyed = found.map((series) => ({ series, key: labelsKey(series.labels) }));
  keyed.sort((left, right) => (left.key < right.key ? -1 : Number(left.key > right.key)));
  return keyed.map(({ series }) => series);
}

/** An instant selector: its newest sample within the lookback at every step. */
export async function selectInstant(
  selector: Selector,
  context: EvaluationContext,
  what: 'value' | 'time' = 'value',
): Promise<readonly Column[]> {
  const references = referencesOf(selector, context);
  const { lookbackMs, budget, grid } = context;
  const range = { startMs: references.firstMs - lookbackMs + 1, endMs: references.lastMs };
  const columns: Column[] = [];
  for (const series of await select(selector, range, context)) {
    budget.countPoints(grid.count);
    const column = emptyColumn(series.labels, grid.count);
    fillInstant(series, column, { references, lookbackMs, what });
    if (!isEmpty(column)) columns.push(column);
    if (budget.spend(series.timesMs.length + grid.count)) await budget.pause();
  }
  return columns;
}

interface InstantLook {
  readonly references: References;
  readonly lookbackMs: number;
  readonly what: 'value' | 'time';
}

function fillInstant(series: Series, column: Column, { references, lookbackMs, what }: InstantLook): void {
  const { timesMs, values, stale } = series;
  const { firstMs, stepMs } = references;
  const last = timesMs.length - 1;
  let index = -1;
  for (let step = 0; step < column.values.length; step += 1) {
    const referenceMs = firstMs + step * stepMs;
    while (index < last && (timesMs[index + 1] ?? Infinity) <= referenceMs) index += 1;
    if (index < 0) continue;
    const timeMs = timesMs[index] ?? NaN;
    if (timeMs <= referenceMs - lookbackMs || stale?.[index] === 1) continue;
    setStep(column, step, what === 'value' ? (values[index] ?? NaN) : timeMs / 1000);
  }
}

/** A range selector: the samples, and where each step's window lies. */
export async function selectRange(
  { selector, range }: RangeSelector,
  context: EvaluationContext,
): Promise<RangeVector> {
  const rangeMs = durationMs(range, context);
  if (rangeMs < 0) throw parseError(context.text, range.start, 'duration must be greater than 0');
  const references = referencesOf(selector, context);
  const bounds = { startMs: references.firstMs - rangeMs + 1, endMs: references.lastMs };
  const found = rangeMs === 0 ? [] : await select(selector, bounds, context);
  return {
    series: found.map(withoutMarkers),
    rangeMs,
    firstEndMs: references.firstMs,
    endStepMs: references.stepMs,
  };
}

function withoutMarkers({ labels, timesMs, values, stale }: Series): Samples {
  if (stale === undefined) return { labels, timesMs, values };
  const keep = (_: number, index: number): boolean => stale[index] === 0;
  return { labels, timesMs: timesMs.filter(keep), values: values.filter(keep) };
}
