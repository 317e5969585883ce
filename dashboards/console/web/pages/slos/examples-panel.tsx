import { useMemo, type ReactNode } from 'react';
import { tracesTarget, traceTarget } from '#dashboards/console/core/links.ts';
import { examplesOf, type Example } from '#dashboards/console/core/slos/sides.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import type { Slo } from '#dashboards/console/web/data/own-api.ts';
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

/** Bad traces, each leading straight to the span that failed first or took the time. */
export function ExamplesPanel({ slo, sides }: ExamplesPanelProps): ReactNode {
  const slow = slo.indicator === 'latency';
  const { bad } = sides.sides;
  const examples = useMemo(() => examplesOf(bad, slow, SHOWN), [bad, slow]);
  const all = tracesTarget(
    slo.service,
    slow ? { minDuration: `${slo.thresholdMs ?? 0}ms` } : { errors: true },
  );
  return (
    <Panel
      title={slow ? 'Slow traces' : 'Failing traces'}
      meaning="each opens at the span to look at"
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
        {examples.map((example) => (
          <ExampleItem key={example.traceId} example={example} />
        ))}
      </ul>
      {examples.length === 0 && !sides.loading && (
        <p className="label">
          None in this time range
          {slo.indicator === 'ratio' ? '; this SLO counts by counters, not by spans' : ''}.
        </p>
      )}
    </Panel>
  );
}

function ExampleItem({ example }: { readonly example: Example }): ReactNode {
  const { traceId, startMs, durationMs, root, spanId, spanService, spanName } = example;
  const { path, query } = traceTarget(traceId, spanId);
  return (
    <li className="example">
      <Link to={keepingRange(path, query)} className="one-line">
        {root}
      </Link>
      <span className="hint example-when">
        {formatDuration(durationMs)} · <Time ms={startMs} />
      </span>
      <span className="label one-line">
        <SeriesName name={spanService} /> {spanName}
      </span>
    </li>
  );
}
