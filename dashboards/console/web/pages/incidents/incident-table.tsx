import type { ReactNode } from 'react';
import {
  markOfIncident,
  nameOf,
  reasonOf,
  sinceMs,
  whatOf,
} from '#dashboards/console/core/incident/words.ts';
import { pathOf } from '#dashboards/console/core/route.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { useLive } from '#dashboards/console/web/data/live.ts';
import type { Incident } from '#dashboards/console/web/data/own-api.ts';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { SeriesName } from '#dashboards/console/web/parts/series-name.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';
import { Ago, Time } from '#dashboards/console/web/parts/time.tsx';

/** Incidents as rows: state, what, since when, who has it, who did it. */
export function IncidentTable({ incidents }: { readonly incidents: readonly Incident[] }): ReactNode {
  const slos = useLive('slos').data?.slos;
  if (incidents.length === 0) return null;
  return (
    <table className="incident-table">
      <thead>
        <tr>
          <th>State</th>
          <th>What</th>
          <th>Since</th>
          <th>Has it</th>
          <th>First suspect</th>
        </tr>
      </thead>
      <tbody>
        {incidents.map((incident) => (
          <tr key={incident.id}>
            <td>
              <StateMark
                state={markOfIncident(incident)}
                word={incident.state === 'resolved' ? 'resolved' : whatOf(incident)}
              />
            </td>
            <td>
              <Link to={pathOf({ page: 'incident', id: incident.id })}>
                {nameOf(
                  incident,
                  slos?.find(({ id }) => id === incident.sloId),
                )}
              </Link>{' '}
              <span className="hint">
                {incident.state === 'resolved' ? `${whatOf(incident)}, ` : ''}
                {incident.severity}
              </span>
            </td>
            <td>
              <When incident={incident} />
            </td>
            <td>{incident.acknowledgedBy ?? <span className="hint">nobody</span>}</td>
            <td>
              <FirstSuspect incident={incident} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function When({ incident }: { readonly incident: Incident }): ReactNode {
  const began = sinceMs(incident);
  return (
    <>
      <Time ms={began} />{' '}
      <span className="hint">
        {incident.endsAtMs === null ? <Ago ms={began} /> : `for ${formatDuration(incident.endsAtMs - began)}`}
      </span>
    </>
  );
}

function FirstSuspect({ incident }: { readonly incident: Incident }): ReactNode {
  const [suspect] = incident.evidence.suspects;
  if (suspect === undefined) return <span className="hint">none stands out</span>;
  return (
    <>
      <SeriesName name={suspect.service} /> <span className="hint">{reasonOf(suspect)}</span>
    </>
  );
}
