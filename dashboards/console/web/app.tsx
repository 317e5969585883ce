import { lazy, Suspense, type ComponentType, type ReactNode } from 'react';
import type { PageName, Route } from '#dashboards/console/core/route.ts';
import { useAddress } from '#dashboards/console/web/data/location.ts';
import { Frame } from '#dashboards/console/web/frame/frame.tsx';
import { PageError } from '#dashboards/console/web/frame/page-error.tsx';
import { UnknownPage } from '#dashboards/console/web/pages/unknown-page.tsx';

type Pages = {
  readonly [P in PageName]: ComponentType<{ readonly route: Extract<Route, { readonly page: P }> }>;
};

/** A file a page, loaded when it is first shown. */
const PAGES: Pages = {
  now: lazy(async () => ({
    default: (await import('#dashboards/console/web/pages/now/now-page.tsx')).NowPage,
  })),
  slos: lazy(async () => ({
    default: (await import('#dashboards/console/web/pages/slos/slos-page.tsx')).SlosPage,
  })),
  slo: lazy(async () => ({
    default: (await import('#dashboards/console/web/pages/slos/slo-page.tsx')).SloPage,
  })),
  incidents: lazy(async () => ({
    default: (await import('#dashboards/console/web/pages/incidents/incidents-page.tsx')).IncidentsPage,
  })),
  incident: lazy(async () => ({
    default: (await import('#dashboards/console/web/pages/incidents/incident-page.tsx')).IncidentPage,
  })),
  traces: lazy(async () => ({
    default: (await import('#dashboards/console/web/pages/traces/traces-page.tsx')).TracesPage,
  })),
  trace: lazy(async () => ({
    default: (await import('#dashboards/console/web/pages/traces/trace-page.tsx')).TracePage,
  })),
  compare: lazy(async () => ({
    default: (await import('#dashboards/console/web/pages/traces/compare-page.tsx')).ComparePage,
  })),
  logs: lazy(async () => ({
    default: (await import('#dashboards/console/web/pages/logs/logs-page.tsx')).LogsPage,
  })),
  metrics: lazy(async () => ({
    default: (await import('#dashboards/console/web/pages/metrics/metrics-page.tsx')).MetricsPage,
  })),
  pipeline: lazy(async () => ({
    default: (await import('#dashboards/console/web/pages/pipeline/pipeline-page.tsx')).PipelinePage,
  })),
  proof: lazy(async () => ({
    default: (await import('#dashboards/console/web/pages/proof/proof-page.tsx')).ProofPage,
  })),
  'proof-report': lazy(async () => ({
    default: (await import('#dashboards/console/web/pages/proof/report-page.tsx')).ReportPage,
  })),
  receiver: lazy(async () => ({
    default: (await import('#dashboards/console/web/pages/receiver/receiver-page.tsx')).ReceiverPage,
  })),
  unknown: UnknownPage,
};

export function App(): ReactNode {
  const { route } = useAddress();
  const PageOfRoute = PAGES[route.page] as ComponentType<{ readonly route: Route }>;
  return (
    <Frame route={route}>
      <PageError key={JSON.stringify(route)}>
        <Suspense fallback={<main className="page" id="page" aria-busy="true" />}>
          <PageOfRoute route={route} />
        </Suspense>
      </PageError>
    </Frame>
  );
}
