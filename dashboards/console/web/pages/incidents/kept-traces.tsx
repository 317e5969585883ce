import type { ReactNode } from 'react';
import { formatDuration } from '#dashboards/console/core/times.ts';
import type { KeptPart, KeptTrace } from '#dashboards/console/web/data/own-api.ts';
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
              <th>Trace</th>
            </tr>
          </thead>
          <tbody>
            {traces.map((trace) => (
              <Row key={trace.traceId} trace={trace} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Row({ trace }: { readonly trace: KeptTrace }): ReactNode {
  const { traceId, rootService, rootOperation, startMs, durationMs, spans, failedSpans, failedServices } =
    trace;
  return (
    <tr>
      <td>
        <Time ms={startMs} exact />
      </td>
      <td>
        {rootOperation}{' '}
        <span className="hint">
          <SeriesName name={rootService} />
        </span>
      </td>
      <td className="number">{formatDuration(durationMs)}</td>
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
      <td>
        <Copy text={traceId} label="id" />
      </td>
    </tr>
  );
}
