/** `and`, `or`, `unless`: whether a series is there, never what its value is. */
import type { SetOperator, VectorMatching } from '#promql/syntax/ast.ts';
import type { EvaluationContext } from '#promql/engine/context.ts';
import { bySignature, signatureOf, type Sides } from '#promql/engine/match.ts';
import { anyPresent, isEmpty, joinEqualLabels, type Column } from '#promql/engine/values.ts';

export function combineSets(
  { left, right }: Sides,
  { operator, matching }: { readonly operator: SetOperator; readonly matching: VectorMatching },
  { grid, budget }: EvaluationContext,
): readonly Column[] {
  budget.countPoints((left.length + right.length) * grid.count);
  switch (operator) {
    case 'and':
      return keep(left, { other: right, matching, count: grid.count, wanted: 1 });
    case 'unless':
      return keep(left, { other: right, matching, count: grid.count, wanted: 0 });
    case 'or': {
      const added = keep(right, { other: left, matching, count: grid.count, wanted: 0 });
      return joinEqualLabels([...left, ...added]);
    }
  }
}

interface Condition {
  readonly other: readonly Column[];
  readonly matching: VectorMatching;
  readonly count: number;
  /** 1: keep where the other side has the signature; 0: where it has not. */
  readonly wanted: 0 | 1;
}

function keep(series: readonly Column[], { other, matching, count, wanted }: Condition): readonly Column[] {
  const signature = signatureOf(matching);
  const there = new Map<string, Uint8Array>();
  for (const [key, columns] of bySignature(other, matching)) there.set(key, anyPresent(columns, count));
  const nowhere = new Uint8Array(count);
  return series
    .map(({ labels, values, present }): Column => {
      const met = there.get(signature(labels)) ?? nowhere;
      return { labels, values, present: present.map((flag, step) => (met[step] === wanted ? flag : 0)) };
    })
    .filter((column) => !isEmpty(column));
}
