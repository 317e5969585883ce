import type { ReactNode } from 'react';
import { wholeRange } from '#dashboards/console/core/incident/around.ts';
import { nameOf } from '#dashboards/console/core/incident/words.ts';
import { pathOf, type Route } from '#dashboards/console/core/route.ts';
import { OWN } from '#dashboards/console/web/data/client.ts';
import { useLive } from '#dashboards/console/web/data/live.ts';
import { keepingRange, useParameter } from '#dashboards/console/web/data/location.ts';
import type { Incident } from '#dashboards/console/web/data/own-api.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import { Copy, CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Failure } from '#dashboards/console/web/parts/failure.tsx';
import { GrafanaLink } from '#dashboards/console/web/parts/grafana-link.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Page } from '#dashboards/console/web/parts/page.tsx';
import { Changes } from '#dashboards/console/web/pages/incidents/changes.tsx';
import { FirstLook } from '#dashboards/console/web/pages/incidents/first-look.tsx';
import { Hurt } from '#dashboards/console/web/pages/incidents/hurt.tsx';
import { Patterns } from '#dashboards/console/web/pages/incidents/patterns.tsx';
import { Suspects } from '#dashboards/console/web/pages/incidents/suspects.tsx';
import { Timeline } from '#dashboards/console/web/pages/incidents/timeline.tsx';
import { Traces } from '#dashboards/console/web/pages/incidents/traces.tsx';
import { useFailingTraces } from '#dashboards/console/web/pages/incidents/use-failing-traces.ts';
import { useKeptEvidence } from '#dashboards/console/web/pages/incidents/use-kept-evidence.ts';
import '#dashboards/console/web/pages/incidents/incidents.css';

/** Somebody may acknowledge it elsewhere at any moment. */
const POLL_MS = 2000;

type IncidentRoute = Extract<Route, { readonly page: 'incident' }>;

/** One incident: the way to its cause first, then what happened and what was true when it fired. */
export function IncidentPage({ route }: { readonly route: IncidentRoute }): ReactNode {
  const path = `${OWN}/incidents/${encodeURIComponent(route.id)}`;
  const { data: incident, error, staleSinceMs, reload } = useJson<Incident>(path, { everyMs: POLL_MS });
  const [traces] = useParameter('traces');
  const kept = useKeptEvidence(route.id);
  const failing = useFailingTraces(incident, traces === 'all');
  const slos = useLive('slos').data?.slos;
  const slo = slos?.find(({ id }) => id === incident?.sloId);
  if (incident === undefined) {
    return (
      <Page title="Incident" says={error === undefined ? 'Loading…' : undefined}>
        {error !== undefined && <NotThere status={error.status}>{<Failure error={error} />}</NotThere>}
      </Page>
    );
  }
  return (
    <Page
      title={nameOf(incident, slo)}
      says={
        <>
          <Link to={keepingRange(pathOf({ page: 'incidents' }))}>Incidents</Link> · {incident.sloId} ·{' '}
          {incident.severity}
        </>
      }
      staleSinceMs={staleSinceMs}
      actions={
        <>
          <GrafanaLink
            subject={{ board: 'slo', slo: incident.sloId, service: incident.service }}
            range={wholeRange(incident)}
          />
          <Copy text={incident.id} label="id" />
          <CopyCurl path={path} />
        </>
      }
    >
      <div className="grid">
        <div className="wide">
          <FirstLook incident={incident} slo={slo} failing={failing} onChanged={reload} />
        </div>
        <div className="side">
          <Timeline incident={incident} />
        </div>
        <div className="main incident-evidence">
          <Hurt incident={incident} slo={slo} />
          <Suspects incident={incident} />
          <Traces failing={failing} suspect={incident.evidence.suspects[0]?.service} kept={kept} />
          <Patterns incident={incident} kept={kept} />
          <Changes incident={incident} kept={kept} />
        </div>
      </div>
    </Page>
  );
}

function NotThere({
  status,
  children,
}: {
  readonly status: number;
  readonly children: ReactNode;
}): ReactNode {
  if (status !== 404) return children;
  return (
    <Empty>
      <p>There is no incident with this id. Those that ended long ago are forgotten.</p>
      <p>
        <Link to={pathOf({ page: 'incidents' })}>All incidents</Link>
      </p>
    </Empty>
  );
}
