import { useMemo, useState, type ReactNode } from 'react';
import { queriesIn, QUERIES_MAX, queryChanges, stepMsOf } from '#dashboards/console/core/metrics/queries.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { changeQuery, useAddress, useParameter } from '#dashboards/console/web/data/location.ts';
import { useInterval } from '#dashboards/console/web/data/now.ts';
import { Browser } from '#dashboards/console/web/pages/metrics/browser.tsx';
import { PageActions } from '#dashboards/console/web/pages/metrics/page-actions.tsx';
import { QueryPanel } from '#dashboards/console/web/pages/metrics/query-panel.tsx';
import { Page } from '#dashboards/console/web/parts/page.tsx';
import '#dashboards/console/web/pages/metrics/metrics.css';

/** PromQL: queries as they stand in the address, each with its chart, its values and the traces behind them. */
export function MetricsPage(): ReactNode {
  const { query } = useAddress();
  const queries = useMemo(() => queriesIn((name) => query.get(name)), [query]);
  const [step] = useParameter('step');
  const [exemplars] = useParameter('exemplars');
  const [browse] = useParameter('browse');
  const shown = useInterval();
  const stepMs = stepMsOf(step, shown);
  const typed = queries.filter((text) => text !== '').length;
  // Fields are kept by place, but not over a removal: those behind it move up as they are.
  const [turn, setTurn] = useState(0);
  const change = (index: number, text: string): void =>
    changeQuery(queryChanges(queries.map((before, at) => (at === index ? text : before))));
  const remove = (index: number): void => {
    setTurn(turn + 1);
    changeQuery(queryChanges(queries.filter((_, at) => at !== index)));
  };
  const choose = (text: string): void => {
    const free = queries.findIndex((one) => one === '');
    const next = free === -1 ? [...queries, text] : queries.map((one, at) => (at === free ? text : one));
    changeQuery({ ...queryChanges(next), browse: undefined });
    scrollTo(0, 0);
  };
  return (
    <Page
      title="Metrics"
      says={
        typed === 0 ? 'Ask in PromQL, or begin with a question below.' : saysOf(typed, stepMs, shown.live)
      }
      actions={<PageActions queries={queries} interval={shown} />}
    >
      <div className="query-panels">
        {queries.map((text, index) => (
          <QueryPanel
            key={`${turn} ${index}`}
            index={index}
            query={text}
            interval={shown}
            stepMs={stepMs}
            exemplars={exemplars !== 'off'}
            onRun={(next) => change(index, next)}
            onRemove={queries.length > 1 || text !== '' ? () => remove(index) : undefined}
          />
        ))}
        {(typed === 0 || browse !== '') && (
          <Browser
            full={queries.length >= QUERIES_MAX && queries.every((one) => one !== '')}
            onChoose={choose}
          />
        )}
      </div>
    </Page>
  );
}

function saysOf(typed: number, stepMs: number, live: boolean): string {
  const queries = typed === 1 ? '1 query' : `${typed} queries`;
  return `${queries}, a point every ${formatDuration(stepMs)}${live ? ', asked again as time goes on' : ''}.`;
}
