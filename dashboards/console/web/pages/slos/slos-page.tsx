import { useMemo, type ReactNode } from 'react';
import { formatBurn, formatCount, formatShare } from '#dashboards/console/core/numbers.ts';
import { pathOf } from '#dashboards/console/core/route.ts';
import {
  budgetWords,
  burnNow,
  byWorry,
  needsAttention,
  promiseWords,
} from '#dashboards/console/core/slos/slo-words.ts';
import { useLive } from '#dashboards/console/web/data/live.ts';
import { changeQuery, keepingRange, useParameter } from '#dashboards/console/web/data/location.ts';
import type { Slo } from '#dashboards/console/web/data/own-api.ts';
import { Bar } from '#dashboards/console/web/parts/bar.tsx';
import { Breakable } from '#dashboards/console/web/parts/breakable.tsx';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Page } from '#dashboards/console/web/parts/page.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { markOf, StateMark } from '#dashboards/console/web/parts/state-mark.tsx';
import { Ago } from '#dashboards/console/web/parts/time.tsx';
import { Problems } from '#dashboards/console/web/pages/slos/problems.tsx';
import '#dashboards/console/web/pages/slos/slos.css';

const STATES = ['burning', 'blind', 'catching-up', 'ok', 'idle'] as const;

/** Every SLO, worst first. */
export function SlosPage(): ReactNode {
  const { data, error, staleSinceMs } = useLive('slos');
  const [text] = useParameter('text');
  const [state] = useParameter('state');
  const sorted = useMemo(() => byWorry(data?.slos ?? []), [data]);
  const shown = sorted.filter((slo) => isWanted(slo, text, state));
  return (
    <Page
      title="SLOs"
      says={data === undefined ? 'Asking for SLOs.' : sentence(sorted)}
      staleSinceMs={staleSinceMs}
    >
      <div className="grid">
        <Panel
          title={
            shown.length === sorted.length
              ? 'All, worst first'
              : `${shown.length} of ${sorted.length}, worst first`
          }
          meaning="What is left of each budget, and how fast it burns in the shortest window."
          className="wide"
          loading={data === undefined}
          error={error}
          actions={<CopyCurl path="/api/plimsoll/v1/slos" />}
        >
          <Filters text={text} state={state} />
          {data !== undefined && sorted.length === 0 && <NoSlo />}
          {sorted.length > 0 && shown.length === 0 && (
            <Empty>
              No SLO matches.{' '}
              <button type="button" onClick={() => changeQuery({ text: undefined, state: undefined })}>
                Show all {sorted.length}
              </button>
            </Empty>
          )}
          {shown.length > 0 && <SloTable slos={shown} />}
        </Panel>
        <Problems problems={data?.problems ?? []} />
      </div>
    </Page>
  );
}

function isWanted(slo: Slo, text: string, state: string): boolean {
  if (state !== '' && slo.state !== state) return false;
  const words = `${slo.id} ${slo.displayName} ${slo.description}`.toLowerCase();
  return words.includes(text.toLowerCase());
}

function sentence(slos: readonly Slo[]): string {
  const bad = slos.filter(needsAttention);
  const spent = slos.filter(({ budget }) => (budget.remainingRatio ?? 1) <= 0).length;
  const rest = spent === 0 ? '' : ` ${spent} ${spent === 1 ? 'has' : 'have'} spent the budget.`;
  if (slos.length === 0) return 'No SLO is defined.';
  if (bad.length === 0) return `${slos.length} SLOs, none burns.${rest}`;
  return `${bad.length} of ${slos.length} SLOs ${bad.length === 1 ? 'needs' : 'need'} attention.${rest}`;
}

function Filters({ text, state }: { readonly text: string; readonly state: string }): ReactNode {
  return (
    <div className="toolbar">
      <input
        className="grow slo-search"
        data-search
        type="search"
        aria-label="Filter by name or service"
        placeholder="name or service"
        value={text}
        onChange={(event) => changeQuery({ text: event.target.value }, 'replace')}
      />
      <select
        aria-label="Filter by state"
        value={state}
        onChange={(event) => changeQuery({ state: event.target.value })}
      >
        <option value="">any state</option>
        {STATES.map((one) => (
          <option key={one} value={one}>
            {one === 'catching-up' ? 'catching up' : one}
          </option>
        ))}
      </select>
    </div>
  );
}

function SloTable({ slos }: { readonly slos: readonly Slo[] }): ReactNode {
  return (
    <div className="scroll-x" tabIndex={0} role="group" aria-label="SLOs">
      <table className="slo-table">
        <thead>
          <tr>
            <th>State</th>
            <th>SLO</th>
            <th>Objective</th>
            <th>Budget left</th>
            <th className="number">Burn</th>
            <th className="number">Bad of all</th>
          </tr>
        </thead>
        <tbody>
          {slos.map((slo) => (
            <SloRow key={slo.id} slo={slo} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function SloRow({ slo }: { readonly slo: Slo }): ReactNode {
  const mark = markOf(slo);
  const { good, total, remainingRatio } = slo.budget;
  const left = remainingRatio ?? 1;
  const burn = burnNow(slo);
  const alarming = mark === 'burning' || mark === 'ticket';
  return (
    <tr>
      <td>
        <StateMark state={mark} />
        <div className="hint">
          <Ago ms={slo.stateSinceMs} />
        </div>
      </td>
      <td>
        <Link to={keepingRange(pathOf({ page: 'slo', id: slo.id }))}>{slo.displayName}</Link>
        <div className="hint mono">
          <Breakable text={slo.id} />
        </div>
      </td>
      <td className="slo-objective" title={slo.description}>
        {promiseWords(slo)}
      </td>
      <td className="slo-budget">
        <Bar ratio={left} color={alarming ? `var(--${mark})` : barColor(left)} label={budgetWords(slo)} />
        <div className="label">{budgetWords(slo)}</div>
      </td>
      <td className={`number slo-burn ${alarming ? `state-${mark}` : ''}`}>{formatBurn(burn)}</td>
      <td
        className="number slo-events"
        title={total === 0 ? 'No event yet.' : `${formatShare(good / total)} good`}
      >
        {formatCount(total - good)} of {formatCount(total)}
      </td>
    </tr>
  );
}

/** Nearly spent looks different from untouched; the words beside it say how much. */
function barColor(left: number): string {
  if (left <= 0.1) return 'var(--burning)';
  return left <= 0.5 ? 'var(--ticket)' : 'var(--ok)';
}

function NoSlo(): ReactNode {
  return (
    <Empty>
      No SLO is defined. Write one as an OpenSLO document into the folder that <code>alerting.slos</code>{' '}
      names, then <code>curl -X POST {location.origin}/api/plimsoll/v1/reload</code>:
      <pre>{`apiVersion: openslo/v1
kind: SLO
metadata:
  name: availability
spec:
  service: YOUR-SERVICE
  budgetingMethod: Occurrences
  timeWindow: [{ duration: 30d, isRolling: true }]
  objectives: [{ target: 0.999 }]`}</pre>
    </Empty>
  );
}
