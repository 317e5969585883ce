import { useMemo, type ReactNode } from 'react';
import { formatShare, MISSING } from '#dashboards/console/core/numbers.ts';
import { budgetLine } from '#dashboards/console/core/slos/history.ts';
import { budgetWords, exhaustionWords } from '#dashboards/console/core/slos/slo-words.ts';
import { formatDuration, formatWindow } from '#dashboards/console/core/times.ts';
import { changeQuery } from '#dashboards/console/web/data/location.ts';
import type { Slo } from '#dashboards/console/web/data/own-api.ts';
import { Chart, type ChartLine, type ChartSeries } from '#dashboards/console/web/parts/chart.tsx';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import type { ShownHistory } from '#dashboards/console/web/pages/slos/use-history.ts';

interface BudgetPanelProps {
  readonly slo: Slo;
  readonly history: ShownHistory;
}

const LOAD_LINE: readonly ChartLine[] = [{ value: 0, label: 'load line: budget spent', color: '--burning' }];

/** What is left, how long it lasts, and how it came to be so little. */
export function BudgetPanel({ slo, history }: BudgetPanelProps): ReactNode {
  const { budget, periodMs, objective } = slo;
  const line = useMemo(
    () => budgetLine(history.data, budget, history.untilMs),
    [history.data, budget, history.untilMs],
  );
  const series = useMemo((): readonly ChartSeries[] => {
    const left = { name: 'left of the budget', values: line.left, color: '--ok', fill: true };
    if (!line.overspent.some((ratio) => ratio !== null && ratio < 0)) return [left];
    return [left, { name: 'overspent', values: line.overspent, color: '--burning', fill: true }];
  }, [line]);
  const spent = (budget.remainingRatio ?? 1) <= 0;
  const allowedMs = (1 - objective) * periodMs;
  return (
    <Panel
      title="Error budget"
      meaning={
        history.ranged
          ? 'in the time range of the page'
          : `over the ${formatWindow(periodMs)} of the SLO, as far as telemetry reaches back`
      }
      loading={history.loading}
      error={history.error}
      actions={
        <>
          {history.ranged && (
            <button
              type="button"
              className="copy quiet"
              onClick={() => changeQuery({ from: undefined, to: undefined })}
            >
              whole period
            </button>
          )}
          <CopyCurl path={history.path} />
        </>
      }
    >
      <div className="budget-head">
        <span className={`big-number ${spent ? 'state-burning' : ''}`} title="Left of the error budget.">
          {budget.remainingRatio === null ? MISSING : formatShare(budget.remainingRatio)}
        </span>
        <span>
          {budgetWords(slo)}
          <br />
          <span className={spent ? 'state-burning' : 'label'}>
            {exhaustionWords(slo) ?? `at the present rate it lasts beyond the ${formatWindow(periodMs)}`}
          </span>
        </span>
        <span className="hint" title={`${formatDuration(allowedMs)} in which everything fails use it up.`}>
          Telemetry was there for {formatShare(budget.measuredRatio)} of the period.
        </span>
      </div>
      <Chart
        label={`Error budget of ${slo.displayName} over time`}
        timesMs={line.timesMs}
        series={series}
        unit="share"
        lines={LOAD_LINE}
      />
    </Panel>
  );
}
