import { useMemo, type ReactNode } from 'react';
import { alikeTraces, type AlikeTraces } from '#dashboards/console/core/incident/alike.ts';
import { summaryOf, type TraceSummary } from '#dashboards/console/core/incident/spans.ts';
import { tracesTarget, traceTarget } from '#dashboards/console/core/links.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import type { Slo } from '#dashboards/console/web/data/own-api.ts';
import { AlikeTimes, tookText } from '#dashboards/console/web/parts/alike-times.tsx';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { SeriesName } from '#dashboards/console/web/parts/series-name.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';
import type { SideTraces } from '#dashboards/console/web/pages/slos/use-sides.ts';

const SHOWN = 10;

interface ExamplesPanelProps {
  readonly slo: Slo;
  readonly sides: SideTraces;
}

/** Bad traces, alike ones together, each leading straight to the span that failed first or took the time. */
export function ExamplesPanel({ slo, sides }: ExamplesPanelProps): ReactNode {
  const slow = slo.indicator === 'latency';
  const { bad } = sides;
  const groups = useMemo(() => {
    const by = slow ? 'time' : 'failure';
    return alikeTraces(bad.flatMap((trace) => summaryOf(trace, undefined, by) ?? [])).slice(0, SHOWN);
  }, [bad, slow]);
  const all = tracesTarget(
    slo.service,
    slow ? { minDuration: `${slo.thresholdMs ?? 0}ms` } : { errors: true },
  );
  return (
    <Panel
      title={slow ? 'Slow traces' : 'Failing traces'}
      meaning={bad.length === 0 ? undefined : `the newest ${bad.length}, alike ones together`}
      loading={sides.loading}
      error={sides.error}
      actions={
        <>
          <CopyCurl path={sides.path} />
          <Link to={keepingRange(all.path, all.query)}>all</Link>
        </>
      }
    >
      <ul className="example-list" data-rows>
        {groups.map((group) => (
          <Examples key={group.key} group={group} rest={searchFor(group.newest, !slow)} />
        ))}
      </ul>
      {groups.length === 0 && !sides.loading && (
        <p className="label">
          None in this time range
          {slo.indicator === 'ratio' ? '; this SLO counts by counters, not by spans' : ''}.
        </p>
      )}
    </Panel>
  );
}

function addressOf({ traceId, culprit }: TraceSummary): string {
  const { path, query } = traceTarget(traceId, culprit?.spanId);
  return keepingRange(path, query);
}

/** Requests that began like these. */
function searchFor({ rootService, rootOperation }: TraceSummary, errors: boolean): string {
  const { path, query } = tracesTarget(rootService, { operation: rootOperation, errors });
  return keepingRange(path, query);
}

interface ExamplesProps {
  readonly group: AlikeTraces<TraceSummary>;
  /** Address of a search for all of them. */
  readonly rest: string;
}

function Examples({ group, rest }: ExamplesProps): ReactNode {
  const { newest, others } = group;
  const { rootService, rootOperation, startMs, culprit } = newest;
  return (
    <li className="example">
      <span className="one-line">
        {others.length > 0 && <strong>{others.length + 1}× </strong>}
        <Link to={addressOf(newest)}>
          {rootService} {rootOperation}
        </Link>
      </span>
      <span className="hint example-when">
        {tookText(group)} · <Time ms={startMs} />
      </span>
      {culprit !== undefined && (
        <span className="label example-cause">
          <SeriesName name={culprit.service} />{' '}
          {[culprit.operation, culprit.peer === '' ? '' : `to ${culprit.peer}`, culprit.says]
            .filter((part) => part !== '')
            .join(' · ')}
        </span>
      )}
      <AlikeTimes group={group} addressOf={addressOf} rest={rest} />
    </li>
  );
}
