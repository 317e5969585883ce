import { useMemo, type ReactNode } from 'react';
import { filterIncidents, isFiltering, type IncidentFilter } from '#dashboards/console/core/incident/list.ts';
import { useParameter } from '#dashboards/console/web/data/location.ts';
import type { Incident, IncidentList } from '#dashboards/console/web/data/own-api.ts';
import type { Loaded } from '#dashboards/console/web/data/use-json.ts';
import { useSteady } from '#dashboards/console/web/data/use-steady.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { Waiting } from '#dashboards/console/web/parts/waiting.tsx';
import { IncidentTable } from '#dashboards/console/web/pages/incidents/incident-table.tsx';

interface PastIncidentsProps {
  readonly past: Loaded<IncidentList>;
  readonly path: string;
  readonly filter: IncidentFilter;
}

const LIMIT = 100;
/** As many as the API answers at once. */
const LIMIT_MAX = 1000;
const idOf = ({ id }: Incident): string => id;

export function PastIncidents({ past, path, filter }: PastIncidentsProps): ReactNode {
  const { data, error, loading } = past;
  const [limit, setLimit] = useParameter('limit');
  const found = useMemo(() => filterIncidents(data?.incidents ?? [], filter), [data, filter]);
  const { shown, waiting, show } = useSteady(found, idOf);
  const isCut = (data?.incidents.length ?? 0) >= LIMIT && limit === '';
  return (
    <Panel
      title="Past"
      meaning="newest first"
      actions={<CopyCurl path={path} />}
      loading={loading && data === undefined}
      error={error}
    >
      <Waiting count={waiting} onShow={show} />
      {data !== undefined && found.length === 0 && (
        <Empty>{isFiltering(filter) ? 'No past incident matches the filter.' : 'None has ended yet.'}</Empty>
      )}
      <IncidentTable incidents={shown} />
      {isCut && (
        <button type="button" onClick={() => setLimit(String(LIMIT_MAX))}>
          Older ones too
        </button>
      )}
    </Panel>
  );
}
