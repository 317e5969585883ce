/** Operators between two vectors: which series meet, and what they make. */
import type { Binary, VectorMatching } from '#promql/syntax/ast.ts';
import {
  dropLabels,
  dropMetricName,
  formatLabels,
  keepLabels,
  keyOf,
  keyWithout,
  labelOf,
  labelsKey,
  labelsOf,
  METRIC_NAME,
} from '#promql/labels.ts';
import type { Labels } from '#signals/matchers.ts';
import { executionError } from '#promql/syntax/position.ts';
import type { EvaluationContext } from '#promql/engine/context.ts';
import { combineWith, dropsName, type Combine, type NumberOperator } from '#promql/engine/operators.ts';
import { anyPresent, emptyColumn, isEmpty, setStep, type Column } from '#promql/engine/values.ts';

/** The key that two series must share to meet. */
export function signatureOf(matching: VectorMatching): (labels: Labels) => string {
  if (matching.on) return (labels) => keyOf(labels, matching.labels);
  const ignored = new Set([...matching.labels, METRIC_NAME]);
  return (labels) => keyWithout(labels, ignored);
}

export function bySignature(
  series: readonly Column[],
  matching: VectorMatching,
): ReadonlyMap<string, readonly Column[]> {
  const signature = signatureOf(matching);
  const groups = new Map<string, Column[]>();
  for (const column of series) {
    const key = signature(column.labels);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [column]);
    else group.push(column);
  }
  return groups;
}

export interface Sides {
  readonly left: readonly Column[];
  readonly right: readonly Column[];
}

/**
 * Arithmetic and comparisons between two vectors.
 *
 * @throws CodedError `PLIM_PROMQL_EXECUTION` when at some step more than one
 *   series stands where the matching allows one
 */
export async function matchVectors(
  { left, right }: Sides,
  binary: Binary & { readonly operator: NumberOperator },
  context: EvaluationContext,
): Promise<readonly Column[]> {
  const { matching } = binary;
  const swapped = matching.cardinality === 'one-to-many';
  const many = bySignature(swapped ? right : left, matching);
  const one = bySignature(swapped ? left : right, matching);
  refuseDuplicates(one, {
    matching,
    side: swapped ? 'left' : 'right',
    active: bothPresent({ left, right }, context),
  });
  const matched = new Matched(binary, context.grid.count);
  for (const [key, manySeries] of many) {
    const ones = one.get(key) ?? [];
    context.budget.countPoints(manySeries.length * ones.length * context.grid.count);
    matched.startGroup();
    for (const manyColumn of manySeries) {
      for (const oneColumn of ones) {
        matched.add(manyColumn, oneColumn);
        if (context.budget.spend(context.grid.count)) await context.budget.pause();
      }
    }
  }
  return matched.columns();
}

function bothPresent({ left, right }: Sides, { grid }: EvaluationContext): Uint8Array {
  const inRight = anyPresent(right, grid.count);
  return anyPresent(left, grid.count).map((present, step) => present & (inRight[step] ?? 0));
}

interface OneSide {
  readonly matching: VectorMatching;
  readonly side: 'left' | 'right';
  /** Steps at which both operands have samples at all; at others nothing is matched. */
  readonly active: Uint8Array;
}

function refuseDuplicates(
  groups: ReadonlyMap<string, readonly Column[]>,
  { matching, side, active }: OneSide,
): void {
  for (const series of groups.values()) {
    if (series.length < 2) continue;
    for (let step = 0; step < active.length; step += 1) {
      if (active[step] === 0) continue;
      const [first, second] = series.filter(({ present }) => present[step] === 1);
      if (first === undefined || second === undefined) continue;
      const group = formatLabels(matchedLabels(first.labels, matching));
      throw executionError(
        `found duplicate series for the match group ${group} on the ${side} hand-side of the operation: ` +
          `[${formatLabels(second.labels)}, ${formatLabels(first.labels)}];` +
          'many-to-many matching not allowed: matching labels must be unique on one side',
      );
    }
  }
}

function matchedLabels(labels: Labels, matching: VectorMatching): Labels {
  if (matching.on) return keepLabels(labels, matching.labels);
  return dropLabels(labels, new Set([...matching.labels, METRIC_NAME]));
}

const MANY_TO_ONE =
  'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)';
const NOT_UNIQUE = 'multiple matches for labels: grouping labels must ensure unique matches';
const SAME_LABELS = 'vector cannot contain metrics with the same labelset';

/** Collects the results, and sees to it that no two share labels at one step. */
class Matched {
  readonly #binary: Binary & { readonly operator: NumberOperator };
  readonly #combine: Combine;
  readonly #count: number;
  readonly #byLabels = new Map<string, { readonly column: Column; group: number }>();
  #group = 0;
  /** Steps at which this one-to-one group already has its match. */
  #taken: Uint8Array;

  constructor(binary: Binary & { readonly operator: NumberOperator }, count: number) {
    this.#binary = binary;
    this.#combine = combineWith(binary.operator, binary.bool);
    this.#count = count;
    this.#taken = new Uint8Array(count);
  }

  startGroup(): void {
    this.#group += 1;
    if (this.#isOneToOne) this.#taken = new Uint8Array(this.#count);
  }

  get #isOneToOne(): boolean {
    return this.#binary.matching.cardinality === 'one-to-one';
  }

  add(many: Column, one: Column): void {
    const swapped = this.#binary.matching.cardinality === 'one-to-many';
    const left = swapped ? one : many;
    const right = swapped ? many : one;
    let target: { readonly column: Column; group: number } | undefined;
    for (let step = 0; step < this.#count; step += 1) {
      if (many.present[step] === 0 || one.present[step] === 0) continue;
      const leftValue = left.values[step] ?? NaN;
      const value = this.#combine(leftValue, right.values[step] ?? NaN, leftValue);
      if (value === undefined) continue;
      target ??= this.#target(many.labels, one.labels);
      this.#claim(target, step);
      setStep(target.column, step, value);
    }
  }

  #claim(target: { readonly column: Column; readonly group: number }, step: number): void {
    if (this.#isOneToOne) {
      if (this.#taken[step] === 1) throw executionError(MANY_TO_ONE);
      this.#taken[step] = 1;
    }
    if (target.column.present[step] === 1) {
      throw executionError(target.group === this.#group ? NOT_UNIQUE : SAME_LABELS);
    }
  }

  #target(many: Labels, one: Labels): { readonly column: Column; group: number } {
    const labels = this.#resultLabels(many, one);
    const key = labelsKey(labels);
    let target = this.#byLabels.get(key);
    if (target === undefined) {
      target = { column: emptyColumn(labels, this.#count), group: this.#group };
      this.#byLabels.set(key, target);
    }
    return target;
  }

  #resultLabels(many: Labels, one: Labels): Labels {
    const { operator, bool, matching } = this.#binary;
    let labels = dropsName(operator, bool) ? dropMetricName(many) : many;
    if (matching.cardinality === 'one-to-one') {
      labels = matching.on
        ? keepLabels(labels, matching.labels)
        : dropLabels(labels, new Set(matching.labels));
    }
    if (matching.include.length === 0) return labels;
    const taken = matching.include.map((name): [string, string] => [name, labelOf(one, name)]);
    return labelsOf([...Object.entries(dropLabels(labels, new Set(matching.include))), ...taken]);
  }

  columns(): readonly Column[] {
    return [...this.#byLabels.values()].map(({ column }) => column).filter((column) => !isEmpty(column));
  }
}
