import { useMemo, type ReactNode } from 'react';
import { tracesTarget } from '#dashboards/console/core/links.ts';
import { formatCount, formatShare, MISSING } from '#dashboards/console/core/numbers.ts';
import { eventLines } from '#dashboards/console/core/slos/history.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import type { Slo } from '#dashboards/console/web/data/own-api.ts';
import { Chart, type ChartSeries } from '#dashboards/console/web/parts/chart.tsx';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import type { ShownHistory } from '#dashboards/console/web/pages/slos/use-history.ts';

interface EventsPanelProps {
  readonly slo: Slo;
  readonly history: ShownHistory;
}

/** What was counted, good and bad, step by step. */
export function EventsPanel({ slo, history }: EventsPanelProps): ReactNode {
  const { good, total, allowedBad } = slo.budget;
  const lines = useMemo(() => eventLines(history.data, history.untilMs), [history.data, history.untilMs]);
  const series = useMemo(
    (): readonly ChartSeries[] => [
      { name: 'good', values: lines.good, color: '--ok' },
      { name: 'bad', values: lines.bad, color: '--burning', fill: true },
    ],
    [lines],
  );
  const failing = tracesTarget(slo.service, { errors: true });
  const all = tracesTarget(slo.service);
  const step = history.data === undefined ? '' : `each point counts ${formatDuration(history.data.stepMs)}`;
  return (
    <Panel
      title="Events counted"
      meaning={step}
      loading={history.loading}
      actions={<CopyCurl path={history.path} />}
    >
      <p className="events-sum">
        <Link to={keepingRange(all.path, all.query)}>{formatCount(total)} in the period</Link>,{' '}
        <Link to={keepingRange(failing.path, failing.query)}>{formatCount(total - good)} bad</Link>;{' '}
        {formatCount(allowedBad)} may be.{' '}
        <span className="hint">{total === 0 ? MISSING : `${formatShare(good / total)} good`}</span>
      </p>
      <Chart
        label={`Events of ${slo.displayName} over time`}
        timesMs={lines.timesMs}
        series={series}
        unit="count"
        heightPx={140}
      />
    </Panel>
  );
}
