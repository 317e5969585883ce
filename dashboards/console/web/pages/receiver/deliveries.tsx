import type { ReactNode } from 'react';
import { attemptsText, deliveryLook, groupText } from '#dashboards/console/core/receiver/delivery.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { OWN, type ApiError } from '#dashboards/console/web/data/client.ts';
import type { Delivery } from '#dashboards/console/web/data/own-api.ts';
import { Breakable } from '#dashboards/console/web/parts/breakable.tsx';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { Stale } from '#dashboards/console/web/parts/stale.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';
import { Ago, Time } from '#dashboards/console/web/parts/time.tsx';

interface DeliveriesProps {
  readonly deliveries: readonly Delivery[] | undefined;
  readonly error: ApiError | undefined;
  readonly staleSinceMs: number | undefined;
}

/** Every notification on its way out: to whom, why, each attempt. */
export function Deliveries({ deliveries, error, staleSinceMs }: DeliveriesProps): ReactNode {
  return (
    <Panel
      title="Deliveries"
      meaning="as Plimsoll sent them; kept on disk until accepted"
      actions={
        <>
          <Stale sinceMs={staleSinceMs} />
          <CopyCurl path={`${OWN}/deliveries?limit=50`} />
        </>
      }
      loading={deliveries === undefined}
      error={error}
    >
      {deliveries?.length === 0 && (
        <Empty>No notification has been due. One leaves as soon as an alert fires.</Empty>
      )}
      {deliveries !== undefined && deliveries.length > 0 && (
        <div className="scroll-x" tabIndex={0} role="group" aria-label="Deliveries">
          <table className="deliveries">
            <thead>
              <tr>
                <th>State</th>
                <th>What</th>
                <th>Due</th>
                <th>Attempts</th>
              </tr>
            </thead>
            <tbody>
              {deliveries.map((delivery) => (
                <DeliveryRow key={delivery.id} delivery={delivery} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function DeliveryRow({ delivery }: { readonly delivery: Delivery }): ReactNode {
  const { state, receiver, groupKey, reason, createdAtMs, attempts, nextAttemptAtMs } = delivery;
  const { mark, word } = deliveryLook(state, attempts.length);
  return (
    <tr>
      <td>
        <StateMark state={mark} word={word} />
      </td>
      <td>
        <Breakable text={groupText(groupKey)} />
        <br />
        <span className="hint">
          {reason}, to {receiver}
        </span>
      </td>
      <td>
        <Time ms={createdAtMs} />
      </td>
      <td>
        {attempts.slice(-3).map(({ atMs, durationMs, outcome }) => (
          <div key={atMs}>
            {outcome} <span className="hint">after {formatDuration(durationMs)}</span>
          </div>
        ))}
        <span className="hint">
          {attemptsText(attempts.length)}
          {nextAttemptAtMs !== null && (
            <>
              {attempts.length > 0 ? ', next ' : 'first '}
              <Ago ms={nextAttemptAtMs} />
            </>
          )}
        </span>
      </td>
    </tr>
  );
}
