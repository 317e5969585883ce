import type { ReactNode } from 'react';
import { outcomeLook, type Row } from '#dashboards/console/core/proof/report.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { SeriesName } from '#dashboards/console/web/parts/series-name.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';

/** Every phase: what was done, what came of it, how fast, whom it blamed. */
export function PhaseTable({ rows }: { readonly rows: readonly Row[] }): ReactNode {
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label="Phases">
      <table className="proof-phases">
        <thead>
          <tr>
            <th>Phase</th>
            <th>Result</th>
            <th className="number">After policy</th>
            <th className="number">After first hurt</th>
            <th>Blamed</th>
            <th className="number">All-clear</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <PhaseRow key={row.phase.id} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function PhaseRow({ row }: { readonly row: Row }): ReactNode {
  const { phase, outcome, page, blamedRight, secondsFromPolicy, secondsFromFirstHurt } = row;
  const { state, word } = outcomeLook(outcome);
  return (
    <tr className={page === null && row.resolvedAfterSeconds === null ? 'without-page' : undefined}>
      <td>{phase.title}</td>
      <td>
        <StateMark state={state} word={word} />
        {row.falsePages.length > 0 && (
          <div className="hint">
            {row.falsePages.map(({ sloId, alertname }) => sloId || alertname).join(', ')}
          </div>
        )}
      </td>
      <td className="number">{seconds(secondsFromPolicy)}</td>
      <td className="number">{seconds(secondsFromFirstHurt)}</td>
      <td>
        {page === null ? (
          '–'
        ) : (
          <>
            {page.blamed === null ? 'nobody' : <SeriesName name={page.blamed} />}{' '}
            <span className={blamedRight === true ? 'hint' : 'state-burning'}>
              {blamedRight === true ? 'right' : `▲ it was ${phase.target ?? '?'}`}
            </span>
            <div className="hint">{page.reason}</div>
          </>
        )}
      </td>
      <td className="number">{seconds(row.resolvedAfterSeconds)}</td>
    </tr>
  );
}

function seconds(value: number | null): string {
  return value === null ? '–' : formatDuration(value * 1000);
}
