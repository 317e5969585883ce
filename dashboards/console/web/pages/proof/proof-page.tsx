import type { ReactNode } from 'react';
import type { FaultKind, FaultList } from '#dashboards/console/core/chaos/faults.ts';
import type { Route } from '#dashboards/console/core/route.ts';
import { OWN } from '#dashboards/console/web/data/client.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { GrafanaLink } from '#dashboards/console/web/parts/grafana-link.tsx';
import { Page } from '#dashboards/console/web/parts/page.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { Proofs } from '#dashboards/console/web/pages/proof/proofs.tsx';
import { RunningFaults } from '#dashboards/console/web/pages/proof/running-faults.tsx';
import { StartFault } from '#dashboards/console/web/pages/proof/start-fault.tsx';
import '#dashboards/console/web/pages/proof/proof.css';

/** The countdown of a lease is told by the daemon, second by second. */
const POLL_MS = 1000;
/** What a target can do changes with its process. */
const CATALOGUE_POLL_MS = 15_000;

/** Break it on purpose, and see whether it is told: faults with a lease, and proofs. */
export function ProofPage(_props: { readonly route: Route }): ReactNode {
  const faults = useJson<FaultList>(`${OWN}/faults`, { everyMs: POLL_MS });
  const absent = faults.error?.status === 404;
  const catalogue = useJson<{ readonly faults: readonly FaultKind[] }>(
    absent ? undefined : `${OWN}/faults/catalogue`,
    { everyMs: CATALOGUE_POLL_MS },
  );
  const active = faults.data?.active ?? [];
  return (
    <Page
      title="Chaos & proof"
      says={absent ? 'Faults need the demo beside this platform.' : sentence(faults.data)}
      staleSinceMs={absent ? undefined : faults.staleSinceMs}
      actions={<GrafanaLink subject={{ board: 'chaos' }} />}
    >
      <div className="grid">
        <div className="main proof-column">
          {absent ? (
            <NoDaemon />
          ) : (
            <>
              <RunningFaults list={faults.data} error={faults.error} onChanged={faults.reload} />
              <StartFault
                kinds={catalogue.data?.faults}
                error={catalogue.error}
                busyWith={active[0]}
                blocked={faults.data?.blocked === true}
                onChanged={faults.reload}
              />
            </>
          )}
        </div>
        <div className="side">
          <Proofs />
        </div>
      </div>
    </Page>
  );
}

function sentence(list: FaultList | undefined): string {
  if (list === undefined) return '';
  if (list.blocked) return 'Faults are blocked: plimsoll chaos allow lifts that.';
  if (list.active.length === 0) return 'Nothing is broken on purpose.';
  return list.active
    .map(({ fault, target }) => `${fault} on ${target}`)
    .join(', ')
    .concat(' is on.');
}

function NoDaemon(): ReactNode {
  return (
    <Panel title="Faults" meaning="started and stopped here when the demo runs">
      <Empty>
        <p>No fault daemon runs beside this platform. The demo brings one along:</p>
        <pre>npm start</pre>
      </Empty>
    </Panel>
  );
}
