import type { ReactNode } from 'react';
import { formatNumber } from '#dashboards/console/core/numbers.ts';
import { pathOf } from '#dashboards/console/core/route.ts';
import type { PathRow, PathSide } from '#dashboards/console/core/trace/compare.ts';
import { deltaText, microsText, nameText } from '#dashboards/console/core/trace/words.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import { ServiceName } from '#dashboards/console/web/pages/traces/service-name.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';

/** Rows at once; differences beyond are too small to matter. */
const ROWS_MAX = 300;

interface CompareTableProps {
  readonly rows: readonly PathRow[];
  /** Ids of the traces. */
  readonly left: string;
  readonly right: string;
}

export function CompareTable({ rows, left, right }: CompareTableProps): ReactNode {
  const largestUs = rows.reduce((most, { selfDeltaUs }) => Math.max(most, Math.abs(selfDeltaUs)), 1);
  return (
    <>
      <div className="scroll-x" tabIndex={0} role="group" aria-label="Differences, table">
        <table className="compare-table">
          <thead>
            <tr>
              <th>Operation, and where it is called</th>
              <th className="number">Left: spans</th>
              <th className="number">by itself</th>
              <th className="number">Right: spans</th>
              <th className="number">by itself</th>
              <th className="number">Difference</th>
              <th>
                <span className="visually-hidden">Less or more</span>
              </th>
              <th className="number">with all below</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, ROWS_MAX).map((row) => (
              <tr key={row.key}>
                <td className="path">
                  <ServiceName name={row.service} /> <b>{nameText(row.operation)}</b>
                  {row.above.length > 0 && (
                    <p className="hint one-line">{row.above.map(nameText).join(' › ')}</p>
                  )}
                </td>
                <Figures side={row.left} traceId={left} />
                <Figures side={row.right} traceId={right} />
                <td className="number">
                  <b>{deltaText(row.selfDeltaUs)}</b>
                </td>
                <td className="delta">
                  <Delta ratio={row.selfDeltaUs / largestUs} />
                </td>
                <td className="number">{deltaText(row.totalDeltaUs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > ROWS_MAX && (
        <p className="hint">and {formatNumber(rows.length - ROWS_MAX)} more paths</p>
      )}
    </>
  );
}

function Figures({
  side,
  traceId,
}: {
  readonly side: PathSide | undefined;
  readonly traceId: string;
}): ReactNode {
  if (side === undefined)
    return (
      <>
        <td className="number" title="Not in this trace">
          –
        </td>
        <td className="number" title="Not in this trace">
          –
        </td>
      </>
    );
  return (
    <>
      <td className="number">
        <Link to={keepingRange(pathOf({ page: 'trace', id: traceId }), { span: side.spanId })}>
          {formatNumber(side.count)}
        </Link>
        {side.failed > 0 && <span className="state-burning"> ▲ {formatNumber(side.failed)}</span>}
      </td>
      <td className="number">{microsText(side.selfUs)}</td>
    </>
  );
}

/** Less to the left, more to the right of the middle. */
function Delta({ ratio }: { readonly ratio: number }): ReactNode {
  const width = Math.min(50, Math.abs(ratio) * 50);
  return (
    <span className="delta-track" aria-hidden="true">
      <span
        className={ratio > 0 ? 'more' : 'less'}
        style={ratio > 0 ? { left: '50%', width: `${width}%` } : { right: '50%', width: `${width}%` }}
      />
    </span>
  );
}
