import type { ReactNode } from 'react';
import { formatBytes, formatCount, formatNumber, formatRate } from '#dashboards/console/core/numbers.ts';
import type { ReceiverView } from '#dashboards/console/core/pipeline/receivers.ts';
import { pathOf } from '#dashboards/console/core/route.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import type { ApiError } from '#dashboards/console/web/data/client.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';

interface ReceiversProps {
  readonly receivers: readonly ReceiverView[];
  /** Items a second that are made here out of others. */
  readonly derived: number | null;
  readonly error: ApiError | undefined;
  readonly awaited: boolean;
}

/** Where telemetry comes in. */
export function Receivers({ receivers, derived, error, awaited }: ReceiversProps): ReactNode {
  return (
    <Panel
      title="Receivers"
      meaning="items since the start"
      loading={awaited && error === undefined}
      error={error}
      actions={<CopyCurl path="/metrics" />}
    >
      {!awaited && receivers.length === 0 && (
        <Empty>
          Nothing has come in since the start. Send OTLP to /v1/traces, /v1/logs or /v1/metrics of the
          receiver, 127.0.0.1:4318 unless configured otherwise, or see the demo with <code>npm start</code>.
        </Empty>
      )}
      <ul className="flow-rows">
        {receivers.map((receiver) => (
          <Row key={receiver.name} receiver={receiver} />
        ))}
        {derived !== null && derived > 0 && (
          <li>
            <div className="flow-head">
              <h3>made of spans</h3>
              <span className="flow-rate">{formatRate(derived)}</span>
            </div>
            <p className="label">the connectors' metrics, put on the journal like all others</p>
          </li>
        )}
      </ul>
    </Panel>
  );
}

function Row({ receiver }: { readonly receiver: ReceiverView }): ReactNode {
  const { name, title, rate, accepted, answered, refused, inFlightBytes, meanMs } = receiver;
  const asked = name === 'prometheus' ? 'scrapes' : 'requests';
  return (
    <li>
      <div className="flow-head">
        <h3>
          <Link to={keepingRange(pathOf({ page: name === 'prometheus' ? 'metrics' : 'traces' }))}>
            {title}
          </Link>
        </h3>
        <span className="flow-rate">{formatRate(rate)}</span>
      </div>
      <p className="label">
        {formatCount(accepted)} items in {formatCount(answered)} {asked}
        {meanMs !== null && `, answered in ${formatDuration(meanMs)} on average`}
        {inFlightBytes !== undefined && inFlightBytes > 0 && `, ${formatBytes(inFlightBytes)} in flight`}
      </p>
      {refused > 0 && (
        <p className="label">
          <span className="state-ticket">
            ◆ {formatNumber(refused)} {refused === 1 ? asked.slice(0, -1) : asked} refused or failed
          </span>
          , <a href="#refusals">why</a>
        </p>
      )}
    </li>
  );
}
