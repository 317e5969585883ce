import type { ReactNode } from 'react';
import { budgetSentence } from '#dashboards/console/core/incident/words.ts';
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
      <p>
        <Link to={keepingRange(pathOf({ page: 'slo', id: sloId }))}>{slo?.displayName ?? sloId}</Link>
        {slo !== undefined && slo.description !== '' && <> · {slo.description}</>}
      </p>
      {evidence.windows.length > 0 && (
        <div className="scroll-x">
          <table>
            <thead>
              <tr>
                <th>Windows</th>
                <th className="number">Burn long</th>
                <th className="number">short</th>
                <th className="number">Limit</th>
                <th className="number">Bad</th>
                <th>Held</th>
              </tr>
            </thead>
            <tbody>
              {evidence.windows.map((window) => (
                <WindowRow key={`${window.severity}${window.longWindowMs}`} window={window} />
              ))}
            </tbody>
          </table>
        </div>
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

function WindowRow({ window }: { readonly window: BurnWindow }): ReactNode {
  const { severity, longWindowMs, shortWindowMs, longBurn, shortBurn, factor, badInLongWindow, holds } =
    window;
  return (
    <tr>
      <td className="incident-nowrap">
        {formatWindow(longWindowMs)} and {formatWindow(shortWindowMs)}{' '}
        <span className="hint">{severity}</span>
      </td>
      <td className="number">{formatBurn(longBurn)}</td>
      <td className="number">{formatBurn(shortBurn)}</td>
      <td className="number">{formatBurn(factor)}</td>
      <td className="number">{badInLongWindow}</td>
      <td>
        {holds ? (
          <span className={severity === 'page' ? 'state-burning' : 'state-ticket'}>
            {severity === 'page' ? '▲' : '◆'} yes
          </span>
        ) : (
          <span className="hint">no</span>
        )}
      </td>
    </tr>
  );
}
