import { useMemo, type ReactNode } from 'react';
import { formatNumber, formatShare } from '#dashboards/console/core/numbers.ts';
import type { CriticalPath } from '#dashboards/console/core/trace/critical-path.ts';
import {
  operationRows,
  sortedOperations,
  type OperationOrder,
} from '#dashboards/console/core/trace/operations.ts';
import type { TraceTree } from '#dashboards/console/core/trace/tree.ts';
import { microsText, nameText } from '#dashboards/console/core/trace/words.ts';
import { changeQuery, useParameter } from '#dashboards/console/web/data/location.ts';
import { ServiceName } from '#dashboards/console/web/pages/traces/service-name.tsx';
import { Bar } from '#dashboards/console/web/parts/bar.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';

/** Rows at once; a trace has seldom more operations. */
const ROWS_MAX = 200;
const COLUMNS: readonly { readonly order: OperationOrder; readonly name: string }[] = [
  { order: 'count', name: 'Spans' },
  { order: 'total', name: 'Total' },
  { order: 'self', name: 'By itself' },
  { order: 'path', name: 'Critical path' },
];

/** Where the time of a trace went, by operation. A row marks its spans above. */
export function Operations(props: { readonly tree: TraceTree; readonly critical: CriticalPath }): ReactNode {
  const { tree, critical } = props;
  const [sort, setSort] = useParameter('ops');
  const order = COLUMNS.find((column) => column.order === sort)?.order ?? 'self';
  const rows = useMemo(() => operationRows(tree, critical), [tree, critical]);
  const sorted = useMemo(() => sortedOperations(rows, order), [rows, order]);
  const pathUs = tree.nodes[tree.root]?.durationUs ?? 0;
  return (
    <Panel
      title="By operation"
      meaning="Total repeats what is below a span; by itself does not. A name marks its spans in the waterfall."
    >
      <div className="scroll-x" tabIndex={0} role="group" aria-label="Operations, table">
        <table className="operations">
          <OperationsHead order={order} onOrder={setSort} />
          <tbody>
            {sorted.slice(0, ROWS_MAX).map((row) => (
              <tr key={row.key}>
                <td>
                  <button
                    type="button"
                    className="plain-button"
                    onClick={() =>
                      changeQuery({ service: row.service, operation: row.operation, q: undefined })
                    }
                  >
                    <ServiceName name={row.service} /> <b>{nameText(row.operation)}</b>
                  </button>
                </td>
                <td className="number">
                  {formatNumber(row.count)}
                  {row.failed > 0 && <span className="state-burning"> ▲ {formatNumber(row.failed)}</span>}
                </td>
                <td className="number">{microsText(row.totalUs)}</td>
                <td className="number">{microsText(row.selfUs)}</td>
                <td className="number">{row.pathUs === 0 ? '–' : microsText(row.pathUs)}</td>
                <td className="share">
                  <Bar
                    ratio={row.pathUs / Math.max(1, pathUs)}
                    color="var(--text-2)"
                    label={`${formatShare(row.pathUs / Math.max(1, pathUs))} of the critical path`}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {sorted.length > ROWS_MAX && (
        <p className="hint">and {formatNumber(sorted.length - ROWS_MAX)} more operations</p>
      )}
    </Panel>
  );
}

interface OperationsHeadProps {
  readonly order: OperationOrder;
  readonly onOrder: (order: string | undefined) => void;
}

function OperationsHead({ order, onOrder }: OperationsHeadProps): ReactNode {
  return (
    <thead>
      <tr>
        <th>Operation</th>
        {COLUMNS.map((column) => (
          <th
            key={column.order}
            className="number"
            aria-sort={column.order === order ? 'descending' : undefined}
          >
            <button
              type="button"
              className="plain-button"
              onClick={() => onOrder(column.order === 'self' ? undefined : column.order)}
            >
              {column.name}
              {column.order === order ? ' ↓' : ''}
            </button>
          </th>
        ))}
        <th>
          <span className="visually-hidden">Share of the critical path</span>
        </th>
      </tr>
    </thead>
  );
}
