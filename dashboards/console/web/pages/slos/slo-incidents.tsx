import type { ReactNode } from 'react';
import { pathOf } from '#dashboards/console/core/route.ts';
import { withQuery } from '#dashboards/console/core/route.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { OWN } from '#dashboards/console/web/data/client.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import type { Incident, IncidentList, Slo } from '#dashboards/console/web/data/own-api.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';

const SHOWN = 8;
const EVERY_MS = 5000;

/** Incidents of this SLO: open ones first, then the latest. */
export function SloIncidents({ slo }: { readonly slo: Slo }): ReactNode {
  const path = withQuery(`${OWN}/incidents`, { slo: slo.id, limit: '100' });
  const { data, loading, error } = useJson<IncidentList>(path, { everyMs: EVERY_MS });
  const incidents = (data?.incidents ?? []).toSorted(
    (a, b) => Number(b.state === 'firing') - Number(a.state === 'firing') || b.startsAtMs - a.startsAtMs,
  );
  const more = incidents.length - SHOWN;
  const all = keepingRange(pathOf({ page: 'incidents' }), { slo: slo.id });
  return (
    <Panel
      title="Incidents"
      loading={loading && data === undefined}
      error={error}
      actions={<CopyCurl path={path} />}
    >
      <ul className="incident-list" data-rows>
        {incidents.slice(0, SHOWN).map((incident) => (
          <IncidentItem key={incident.id} incident={incident} />
        ))}
      </ul>
      {data !== undefined && incidents.length === 0 && <p className="label">None so far.</p>}
      {more > 0 && <Link to={all}>{more} more</Link>}
    </Panel>
  );
}

function IncidentItem({ incident }: { readonly incident: Incident }): ReactNode {
  const { id, state, severity, startsAtMs, endsAtMs, evidence } = incident;
  const open = state === 'firing';
  const [suspect] = evidence.suspects;
  return (
    <li>
      <StateMark
        state={open ? (severity === 'page' ? 'burning' : 'ticket') : 'idle'}
        word={open ? severity : 'resolved'}
      />{' '}
      <Link to={keepingRange(pathOf({ page: 'incident', id }))}>
        <Time ms={startsAtMs} />
      </Link>{' '}
      <span className="hint">
        {endsAtMs === null ? 'open' : `for ${formatDuration(endsAtMs - startsAtMs)}`}
      </span>
      {suspect !== undefined && <div className="label">suspect: {suspect.service}</div>}
    </li>
  );
}
