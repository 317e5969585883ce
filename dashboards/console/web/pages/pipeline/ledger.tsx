import type { ReactNode } from 'react';
import { formatNumber } from '#dashboards/console/core/numbers.ts';
import {
  droppedOf,
  equation,
  reasonName,
  signalName,
} from '#dashboards/console/core/pipeline/ledger-words.ts';
import { OWN } from '#dashboards/console/web/data/client.ts';
import type { LedgerRow } from '#dashboards/console/web/data/own-api.ts';
import { Copy, CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';

/** The conservation equation of every signal to every consumer, written out. */
export function Ledger({ rows }: { readonly rows: readonly LedgerRow[] }): ReactNode {
  const signals = [...new Set(rows.map(({ signal }) => signal))];
  const isUsed = (signal: string): boolean => rows.some((row) => row.signal === signal && row.accepted > 0);
  const unused = signals.filter((signal) => !isUsed(signal));
  return (
    <Panel
      className="wide"
      title="Ledger"
      meaning="accepted = delivered + dropped + held, to the item, since the data folder was made"
      actions={
        <>
          <Copy
            text={rows.map((row) => `${row.signal} → ${row.consumer}: ${equation(row)}`).join('\n')}
            label="as text"
          />
          <CopyCurl path={`${OWN}/ledger`} />
        </>
      }
    >
      <div className="scroll-x" tabIndex={0} role="group" aria-label="Ledger">
        <table className="ledger">
          <thead>
            <tr>
              <th>Signal</th>
              <th>Consumer</th>
              <th className="number">accepted</th>
              <th className="number">= delivered</th>
              <th className="number">+ dropped</th>
              <th className="number">+ held</th>
              <th className="number">residual</th>
              <th>adds up</th>
            </tr>
          </thead>
          {signals.filter(isUsed).map((signal) => (
            <tbody key={signal}>
              {rows
                .filter((row) => row.signal === signal)
                .map((row, index, all) => (
                  <tr key={row.consumer}>
                    {index === 0 && (
                      <th scope="rowgroup" rowSpan={all.length}>
                        {signalName(signal)}
                      </th>
                    )}
                    <Line row={row} />
                  </tr>
                ))}
            </tbody>
          ))}
        </table>
      </div>
      {unused.length > 0 && (
        <p className="hint">Nothing accepted yet of: {unused.map(signalName).join(', ')}.</p>
      )}
    </Panel>
  );
}

function Line({ row }: { readonly row: LedgerRow }): ReactNode {
  const dropped = droppedOf(row);
  const reasons = Object.entries(row.dropped);
  return (
    <>
      <td className="ledger-consumer">{row.consumer}</td>
      <td className="number">{formatNumber(row.accepted)}</td>
      <td className="number">= {formatNumber(row.delivered)}</td>
      <td className="number">
        + {formatNumber(dropped)}
        {reasons.map(([reason, items]) => (
          <div key={reason} className="hint">
            {formatNumber(items)} {reasonName(reason)}
          </div>
        ))}
      </td>
      <td className="number">+ {formatNumber(row.held)}</td>
      <td className={`number ledger-residual ${row.residual === 0 ? 'none' : ''}`}>
        {formatNumber(row.residual)}
      </td>
      <td>
        {row.residual === 0 ? <StateMark state="ok" word="yes" /> : <StateMark state="burning" word="no" />}
      </td>
    </>
  );
}
