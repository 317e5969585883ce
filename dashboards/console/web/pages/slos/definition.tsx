import type { ReactNode } from 'react';
import { formatNumber, formatShare } from '#dashboards/console/core/numbers.ts';
import { formatDuration, formatWindow } from '#dashboards/console/core/times.ts';
import { promiseWords } from '#dashboards/console/core/slos/slo-words.ts';
import type { Slo } from '#dashboards/console/web/data/own-api.ts';
import { Copy, CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';

/** What the SLO promises, and where it is written. */
export function Definition({ slo }: { readonly slo: Slo }): ReactNode {
  const path = `/api/plimsoll/v1/slos/${slo.id.split('/').map(encodeURIComponent).join('/')}`;
  const policies = slo.windows
    .map(
      ({ severity, longWindowMs, shortWindowMs, factor }) =>
        `${severity} at ${formatNumber(factor)}× over ${formatWindow(longWindowMs)} and ${formatWindow(shortWindowMs)}`,
    )
    .join('; ');
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Says', slo.description === '' ? promiseWords(slo) : slo.description],
    ['Target', `${formatShare(slo.objective)} of events are good`],
    ['Good is', goodWords(slo)],
    ['Window', `${formatWindow(slo.periodMs)}, rolling`],
    [
      'Budget',
      `${formatDuration((1 - slo.objective) * slo.periodMs)} of total failure, or ${formatShare(1 - slo.objective)} of events`,
    ],
    ['Alerts', policies],
    ['Service', slo.service],
    [
      'Id',
      <span key="id" className="mono">
        {slo.id}
      </span>,
    ],
    [
      'Defined at',
      <span key="at" className="mono">
        {slo.definedAt}
      </span>,
    ],
  ];
  return (
    <Panel
      title="Definition"
      className="wide"
      meaning="from the OpenSLO file; to change it, edit the file and reload"
      actions={
        <>
          <Copy text={slo.definedAt} label="copy the place" />
          <CopyCurl path={path} />
        </>
      }
    >
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name} className="fact">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function goodWords({ indicator, thresholdMs }: Slo): string {
  switch (indicator) {
    case 'availability':
      return 'a request that ends without a server error';
    case 'latency':
      return `a request that takes at most ${formatDuration(thresholdMs)}`;
    case 'ratio':
      return 'what the counters of the definition count as good';
    default:
      return indicator satisfies never;
  }
}
