import type { ReactNode } from 'react';
import { budgetSentence, isBlind } from '#dashboards/console/core/incident/words.ts';
import { formatBurn, formatShare } from '#dashboards/console/core/numbers.ts';
import { pathOf } from '#dashboards/console/core/route.ts';
import { formatWindow } from '#dashboards/console/core/times.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import type { BurnWindow, Incident, Slo } from '#dashboards/console/web/data/own-api.ts';
import { Bar } from '#dashboards/console/web/parts/bar.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { SeriesName } from '#dashboards/console/web/parts/series-name.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';

interface HurtProps {
  readonly incident: Incident;
  readonly slo: Slo | undefined;
}

/** Which promise broke, how fast its budget burned in each window, and what was left. */
export function Hurt({ incident, slo }: HurtProps): ReactNode {
  const { evidence, sloId, startsAtMs } = incident;
  const { budgetRemainingRatio: left, callers } = evidence;
  return (
    <Panel
      title="Who is hurt"
      meaning={
        <>
          frozen when it fired, <Time ms={startsAtMs} />
        </>
      }
    >
      <p className="incident-sentence">
        <Link to={keepingRange(pathOf({ page: 'slo', id: sloId }))}>{slo?.displayName ?? sloId}</Link>
        {slo !== undefined && slo.description !== '' && <> · {slo.description}</>}
      </p>
      {isBlind(incident) ? (
        <p>Nothing came that could be judged: whether anybody was hurt is not known.</p>
      ) : (
        <Windows windows={evidence.windows} />
      )}
      <div className="incident-budget">
        <span className="label">Budget left {left === null ? '–' : formatShare(left)}</span>
        {left !== null && (
          <Bar
            ratio={left}
            color={left > 0.25 ? 'var(--ok)' : 'var(--burning)'}
            label={`Budget left: ${formatShare(left)}`}
          />
        )}
        <span className="hint">{budgetSentence(incident)}</span>
      </div>
      {callers.length > 0 && (
        <p className="incident-callers">
          <span className="label">Callers </span>
          {callers.map(({ service, calls, failed }) => (
            <span key={service} className="chip">
              <SeriesName name={service} /> {failed} of {calls} calls failed
            </span>
          ))}
        </p>
      )}
    </Panel>
  );
}

function Windows({ windows }: { readonly windows: readonly BurnWindow[] }): ReactNode {
  if (windows.length === 0) return null;
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label="Burn by window">
      <table className="incident-windows">
        <thead>
          <tr>
            <th>Windows</th>
            <th className="number">Long burn</th>
            <th className="number">Short</th>
            <th className="number">Limit</th>
            <th className="number">Bad</th>
          </tr>
        </thead>
        <tbody>
          {windows.map((window) => (
            <WindowRow key={`${window.severity}${window.longWindowMs}`} window={window} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function WindowRow({ window }: { readonly window: BurnWindow }): ReactNode {
  const { severity, longWindowMs, shortWindowMs, longBurn, shortBurn, factor, badInLongWindow, holds } =
    window;
  const glyph = severity === 'page' ? '▲' : '◆';
  return (
    <tr>
      <td className="incident-nowrap">
        <span
          className={`incident-held ${severity === 'page' ? 'state-burning' : 'state-ticket'}`}
          title={holds ? 'Both burns were above the limit' : undefined}
        >
          {holds ? glyph : ''}
        </span>
        {formatWindow(longWindowMs)} and {formatWindow(shortWindowMs)}{' '}
        <span className="hint">{severity}</span>
        {holds && <span className="visually-hidden">, held</span>}
      </td>
      <td className="number">{formatBurn(longBurn)}</td>
      <td className="number">{formatBurn(shortBurn)}</td>
      <td className="number">{formatBurn(factor)}</td>
      <td className="number">{badInLongWindow}</td>
    </tr>
  );
}
