import type { ReactNode } from 'react';
import { formatBurn, formatCount, formatNumber } from '#dashboards/console/core/numbers.ts';
import { burnRows, FACTOR_AT, type BurnRow } from '#dashboards/console/core/slos/slo-words.ts';
import { formatWindow } from '#dashboards/console/core/times.ts';
import type { Slo } from '#dashboards/console/web/data/own-api.ts';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';

/** Burn in every pair of windows beside the factor from which it holds. */
export function BurnPanel({ slo }: { readonly slo: Slo }): ReactNode {
  const rows = burnRows(slo.windows);
  return (
    <Panel
      title="Burn rate"
      meaning="1× uses the budget up exactly at the end of the period; a pair holds when both its windows cross the line."
    >
      <ul className="burn-rows">
        {rows.map((row) => (
          <BurnPair key={`${row.window.severity} ${row.name}`} row={row} />
        ))}
      </ul>
    </Panel>
  );
}

function BurnPair({ row }: { readonly row: BurnRow }): ReactNode {
  const { window, name, longRatio, shortRatio, says } = row;
  const { severity, factor, longBurn, shortBurn, longWindowMs, shortWindowMs, badInLongWindow } = window;
  const color = window.holds ? (severity === 'page' ? 'var(--burning)' : 'var(--ticket)') : 'var(--text-2)';
  return (
    <li className="burn-row">
      <div className="burn-head">
        <StateMark
          state={window.holds ? (severity === 'page' ? 'burning' : 'ticket') : 'ok'}
          word={severity}
        />
        <span>{name}</span>
        <span className="hint">line at {formatNumber(factor)}×</span>
        <span className="hint burn-since">{formatCount(badInLongWindow)} bad</span>
      </div>
      <BurnBar window={formatWindow(longWindowMs)} burn={longBurn} ratio={longRatio} color={color} />
      <BurnBar window={formatWindow(shortWindowMs)} burn={shortBurn} ratio={shortRatio} color={color} />
      <p className="hint">{says}</p>
    </li>
  );
}

function BurnBar(props: {
  readonly window: string;
  readonly burn: number;
  readonly ratio: number;
  readonly color: string;
}): ReactNode {
  const { window, burn, ratio, color } = props;
  return (
    <div className="burn-bar">
      <span className="hint">{window}</span>
      <div className="burn-track" aria-hidden="true">
        <div className="bar-fill" style={{ width: `${ratio * 100}%`, background: color }} />
        <div className="factor-line" style={{ left: `${FACTOR_AT * 100}%` }} />
      </div>
      <span className="number">{formatBurn(burn)}</span>
    </div>
  );
}
