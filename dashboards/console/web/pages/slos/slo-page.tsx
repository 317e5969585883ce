import { useMemo, type ReactNode } from 'react';
import { metricsTarget, tracesTarget } from '#dashboards/console/core/links.ts';
import { formatShare } from '#dashboards/console/core/numbers.ts';
import { ofService } from '#dashboards/console/core/now/queries.ts';
import { pathOf, type Route } from '#dashboards/console/core/route.ts';
import { sloSentence } from '#dashboards/console/core/slos/slo-words.ts';
import { useLive } from '#dashboards/console/web/data/live.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import { useNow } from '#dashboards/console/web/data/now.ts';
import type { Slo } from '#dashboards/console/web/data/own-api.ts';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { GrafanaLink } from '#dashboards/console/web/parts/grafana-link.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Page } from '#dashboards/console/web/parts/page.tsx';
import { markOf, StateMark } from '#dashboards/console/web/parts/state-mark.tsx';
import { BudgetPanel } from '#dashboards/console/web/pages/slos/budget-panel.tsx';
import { BurnPanel } from '#dashboards/console/web/pages/slos/burn-panel.tsx';
import { Definition } from '#dashboards/console/web/pages/slos/definition.tsx';
import { DifferencesPanel } from '#dashboards/console/web/pages/slos/differences-panel.tsx';
import { EventsPanel } from '#dashboards/console/web/pages/slos/events-panel.tsx';
import { ExamplesPanel } from '#dashboards/console/web/pages/slos/examples-panel.tsx';
import { OpenIncident } from '#dashboards/console/web/pages/slos/open-incident.tsx';
import { SloIncidents } from '#dashboards/console/web/pages/slos/slo-incidents.tsx';
import { useHistory } from '#dashboards/console/web/pages/slos/use-history.ts';
import { useSides } from '#dashboards/console/web/pages/slos/use-sides.ts';
import '#dashboards/console/web/pages/slos/slos.css';

type SloRoute = Extract<Route, { readonly page: 'slo' }>;

/** One SLO: how it stands, how it came so, and what the bad events have in common. */
export function SloPage({ route }: { readonly route: SloRoute }): ReactNode {
  const live = useLive('slos');
  const slo = live.data?.slos.find(({ id }) => id === route.id);
  if (slo === undefined)
    return (
      <Page title={route.id} staleSinceMs={live.staleSinceMs}>
        {live.data !== undefined && (
          <Empty>
            There is no SLO {route.id}. Its file may have been changed:{' '}
            <Link to={keepingRange(pathOf({ page: 'slos' }))}>all SLOs</Link>.
          </Empty>
        )}
        {live.error !== undefined && <p className="failure">{live.error.message}</p>}
      </Page>
    );
  return <SloDetail slo={slo} staleSinceMs={live.staleSinceMs} />;
}

function SloDetail({
  slo,
  staleSinceMs,
}: {
  readonly slo: Slo;
  readonly staleSinceMs: number | undefined;
}): ReactNode {
  const now = useNow();
  const history = useHistory(slo);
  const sides = useSides(slo);
  const says = useMemo(
    () => (
      <>
        <StateMark state={markOf(slo)} /> {sloSentence(slo, now)}
      </>
    ),
    [slo, now],
  );
  return (
    <Page title={slo.displayName} says={says} staleSinceMs={staleSinceMs} actions={<Ways slo={slo} />}>
      <div className="grid">
        <OpenIncident slo={slo} sides={sides} />
        <div className="main stack">
          <BudgetPanel slo={slo} history={history} />
          <EventsPanel slo={slo} history={history} />
          <DifferencesPanel sides={sides} />
        </div>
        <div className="side stack">
          <BurnPanel slo={slo} />
          <SloIncidents slo={slo} />
          <ExamplesPanel slo={slo} sides={sides} />
        </div>
        <Definition slo={slo} />
      </div>
    </Page>
  );
}

/** Where the items behind the figures are. */
function Ways({ slo }: { readonly slo: Slo }): ReactNode {
  const failing = tracesTarget(
    slo.service,
    slo.indicator === 'latency' ? { minDuration: `${slo.thresholdMs ?? 0}ms` } : { errors: true },
  );
  const rate = metricsTarget(ofService('errors', slo.service, 60_000));
  return (
    <>
      <span className="hint">
        {slo.service} · {formatShare(slo.objective)}
      </span>
      <Link to={keepingRange(failing.path, failing.query)}>
        {slo.indicator === 'latency' ? 'slow traces' : 'failing traces'}
      </Link>
      <Link to={keepingRange(rate.path, rate.query)}>metrics</Link>
      <GrafanaLink subject={{ board: 'slo', slo: slo.id, service: slo.service }} />
    </>
  );
}
