import { useMemo, type ReactNode } from 'react';
import { openSentence, readFilter } from '#dashboards/console/core/incident/list.ts';
import { withQuery, type Route } from '#dashboards/console/core/route.ts';
import { OWN } from '#dashboards/console/web/data/client.ts';
import { useLive } from '#dashboards/console/web/data/live.ts';
import { useAddress } from '#dashboards/console/web/data/location.ts';
import type { Incident, IncidentList } from '#dashboards/console/web/data/own-api.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import { Page } from '#dashboards/console/web/parts/page.tsx';
import { IncidentFilters } from '#dashboards/console/web/pages/incidents/incident-filters.tsx';
import { OpenIncidents } from '#dashboards/console/web/pages/incidents/open-incidents.tsx';
import { PastIncidents } from '#dashboards/console/web/pages/incidents/past-incidents.tsx';
import '#dashboards/console/web/pages/incidents/incidents.css';

const PAST_POLL_MS = 5000;
const PAST_LIMIT = 100;
const NONE: readonly Incident[] = [];

/** What burns now, the worst first, and what burned before, the newest first. */
export function IncidentsPage(_props: { readonly route: Route }): ReactNode {
  const { query } = useAddress();
  const filter = useMemo(() => readFilter(query), [query]);
  const live = useLive('incidents');
  const open = live.data?.incidents;
  const pastPath = withQuery(`${OWN}/incidents`, {
    open: 'false',
    limit: query.get('limit') ?? String(PAST_LIMIT),
    slo: filter.slo,
    service: filter.service,
  });
  const past = useJson<IncidentList>(pastPath, { everyMs: PAST_POLL_MS });
  const all = [...(open ?? NONE), ...(past.data?.incidents ?? NONE)];
  const state = query.get('state');
  return (
    <Page title="Incidents" says={openSentence(open)} staleSinceMs={live.staleSinceMs}>
      <IncidentFilters incidents={all} />
      <div className="incident-evidence">
        {state !== 'past' && <OpenIncidents open={open} error={live.error} filter={filter} />}
        {state !== 'open' && <PastIncidents past={past} path={pastPath} filter={filter} />}
      </div>
    </Page>
  );
}
