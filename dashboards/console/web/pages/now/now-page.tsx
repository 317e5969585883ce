import { useMemo, type ReactNode } from 'react';
import { byWorry, needsAttention } from '#dashboards/console/core/slos/slo-words.ts';
import { useLive } from '#dashboards/console/web/data/live.ts';
import type { Slo } from '#dashboards/console/web/data/own-api.ts';
import { GrafanaLink } from '#dashboards/console/web/parts/grafana-link.tsx';
import { Page } from '#dashboards/console/web/parts/page.tsx';
import { Burns } from '#dashboards/console/web/pages/now/burns.tsx';
import { ChangesPanel } from '#dashboards/console/web/pages/now/changes-panel.tsx';
import { FirstSteps } from '#dashboards/console/web/pages/now/first-steps.tsx';
import { MapPanel } from '#dashboards/console/web/pages/now/map-panel.tsx';
import { Strips } from '#dashboards/console/web/pages/now/strips.tsx';
import { useNowFigures, type NowFigures } from '#dashboards/console/web/pages/now/use-now.ts';
import '#dashboards/console/web/pages/now/now.css';

/** Who calls whom and how it goes, what burns, what changed. */
export function NowPage(): ReactNode {
  const figures = useNowFigures();
  const live = useLive('slos');
  const slos = useMemo(() => byWorry(live.data?.slos ?? []), [live.data]);
  const nothing = figures.ready && figures.services.length === 0 && figures.calls.length === 0;
  return (
    <Page
      title="Now"
      says={sentence(figures, slos, live.data !== undefined)}
      staleSinceMs={live.staleSinceMs ?? figures.staleSinceMs}
      services={figures.services.map(({ name }) => name)}
      actions={<GrafanaLink subject={{ board: 'fleet' }} />}
    >
      <div className="grid">
        {nothing ? <FirstSteps /> : <MapPanel figures={figures} slos={slos} />}
        <div className="side now-side">
          <Burns slos={slos} waiting={live.data === undefined} error={live.error} />
          <ChangesPanel />
        </div>
        {figures.services.length > 0 && <Strips figures={figures} slos={slos} />}
      </div>
    </Page>
  );
}

function sentence({ services, ready }: NowFigures, slos: readonly Slo[], told: boolean): string {
  if (!told && !ready) return 'Asking for services and SLOs.';
  if (ready && services.length === 0 && slos.length === 0) return 'Nothing has arrived in this time range.';
  const bad = slos.filter(needsAttention);
  const [worst, ...others] = bad;
  const count = services.length === 1 ? '1 service' : `${services.length} services`;
  const judged = slos.length === 1 ? '1 SLO' : `${slos.length} SLOs`;
  if (worst === undefined) return `${count}, ${judged}: nothing burns.`;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const what = worst.state === 'blind' ? 'is blind' : 'burns';
  return `${bad.length} of ${judged} ${bad.length === 1 ? what : 'need attention'}: ${worst.displayName} (${worst.service})${more}.`;
}
