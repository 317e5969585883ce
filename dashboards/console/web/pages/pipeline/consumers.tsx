import type { ReactNode } from 'react';
import { metricsTarget } from '#dashboards/console/core/links.ts';
import { formatBytes, formatNumber, formatRate } from '#dashboards/console/core/numbers.ts';
import {
  deliveredTo,
  lagMs,
  rateOf,
  ratesOver,
  type Look,
} from '#dashboards/console/core/pipeline/history.ts';
import {
  consumerTask,
  droppedOf,
  lagText,
  reasonsText,
} from '#dashboards/console/core/pipeline/ledger-words.ts';
import { LAG_NOTABLE_MS } from '#dashboards/console/core/pipeline/sentence.ts';
import { sumOf, type TextPage } from '#dashboards/console/core/prometheus-text.ts';
import { pathOf } from '#dashboards/console/core/route.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import type { LedgerRow } from '#dashboards/console/web/data/own-api.ts';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { Sparkline } from '#dashboards/console/web/parts/sparkline.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';

interface ConsumersProps {
  readonly rows: readonly LedgerRow[];
  readonly looks: readonly Look[];
  readonly page: TextPage | undefined;
}

/** Who reads the journal to make something of it here, each at its own pace. */
export function Consumers({ rows, looks, page }: ConsumersProps): ReactNode {
  const names = [...new Set(rows.map(({ consumer }) => consumer))];
  return (
    <Panel title="Consumers" meaning="each reads everything, at its own pace">
      <ul className="flow-rows">
        {names.map((name) => (
          <Row
            key={name}
            name={name}
            rows={rows.filter(({ consumer }) => consumer === name)}
            looks={looks}
            heldBytes={page && sumOf(page, 'plimsoll_journal_held_bytes', { consumer: name })}
          />
        ))}
      </ul>
    </Panel>
  );
}

interface RowProps {
  readonly name: string;
  readonly rows: readonly LedgerRow[];
  readonly looks: readonly Look[];
  readonly heldBytes: number | undefined;
}

function Row({ name, rows, looks, heldBytes }: RowProps): ReactNode {
  const lag = lagMs(looks, name);
  const held = rows.reduce((sum, row) => sum + row.held, 0);
  const dropped = rows.reduce((sum, row) => sum + droppedOf(row), 0);
  const isLate = looks.length > 1 && (lag === null || lag > LAG_NOTABLE_MS);
  const delivered = deliveredTo(name);
  const shown = whereItShows(name);
  return (
    <li>
      <div className="flow-head">
        <h3>{shown === undefined ? name : <Link to={shown}>{name}</Link>}</h3>
        <span className="label">{consumerTask(name)}</span>
        <span className="flow-rate">{formatRate(rateOf(looks, delivered))}</span>
      </div>
      <Sparkline
        values={ratesOver(looks, delivered)}
        label={`Items delivered to ${name} a second, the last minute`}
      />
      <p className="label flow-facts">
        <StateMark
          state={isLate ? 'catching-up' : 'ok'}
          word={looks.length > 1 || held === 0 ? `${lagText(lag)} behind` : 'lag not known yet'}
        />
        <span>
          {formatNumber(held)} held
          {heldBytes !== undefined && held > 0 && ` (${formatBytes(heldBytes)} of segments)`}
        </span>
        <span className={dropped > 0 ? 'state-burning' : undefined}>
          {dropped === 0 ? '0 dropped' : `▲ ${formatNumber(dropped)} dropped: ${reasonsText(rows)}`}
        </span>
      </p>
    </li>
  );
}

/** The page that shows what a consumer made of it; undefined for another program's. */
function whereItShows(name: string): string | undefined {
  if (name === 'alerting') return keepingRange(pathOf({ page: 'slos' }));
  if (name === 'metrics') return keepingRange(pathOf({ page: 'metrics' }));
  if (name === 'documents') return keepingRange(pathOf({ page: 'traces' }));
  if (name !== 'connectors') return undefined;
  const { path, query } = metricsTarget('sum by (service_name) (rate(traces_span_metrics_calls_total[5m]))');
  return keepingRange(path, query);
}
