/** Time of a trace by operation: how often, how long in all, how long by itself. */
import type { CriticalPath } from '#dashboards/console/core/trace/critical-path.ts';
import type { TraceTree } from '#dashboards/console/core/trace/tree.ts';

export interface OperationRow {
  readonly key: string;
  readonly service: string;
  readonly operation: string;
  readonly count: number;
  readonly failed: number;
  /** Of all its spans together; calls at the same time count each. */
  readonly totalUs: number;
  readonly selfUs: number;
  /** Of the critical path, what its spans were waited for. */
  readonly pathUs: number;
}

/** Those that took most by themselves first. */
export function operationRows(
  { nodes }: Pick<TraceTree, 'nodes'>,
  path: CriticalPath,
): readonly OperationRow[] {
  const rows = new Map<string, { -readonly [K in keyof OperationRow]: OperationRow[K] }>();
  for (const { index, service, operation, failed, durationUs, selfUs } of nodes) {
    const key = `${service}\n${operation}`;
    const row = rows.get(key) ?? {
      key,
      service,
      operation,
      count: 0,
      failed: 0,
      totalUs: 0,
      selfUs: 0,
      pathUs: 0,
    };
    row.count += 1;
    if (failed) row.failed += 1;
    row.totalUs += durationUs;
    row.selfUs += selfUs;
    for (const segment of path.segments.get(index) ?? []) row.pathUs += segment.endUs - segment.startUs;
    rows.set(key, row);
  }
  return [...rows.values()].toSorted((a, b) => b.selfUs - a.selfUs || (a.key < b.key ? -1 : 1));
}

export const OPERATION_ORDERS = ['self', 'total', 'count', 'path'] as const;
export type OperationOrder = (typeof OPERATION_ORDERS)[number];

const VALUES: Readonly<Record<OperationOrder, (row: OperationRow) => number>> = {
  self: ({ selfUs }) => selfUs,
  total: ({ totalUs }) => totalUs,
  count: ({ count }) => count,
  path: ({ pathUs }) => pathUs,
};

/** Largest first; what is no order is by time of its own. */
export function sortedOperations(rows: readonly OperationRow[], order: string): readonly OperationRow[] {
  const value = VALUES[OPERATION_ORDERS.find((one) => one === order) ?? 'self'];
  return rows.toSorted((a, b) => value(b) - value(a));
}
