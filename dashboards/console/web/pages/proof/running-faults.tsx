import { useCallback, type ReactNode } from 'react';
import type { Fault, FaultList } from '#dashboards/console/core/chaos/faults.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { OWN, sendJson, type ApiError } from '#dashboards/console/web/data/client.ts';
import { useAction } from '#dashboards/console/web/data/use-action.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Failure } from '#dashboards/console/web/parts/failure.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';

interface RunningFaultsProps {
  readonly list: FaultList | undefined;
  readonly error: ApiError | undefined;
  readonly onChanged: () => void;
}

const ENDED_SHOWN_MAX = 5;

/** Faults that are on, with what is left of their lease, and the last that are over. */
export function RunningFaults({ list, error, onChanged }: RunningFaultsProps): ReactNode {
  const stop = useCallback(
    async (id: string) => sendJson('DELETE', `${OWN}/faults/${encodeURIComponent(id)}`),
    [],
  );
  const action = useAction(stop);
  const active = list?.active ?? [];
  const ended = (list?.ended ?? []).slice(-ENDED_SHOWN_MAX).toReversed();
  return (
    <Panel
      title="On now"
      meaning="each is a lease and ends by itself"
      actions={<CopyCurl path={`${OWN}/faults`} />}
      loading={list === undefined}
      error={error}
    >
      {action.error !== undefined && <Failure error={action.error} />}
      {list !== undefined && active.length === 0 && <Empty>Nothing is broken on purpose.</Empty>}
      {active.length > 0 && (
        <ul className="proof-active">
          {active.map((fault) => (
            <li key={fault.id}>
              <ActiveFault
                fault={fault}
                busy={action.busy}
                onStop={() => void action.run(fault.id).then(onChanged)}
              />
            </li>
          ))}
        </ul>
      )}
      {ended.length > 0 && (
        <details>
          <summary className="label">Over: the last {ended.length}</summary>
          <div className="scroll-x" tabIndex={0} role="group" aria-label="Faults that are over">
            <table>
              <thead>
                <tr>
                  <th>Fault</th>
                  <th>Target</th>
                  <th>Began</th>
                  <th className="number">Lasted</th>
                  <th>Ended by</th>
                </tr>
              </thead>
              <tbody>
                {ended.map(({ id, fault, target, startedMs, endedMs, endedBy }) => (
                  <tr key={id}>
                    <td>{fault}</td>
                    <td>{target}</td>
                    <td>
                      <Time ms={startedMs} />
                    </td>
                    <td className="number">
                      {endedMs === undefined ? '–' : formatDuration(endedMs - startedMs)}
                    </td>
                    <td>{endedBy ?? '–'}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </Panel>
  );
}

function ActiveFault({
  fault,
  busy,
  onStop,
}: {
  readonly fault: Fault;
  readonly busy: boolean;
  readonly onStop: () => void;
}): ReactNode {
  const { fault: name, target, startedMs, leaseMs, parameters, sham } = fault;
  const told = Object.entries(parameters)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key} ${value}`)
    .join(', ');
  return (
    <div className="proof-fault">
      <span className="big-number" role="timer" aria-label={`${Math.ceil(leaseMs / 1000)} seconds left`}>
        {Math.ceil(leaseMs / 1000)} s
      </span>
      <div>
        <strong>
          {name} on {target}
        </strong>
        {sham && <span className="label"> (a sham: it does nothing)</span>}
        <p className="hint">
          {told !== '' && `${told} · `}since <Time ms={startedMs} />, left of its lease
        </p>
      </div>
      <button type="button" disabled={busy} onClick={onStop} aria-label={`Stop ${name} on ${target}`}>
        Stop
      </button>
    </div>
  );
}
