import type { ReactNode } from 'react';
import { metricsTarget } from '#dashboards/console/core/links.ts';
import { formatBytes, formatCount, formatNumber, formatRate } from '#dashboards/console/core/numbers.ts';
import { exporterView, failingText, type ExporterView } from '#dashboards/console/core/pipeline/exporters.ts';
import { deliveredTo, rateOf, ratesOver, type Look } from '#dashboards/console/core/pipeline/history.ts';
import { reasonsText } from '#dashboards/console/core/pipeline/ledger-words.ts';
import type { TextPage } from '#dashboards/console/core/prometheus-text.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import { useNow } from '#dashboards/console/web/data/now.ts';
import type { LedgerRow, PipelineExporter } from '#dashboards/console/web/data/own-api.ts';
import { Breakable } from '#dashboards/console/web/parts/breakable.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { Sparkline } from '#dashboards/console/web/parts/sparkline.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';

interface ExportersProps {
  readonly exporters: readonly PipelineExporter[];
  readonly rows: readonly LedgerRow[];
  readonly looks: readonly Look[];
  readonly page: TextPage | undefined;
}

/** Other servers that get what comes in. What they do not take waits in the journal. */
export function Exporters({ exporters, rows, looks, page }: ExportersProps): ReactNode {
  if (exporters.length === 0) return null;
  return (
    <Panel title="Exporters" meaning="on to other servers; what they do not take waits in the journal">
      <ul className="flow-rows">
        {exporters.map((exporter) => (
          <Row
            key={exporter.name}
            exporter={exporterView(exporter, rows, page)}
            reasons={reasonsText(rows.filter(({ consumer }) => consumer === exporter.consumer))}
            looks={looks}
          />
        ))}
      </ul>
    </Panel>
  );
}

interface RowProps {
  readonly exporter: ExporterView;
  readonly reasons: string;
  readonly looks: readonly Look[];
}

function Row({ exporter, reasons, looks }: RowProps): ReactNode {
  const { name, consumer, sends, share, delivered, held, dropped, heldBytes, lagMs } = exporter;
  const deliveredItems = deliveredTo(consumer);
  const { path, query } = metricsTarget(`plimsoll_exporter_lag_seconds{exporter=${JSON.stringify(name)}}`);
  return (
    <li>
      <div className="flow-head">
        <h3>
          <Link to={keepingRange(path, query)}>{name}</Link>
        </h3>
        <span className="label">
          {sends}
          {share !== undefined && `, ${share.length} partitions here`}
        </span>
        <span className="flow-rate">{formatRate(rateOf(looks, deliveredItems))}</span>
      </div>
      <Sparkline
        values={ratesOver(looks, deliveredItems)}
        label={`Items delivered by ${name} a second, the last minute`}
      />
      <State exporter={exporter} />
      <p className="label flow-facts">
        <span>{formatCount(delivered)} delivered</span>
        <span>
          {formatNumber(held)} held
          {heldBytes !== undefined && held > 0 && ` (${formatBytes(heldBytes)} of the journal)`}
          {lagMs !== undefined && held > 0 && `, the oldest ${formatDuration(lagMs)} old`}
        </span>
        <span className={dropped > 0 ? 'state-burning' : undefined}>
          {dropped === 0 ? '0 dropped' : `▲ ${formatNumber(dropped)} dropped: ${reasons}`}
        </span>
      </p>
    </li>
  );
}

/** Whether the destination takes it; if not, since when, and in its words. */
function State({ exporter: { state } }: { readonly exporter: ExporterView }): ReactNode {
  const now = useNow();
  if (state.kind === 'sending')
    return (
      <p className="label">
        <StateMark state="ok" word="sending" />
      </p>
    );
  return (
    <>
      <p className="label">
        <StateMark state="ticket" word="failing" /> since <Time ms={state.sinceUnixMs} />,{' '}
        {failingText(state, now)}
      </p>
      <p className="flow-error">
        <Breakable text={state.error} />
      </p>
    </>
  );
}
