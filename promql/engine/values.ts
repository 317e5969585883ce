/**
 * Values as the evaluator computes them: column-wise. A vector is a list of
 * series, each with one value for every step of the grid, so that an operator
 * looks at labels once a series and not once a step.
 */
import type { Labels } from '#signals/matchers.ts';
import { labelsKey } from '#promql/labels.ts';
import { executionError } from '#promql/syntax/position.ts';

/** The evaluation times `startMs + k · stepMs`, `k < count`. */
export interface Grid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

/** One series over a grid. Where `present` is 0 there is no sample and the value means nothing. */
export interface Column {
  readonly labels: Labels;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

export interface VectorValue {
  readonly kind: 'vector';
  readonly series: readonly Column[];
}
export interface ScalarValue {
  readonly kind: 'scalar';
  readonly values: Float64Array;
}
export interface StringValue {
  readonly kind: 'string';
  readonly value: string;
}
export type Value = VectorValue | ScalarValue | StringValue;

/** Samples without staleness markers, sorted by time. */
export interface Samples {
  readonly labels: Labels;
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
}

/** A range vector: window `k` is `(lastMs − rangeMs, lastMs]` with `lastMs = firstEndMs + k · endStepMs`. */
export interface RangeVector {
  readonly series: readonly Samples[];
  readonly rangeMs: number;
  readonly firstEndMs: number;
  /** 0 when pinned by `@`: every step sees the same window. */
  readonly endStepMs: number;
}

export function emptyColumn(labels: Labels, count: number): Column {
  return { labels, values: new Float64Array(count), present: new Uint8Array(count) };
}

export function vectorOf(series: readonly Column[]): VectorValue {
  return { kind: 'vector', series };
}

export function setStep(column: Column, step: number, value: number): void {
  column.values[step] = value;
  column.present[step] = 1;
}

/** Whether any step has a sample. */
export function isEmpty(column: Column): boolean {
  return column.present.indexOf(1) < 0;
}

/** The same samples under other labels. */
export function relabel(column: Column, labels: Labels): Column {
  return { labels, values: column.values, present: column.present };
}

const SAME_LABELS = 'vector cannot contain metrics with the same labelset';

/**
 * Joins series whose labels have become equal. They may follow each other in
 * time; at one step there must be no two.
 *
 * @throws CodedError `PLIM_PROMQL_EXECUTION`
 */
export function joinEqualLabels(series: readonly Column[]): readonly Column[] {
  const byKey = new Map<string, Column>();
  for (const column of series) {
    const key = labelsKey(column.labels);
    const other = byKey.get(key);
    byKey.set(key, other === undefined ? column : join(other, column));
  }
  return byKey.size === series.length ? series : [...byKey.values()];
}

function join(left: Column, right: Column): Column {
  const joined: Column = {
    labels: left.labels,
    values: left.values.slice(),
    present: left.present.slice(),
  };
  for (let step = 0; step < right.present.length; step += 1) {
    if (right.present[step] === 0) continue;
    if (joined.present[step] === 1) throw executionError(SAME_LABELS);
    setStep(joined, step, right.values[step] ?? NaN);
  }
  return joined;
}

/** Range functions and unary minus refuse equal labels even at different steps. */
export function refuseEqualLabels<Labelled extends { readonly labels: Labels }>(
  series: readonly Labelled[],
): readonly Labelled[] {
  const keys = new Set(series.map(({ labels }) => labelsKey(labels)));
  if (keys.size < series.length) throw executionError(SAME_LABELS);
  return series;
}

/** Steps at which any of the series has a sample. */
export function anyPresent(series: readonly Column[], count: number): Uint8Array {
  const any = new Uint8Array(count);
  for (const { present } of series) {
    for (let step = 0; step < count; step += 1) if (present[step] === 1) any[step] = 1;
  }
  return any;
}
