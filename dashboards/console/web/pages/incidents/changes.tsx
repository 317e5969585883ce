import type { ReactNode } from 'react';
import {
  around,
  aroundStart,
  newOperations,
  rangeQuery,
  restartsIn,
  type Change,
} from '#dashboards/console/core/incident/around.ts';
import { newOperationsPath, restartsPath } from '#dashboards/console/core/incident/questions.ts';
import { logsTarget, tracesTarget, type Target } from '#dashboards/console/core/links.ts';
import type { PromMatrixAnswer, PromVectorAnswer } from '#dashboards/console/core/prom-series.ts';
import type { Incident } from '#dashboards/console/web/data/own-api.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { SeriesName } from '#dashboards/console/web/parts/series-name.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';

const OPERATIONS_MAX = 10;

/** Processes that started and operations that appeared around the start; only what telemetry can tell. */
export function Changes({ incident }: { readonly incident: Incident }): ReactNode {
  const restartsAt = restartsPath(incident);
  const restarts = useJson<PromMatrixAnswer>(restartsAt);
  const operations = useJson<PromVectorAnswer>(newOperationsPath(incident));
  const around = aroundStart(incident);
  const range = rangeQuery(around);
  const found = [
    ...restartsIn(restarts.data, around),
    ...newOperations(operations.data).slice(0, OPERATIONS_MAX),
  ];
  const answered = restarts.data !== undefined && operations.data !== undefined;
  return (
    <Panel
      title="Changes near the start"
      meaning="process starts and operations seen for the first time in 30 min"
      actions={<CopyCurl path={restartsAt} />}
      loading={restarts.loading || operations.loading}
      error={restarts.error ?? operations.error}
    >
      {answered && found.length === 0 && (
        <Empty>No process started and no operation was new from 2 min before to 3 min after.</Empty>
      )}
      {found.length > 0 && (
        <ul className="incident-changes">
          {found.map((change) => (
            <li key={change.key}>
              <ChangeText change={change} range={range} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function ChangeText({
  change: { atMs, kind, services, text },
  range,
}: {
  readonly change: Change;
  readonly range: { readonly from: string; readonly to: string };
}): ReactNode {
  const to = around(changeTarget(kind, services, text), range);
  return (
    <>
      {atMs !== null && (
        <span className="hint">
          <Time ms={atMs} />{' '}
        </span>
      )}
      <Link to={to}>{kind === 'restart' ? text : `new operation ${text}`}</Link>{' '}
      {services.map((name) => (
        <span key={name} className="incident-name">
          <SeriesName name={name} />
        </span>
      ))}
    </>
  );
}

/** What a start wrote to its log; requests of an operation. */
function changeTarget(kind: Change['kind'], services: readonly string[], text: string): Target {
  const [service = ''] = services;
  if (kind === 'operation') return tracesTarget(service, { operation: text });
  return logsTarget(services.length === 1 ? service : '');
}
