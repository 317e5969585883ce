import { useMemo, type ReactNode } from 'react';
import {
  filterIncidents,
  isFiltering,
  worstFirst,
  type IncidentFilter,
} from '#dashboards/console/core/incident/list.ts';
import { pathOf } from '#dashboards/console/core/route.ts';
import { OWN, type ApiError } from '#dashboards/console/web/data/client.ts';
import type { Incident } from '#dashboards/console/web/data/own-api.ts';
import { useSteady } from '#dashboards/console/web/data/use-steady.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { Waiting } from '#dashboards/console/web/parts/waiting.tsx';
import { IncidentTable } from '#dashboards/console/web/pages/incidents/incident-table.tsx';

interface OpenIncidentsProps {
  /** Undefined until the first message. */
  readonly open: readonly Incident[] | undefined;
  readonly error: ApiError | undefined;
  readonly filter: IncidentFilter;
}

const idOf = ({ id }: Incident): string => id;

export function OpenIncidents({ open, error, filter }: OpenIncidentsProps): ReactNode {
  const found = useMemo(() => worstFirst(filterIncidents(open ?? [], filter)), [open, filter]);
  const { shown, waiting, show } = useSteady(found, idOf);
  return (
    <Panel
      title="Open"
      meaning="worst first: pages before tickets"
      actions={<CopyCurl path={`${OWN}/incidents?open=true`} />}
      loading={open === undefined}
      error={error}
    >
      <Waiting count={waiting} onShow={show} />
      {open !== undefined && found.length === 0 && (
        <Empty>
          {isFiltering(filter) && open.length > 0 ? (
            'No open incident matches the filter.'
          ) : (
            <>
              Nothing burns. To see how it looks when something does,{' '}
              <Link to={pathOf({ page: 'proof' })}>start a fault</Link>.
            </>
          )}
        </Empty>
      )}
      <IncidentTable incidents={shown} />
    </Panel>
  );
}
