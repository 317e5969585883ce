import type { ReactNode } from 'react';
import { alikeBy, type AlikeTraces } from '#dashboards/console/core/incident/alike.ts';
import { formatTime } from '#dashboards/console/core/times.ts';
import { useNow } from '#dashboards/console/web/data/now.ts';
import type { KeptPart, KeptTrace } from '#dashboards/console/web/data/own-api.ts';
import { tookText } from '#dashboards/console/web/parts/alike-times.tsx';
import { Copy } from '#dashboards/console/web/parts/copy.tsx';
import { SeriesName } from '#dashboards/console/web/parts/series-name.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';

/** Failing traces that are no longer stored, in the few words kept of them. */
export function KeptTraces({
  part,
}: {
  readonly part: KeptPart<readonly KeptTrace[]> | undefined;
}): ReactNode {
  const traces = part?.value ?? [];
  const asOfMs = part?.asOfMs ?? null;
  if (traces.length === 0 || asOfMs === null) return null;
  return (
    <>
      <p className="hint">
        What is kept of them, as of <Time ms={asOfMs} />:
      </p>
      <div className="scroll-x" tabIndex={0} role="group" aria-label="Kept of failing traces">
        <table className="incident-traces">
          <thead>
            <tr>
              <th>Started</th>
              <th>Request</th>
              <th className="number">Took</th>
              <th>Failed in</th>
              <th>Id of the trace of</th>
            </tr>
          </thead>
          <tbody>
            {alikeBy(traces, keyOf).map((group) => (
              <Row key={group.key} group={group} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** What is kept of them tells no more of a failure than this. */
function keyOf({ rootService, rootOperation, failedServices }: KeptTrace): string {
  return JSON.stringify([rootService, rootOperation, failedServices]);
}

function Row({ group }: { readonly group: AlikeTraces<KeptTrace> }): ReactNode {
  const now = useNow();
  const { newest, others } = group;
  const { rootService, rootOperation, startMs, spans, failedSpans, failedServices } = newest;
  return (
    <tr>
      <td>
        <Time ms={startMs} exact />
      </td>
      <td>
        {others.length > 0 && <strong>{others.length + 1}× </strong>}
        {rootOperation}{' '}
        <span className="hint">
          <SeriesName name={rootService} />
        </span>
      </td>
      <td className="number">{tookText(group)}</td>
      <td>
        {failedServices.map((name) => (
          <span key={name} className="incident-name">
            <SeriesName name={name} />
          </span>
        ))}{' '}
        <span className="hint">
          {failedSpans} of {spans} spans
        </span>
      </td>
      <td className="incident-ids">
        {[newest, ...others].map((trace) => (
          <Copy key={trace.traceId} text={trace.traceId} label={formatTime(trace.startMs, now)} />
        ))}
      </td>
    </tr>
  );
}
