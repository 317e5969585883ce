import type { ReactNode } from 'react';
import { alikeTraces, type AlikeTraces } from '#dashboards/console/core/incident/alike.ts';
import type { TraceSummary } from '#dashboards/console/core/incident/spans.ts';
import { culpritText } from '#dashboards/console/core/incident/words.ts';
import { pathOf, withQuery } from '#dashboards/console/core/route.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { useParameter } from '#dashboards/console/web/data/location.ts';
import { AlikeTimes, tookText } from '#dashboards/console/web/parts/alike-times.tsx';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { SeriesName } from '#dashboards/console/web/parts/series-name.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';
import { KeptTraces } from '#dashboards/console/web/pages/incidents/kept-traces.tsx';
import type { FailingTraces } from '#dashboards/console/web/pages/incidents/use-failing-traces.ts';
import type { Kept } from '#dashboards/console/web/pages/incidents/use-kept-evidence.ts';

interface TracesProps {
  readonly failing: FailingTraces;
  readonly suspect: string | undefined;
  readonly kept: Kept;
}

/** Address of a trace with the span to look at first selected. */
export function culpritAddress({ traceId, culprit }: TraceSummary): string {
  return withQuery(pathOf({ page: 'trace', id: traceId }), { span: culprit?.spanId });
}

/** What failed, request by request. */
export function Traces({ failing, suspect, kept }: TracesProps): ReactNode {
  const { traces, frozen, path, answered, loading, error } = failing;
  const [, setAll] = useParameter('traces');
  return (
    <Panel
      title="Failing traces"
      meaning={frozen > 0 ? 'frozen when it fired' : 'found around the start; none was frozen'}
      actions={<CopyCurl path={path} />}
      loading={loading}
      error={error}
    >
      {answered && traces.length === 0 && (
        <Empty>
          {frozen > 0
            ? `The ${frozen} traces of this incident are no longer stored.`
            : 'No call failed around the start: this alert is about telemetry or checks, not requests.'}
        </Empty>
      )}
      {answered && traces.length === 0 && <KeptTraces part={kept.evidence?.traces} />}
      {traces.length > 0 && (
        <div className="scroll-x" tabIndex={0} role="group" aria-label="Failing traces">
          <table className="incident-traces">
            <thead>
              <tr>
                <th>Started</th>
                <th>Request</th>
                <th className="number">Took</th>
                <th>Look at</th>
              </tr>
            </thead>
            <tbody>
              {alikeTraces(traces).map((group) => (
                <TraceRow key={group.key} group={group} suspect={suspect} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <More failing={failing} onAll={() => setAll('all')} />
    </Panel>
  );
}

/** The rest of them, one that went well, and how many are gone. */
function More({
  failing: { best, healthy, frozen, unasked: left, traces, answered },
  onAll,
}: {
  readonly failing: FailingTraces;
  readonly onAll: () => void;
}): ReactNode {
  const gone = traces.length === 0 || !answered ? 0 : frozen - traces.length - left;
  return (
    <p className="incident-links">
      {left > 0 && (
        <button type="button" className="copy" onClick={onAll}>
          {left} older ones
        </button>
      )}
      {best !== undefined && healthy !== undefined && (
        <Link to={pathOf({ page: 'compare', left: best.traceId, right: healthy.traceId })}>
          Compare with a healthy one of before
        </Link>
      )}
      {gone > 0 && <span className="hint">{gone} more of this incident are no longer stored.</span>}
    </p>
  );
}

interface TraceRowProps {
  readonly group: AlikeTraces<TraceSummary>;
  readonly suspect: string | undefined;
}

/** A trace, or several that tell the same: the newest leads, the others are a click each. */
function TraceRow({ group, suspect }: TraceRowProps): ReactNode {
  const { newest, others } = group;
  const { culprit, rootService, rootOperation, startMs } = newest;
  return (
    <tr>
      <td>
        <Time ms={startMs} exact />
      </td>
      <td>
        {others.length > 0 && <strong>{others.length + 1}× </strong>}
        <Link to={pathOf({ page: 'trace', id: newest.traceId })}>{rootOperation}</Link>{' '}
        <span className="hint">
          <SeriesName name={rootService} />
        </span>
      </td>
      <td className="number">{tookText(group)}</td>
      <td>
        {culprit !== undefined && (
          <>
            <Link to={culpritAddress(newest)}>{culpritText(culprit, suspect)}</Link>{' '}
            <span className="hint">
              {[culprit.operation, formatDuration(culprit.durationMs), culprit.says]
                .filter((part) => part !== '')
                .join(' · ')}
            </span>
          </>
        )}
        <AlikeTimes group={group} addressOf={culpritAddress} />
      </td>
    </tr>
  );
}
