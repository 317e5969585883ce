import { useCallback, type ReactNode } from 'react';
import {
  leaseOf,
  LEASES_MS,
  parametersOf,
  startable,
  targetsOf,
  willHappen,
  type Fault,
  type FaultKind,
  type FaultParameter,
} from '#dashboards/console/core/chaos/faults.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { OWN, sendJson, type ApiError } from '#dashboards/console/web/data/client.ts';
import { changeQuery, useAddress, useParameter } from '#dashboards/console/web/data/location.ts';
import { useAction } from '#dashboards/console/web/data/use-action.ts';
import { Failure } from '#dashboards/console/web/parts/failure.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';

interface StartFaultProps {
  readonly kinds: readonly FaultKind[] | undefined;
  readonly error: ApiError | undefined;
  /** One at a time: what is on must end first. */
  readonly busyWith: Fault | undefined;
  readonly blocked: boolean;
  readonly onChanged: () => void;
}

/** Choose a fault, a target and a time; read what will happen; start it. */
export function StartFault({ kinds, error, busyWith, blocked, onChanged }: StartFaultProps): ReactNode {
  const { can, cannot } = startable(kinds ?? []);
  const [chosen] = useParameter('fault');
  const kind = can.find(({ name }) => name === chosen) ?? can[0];
  return (
    <Panel
      title="Break something"
      meaning="one fault at a time, always for a fixed time"
      loading={kinds === undefined}
      error={error}
    >
      {kind !== undefined && (
        <div className="proof-start">
          <Kinds kinds={can} chosen={kind} />
          <Form key={kind.name} kind={kind} busyWith={busyWith} blocked={blocked} onChanged={onChanged} />
        </div>
      )}
      {cannot.length > 0 && (
        <details className="proof-cannot">
          <summary className="label">{cannot.length} cannot be done here</summary>
          <dl className="facts">
            {cannot.map(({ kind: other, reason }) => (
              <div key={other.name} className="fact">
                <dt>{other.name}</dt>
                <dd>
                  {other.summary}: <span className="label">{reason}</span>
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </Panel>
  );
}

function Kinds({
  kinds,
  chosen,
}: {
  readonly kinds: readonly FaultKind[];
  readonly chosen: FaultKind;
}): ReactNode {
  return (
    <ul className="proof-kinds" aria-label="Faults">
      {kinds.map(({ name, layer, summary }) => (
        <li key={name}>
          <button
            type="button"
            className="quiet"
            aria-pressed={name === chosen.name}
            title={summary}
            onClick={() => choose(name)}
          >
            {name} <span className="hint">{layer}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Parameters of another fault mean something else: they go. */
function choose(fault: string): void {
  const query = new URLSearchParams(location.search);
  const others = [...query.keys()].filter((name) => name.startsWith('p.'));
  changeQuery({ ...Object.fromEntries(others.map((name) => [name, undefined])), fault });
}

function Form({
  kind,
  busyWith,
  blocked,
  onChanged,
}: Pick<StartFaultProps, 'busyWith' | 'blocked' | 'onChanged'> & { readonly kind: FaultKind }): ReactNode {
  const { query } = useAddress();
  const targets = targetsOf(kind);
  const wanted = query.get('target') ?? '';
  const target = targets.includes(wanted) ? wanted : (targets[0] ?? '');
  const forMs = leaseOf(query.get('for') ?? '');
  const parameters = parametersOf(kind, (name) => query.get(`p.${name}`) ?? '');
  const start = useCallback(async (body: unknown) => sendJson('POST', `${OWN}/faults`, body), []);
  const action = useAction(start);
  const submit = async (): Promise<void> => {
    if (await action.run({ fault: kind.name, target, parameters, forMs })) onChanged();
  };
  return (
    <form
      className="proof-form"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <div className="proof-fields">
        <label>
          <span className="label">Target</span>
          <select value={target} onChange={(event) => changeQuery({ target: event.target.value })}>
            {targets.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          <span className="label">For</span>
          <select
            value={forMs}
            onChange={(event) => changeQuery({ for: String(Number(event.target.value) / 1000) })}
          >
            {LEASES_MS.map((ms) => (
              <option key={ms} value={ms}>
                {formatDuration(ms)}
              </option>
            ))}
          </select>
        </label>
        {kind.parameters.map((parameter) => (
          <ParameterField key={parameter.name} parameter={parameter} />
        ))}
      </div>
      <p className="proof-will">{willHappen(kind, target, { parameters, forMs })}</p>
      {action.error !== undefined && <Failure error={action.error} />}
      <div className="toolbar">
        <button type="submit" disabled={action.busy || busyWith !== undefined || blocked}>
          Start {kind.name} on {target}
        </button>
        {busyWith !== undefined && (
          <span className="hint">
            {busyWith.fault} on {busyWith.target} is on: stop it, or wait until it ends.
          </span>
        )}
        {blocked && <span className="hint">Faults are blocked: plimsoll chaos allow lifts that.</span>}
      </div>
    </form>
  );
}

function ParameterField({ parameter }: { readonly parameter: FaultParameter }): ReactNode {
  const { name, unit, doc, expected, default: byDefault } = parameter;
  const [value, setValue] = useParameter(`p.${name}`);
  const names = /^one of (.+)$/.exec(expected)?.[1]?.split(', ');
  return (
    <label title={`${doc}: ${expected}`}>
      <span className="label">
        {name}
        {unit === '' ? '' : `, ${unit === 'share' ? '0 to 1' : unit}`}
      </span>
      {names === undefined ? (
        <input
          inputMode={typeof byDefault === 'number' ? 'decimal' : 'text'}
          value={value}
          placeholder={byDefault === '' ? 'any' : String(byDefault)}
          onChange={(event) => setValue(event.target.value, 'replace')}
        />
      ) : (
        <select
          value={value === '' ? String(byDefault) : value}
          onChange={(event) => setValue(event.target.value)}
        >
          {names.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      )}
      <span className="hint">{doc}</span>
    </label>
  );
}
