import { useState, type ReactNode } from 'react';
import { logsTarget, metricsTarget, tracesTarget, type Target } from '#dashboards/console/core/links.ts';
import type { Change, ChangeKind } from '#dashboards/console/core/now/changes.ts';
import { promString } from '#dashboards/console/core/prom-series.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';
import { useChanges } from '#dashboards/console/web/pages/now/use-changes.ts';

const SHOWN = 6;
const GLYPHS: Readonly<Record<ChangeKind, readonly [glyph: string, state: string]>> = {
  start: ['↑', 'state-idle'],
  restart: ['↻', 'state-ticket'],
  silent: ['◌', 'state-blind'],
  operation: ['+', 'state-idle'],
  version: ['+', 'state-idle'],
  'error-pattern': ['▲', 'state-burning'],
};

/** What is not as it was at the begin of the range, newest first. */
export function ChangesPanel(): ReactNode {
  const { changes, loading, error, patternsError } = useChanges();
  const [all, setAll] = useState(false);
  const shown = all ? changes : changes.slice(0, SHOWN);
  return (
    <Panel title="What changed" meaning="in this time range, newest first" loading={loading} error={error}>
      <ul className="change-list" data-rows>
        {shown.map((change) => (
          <ChangeItem key={change.id} change={change} />
        ))}
      </ul>
      {changes.length === 0 && !loading && error === undefined && (
        <p className="label calm">
          Nothing: no process started, and no operation, version or error pattern is new.
        </p>
      )}
      {changes.length > SHOWN && (
        <button type="button" className="copy quiet" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'fewer' : `${changes.length - SHOWN} more`}
        </button>
      )}
      {patternsError !== undefined && (
        <p className="hint" title={patternsError.message}>
          New error patterns are missing here: logs could not be asked.
        </p>
      )}
    </Panel>
  );
}

function ChangeItem({ change }: { readonly change: Change }): ReactNode {
  const [glyph, state] = GLYPHS[change.kind];
  const { path, query } = targetOf(change);
  return (
    <li className="change">
      <span className={state} aria-hidden="true">
        {glyph}
      </span>
      <Time ms={change.atMs} />
      <span className="change-text">
        <Link to={keepingRange(path, query)} className="plain" title={change.services.join(', ')}>
          {change.text}
        </Link>
      </span>
    </li>
  );
}

function targetOf({ kind, services, detail }: Change): Target {
  const [service = ''] = services;
  switch (kind) {
    case 'start':
    case 'restart':
      return services.length === 1 ? logsTarget(service) : metricsTarget('process_start_time_seconds');
    case 'silent':
      return metricsTarget(`up{job=${promString(service)}}`);
    case 'operation':
      return tracesTarget(service, { operation: detail });
    case 'version':
      return metricsTarget(`target_info{job=${promString(service)}}`);
    case 'error-pattern':
      return logsTarget(service, { severity: 'error', text: detail });
    default:
      return kind satisfies never;
  }
}
