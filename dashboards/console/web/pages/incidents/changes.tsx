import type { ReactNode } from 'react';
import {
  around,
  aroundStart,
  newOperations,
  rangeQuery,
  restartsIn,
  type Change,
} from '#dashboards/console/core/incident/around.ts';
import { changesOf } from '#dashboards/console/core/incident/kept.ts';
import { newOperationsPath, restartsPath } from '#dashboards/console/core/incident/questions.ts';
import { logsTarget, metricsTarget, tracesTarget, type Target } from '#dashboards/console/core/links.ts';
import {
  promString,
  type PromMatrixAnswer,
  type PromVectorAnswer,
} from '#dashboards/console/core/prom-series.ts';
import type { Incident } from '#dashboards/console/web/data/own-api.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { SeriesName } from '#dashboards/console/web/parts/series-name.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';
import {
  EvidenceSwitch,
  KeptPanel,
  useAsksNow,
} from '#dashboards/console/web/pages/incidents/kept-panel.tsx';
import type { Kept } from '#dashboards/console/web/pages/incidents/use-kept-evidence.ts';

const OPERATIONS_MAX = 10;

const TITLE = 'Changes near the start';

/** What started, came new or fell silent around the start; only what telemetry can tell. */
export function Changes({ incident, kept }: { readonly incident: Incident; readonly kept: Kept }): ReactNode {
  const part = kept.evidence?.changes;
  if (useAsksNow()) return <ChangesNow incident={incident} />;
  const meaning = 'starts, failed scrapes, operations and versions new in 30 min';
  return (
    <KeptPanel title={TITLE} meaning={meaning} incident={incident} kept={kept} part={part}>
      {(changes, range) => <ChangeList changes={changesOf(changes)} range={range} />}
    </KeptPanel>
  );
}

function ChangesNow({ incident }: { readonly incident: Incident }): ReactNode {
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
      title={TITLE}
      meaning="process starts and operations seen for the first time in 30 min, as the store has it now"
      actions={
        <>
          <EvidenceSwitch />
          <CopyCurl path={restartsAt} />
        </>
      }
      loading={restarts.loading || operations.loading}
      error={restarts.error ?? operations.error}
    >
      {answered && <ChangeList changes={found} range={range} />}
    </Panel>
  );
}

function ChangeList({
  changes,
  range,
}: {
  readonly changes: readonly Change[];
  readonly range: { readonly from: string; readonly to: string };
}): ReactNode {
  if (changes.length === 0)
    return <Empty>No process started and nothing that can be seen was new around the start.</Empty>;
  return (
    <ul className="incident-changes">
      {changes.map((change) => (
        <li key={change.key}>
          <ChangeText change={change} range={range} />
        </li>
      ))}
    </ul>
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
      <Link to={to}>{wordsOf(kind, text)}</Link>{' '}
      {services.map((name) => (
        <span key={name} className="incident-name">
          <SeriesName name={name} />
        </span>
      ))}
    </>
  );
}

function wordsOf(kind: Change['kind'], text: string): string {
  switch (kind) {
    case 'restart':
      return text;
    case 'operation':
      return `new operation ${text}`;
    case 'version':
      return `new version ${text}`;
    case 'silent':
      return 'did not answer scrapes';
    default:
      return kind satisfies never;
  }
}

/** What a start wrote to its log; requests of an operation; the series behind the rest. */
function changeTarget(kind: Change['kind'], services: readonly string[], text: string): Target {
  const [service = ''] = services;
  switch (kind) {
    case 'restart':
      return logsTarget(services.length === 1 ? service : '');
    case 'operation':
      return tracesTarget(service, { operation: text });
    case 'version':
      return metricsTarget(`target_info{job=${promString(service)}}`);
    case 'silent':
      return metricsTarget(`up{job=${promString(service)}}`);
    default:
      return kind satisfies never;
  }
}
