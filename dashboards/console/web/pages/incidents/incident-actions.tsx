import { useCallback, useState, type ReactNode } from 'react';
import type { Incident } from '#dashboards/console/web/data/own-api.ts';
import { OWN, sendJson } from '#dashboards/console/web/data/client.ts';
import { usePerson } from '#dashboards/console/web/data/person.ts';
import { useAction } from '#dashboards/console/web/data/use-action.ts';
import { Dialog } from '#dashboards/console/web/parts/dialog.tsx';
import { Failure } from '#dashboards/console/web/parts/failure.tsx';
import { PersonForm } from '#dashboards/console/web/pages/incidents/person-form.tsx';
import { SilenceDialog } from '#dashboards/console/web/pages/incidents/silence-dialog.tsx';
import { useAlert } from '#dashboards/console/web/pages/incidents/use-alert.ts';

interface ActionsProps {
  readonly incident: Incident;
  readonly onChanged: () => void;
}

type Asking = 'name' | 'note' | 'silence' | undefined;

/** Take it, give it back, note something, silence it. */
export function IncidentActions({ incident, onChanged }: ActionsProps): ReactNode {
  const [asking, setAsking] = useState<Asking>(undefined);
  const person = usePerson();
  const { alert, reload } = useAlert(incident);
  const send = useSend(incident);
  const { run, busy, error } = useAction(send);
  const act = async (...given: Parameters<typeof send>): Promise<void> => {
    if (!(await run(...given))) return;
    setAsking(undefined);
    onChanged();
  };
  const claim = incident.acknowledgedBy === null ? 'acknowledge' : 'unacknowledge';
  return (
    <>
      {incident.state === 'firing' && (
        <button
          type="button"
          disabled={busy}
          onClick={() => (person === '' ? setAsking('name') : void act(claim, { by: person }))}
        >
          {CLAIMS[claim]}
        </button>
      )}
      <MoreActions firing={incident.state === 'firing'} person={person} ask={setAsking} />
      <Silenced ids={alert?.status.silencedBy ?? NONE} onChanged={reload} />
      {asking === undefined && error !== undefined && <Failure error={error} />}
      {asking === 'name' && (
        <Dialog title={CLAIMS[claim]} onClose={() => setAsking(undefined)}>
          <PersonForm
            act={CLAIMS[claim]}
            busy={busy}
            error={error}
            onSubmit={(by) => void act(claim, { by })}
          />
        </Dialog>
      )}
      {asking === 'note' && (
        <Dialog title="Note" onClose={() => setAsking(undefined)}>
          <PersonForm
            act="Keep the note"
            textLabel="What you see, tried, or found"
            busy={busy}
            error={error}
            onSubmit={(by, text) => void act('notes', { by, text })}
          />
        </Dialog>
      )}
      {asking === 'silence' && (
        <SilenceDialog
          incident={incident}
          alert={alert}
          onClose={() => setAsking(undefined)}
          onDone={() => {
            setAsking(undefined);
            reload();
            onChanged();
          }}
        />
      )}
    </>
  );
}

const CLAIMS = { acknowledge: 'Acknowledge', unacknowledge: 'Give it back' } as const;
const NONE: readonly string[] = [];

function useSend({ id }: Incident) {
  return useCallback(
    async (verb: 'acknowledge' | 'unacknowledge' | 'notes', body: unknown) =>
      sendJson('POST', `${OWN}/incidents/${encodeURIComponent(id)}/${verb}`, body),
    [id],
  );
}

function MoreActions({
  firing,
  person,
  ask,
}: {
  readonly firing: boolean;
  readonly person: string;
  readonly ask: (asking: Asking) => void;
}): ReactNode {
  return (
    <>
      <button type="button" onClick={() => ask('note')}>
        Note
      </button>
      {firing && (
        <button type="button" onClick={() => ask('silence')}>
          Silence
        </button>
      )}
      {person !== '' && firing && (
        <button type="button" className="quiet copy" title="Change the name" onClick={() => ask('name')}>
          as {person}
        </button>
      )}
    </>
  );
}

/** Silences that keep its pages back, and the way to end them. */
function Silenced({
  ids,
  onChanged,
}: {
  readonly ids: readonly string[];
  readonly onChanged: () => void;
}): ReactNode {
  const end = useCallback(
    async () => Promise.all(ids.map((id) => sendJson('DELETE', `/api/v2/silence/${encodeURIComponent(id)}`))),
    [ids],
  );
  const action = useAction(end);
  if (ids.length === 0) return null;
  return (
    <span className="incident-silenced">
      <span className="label">Silenced: nobody is paged. </span>
      <button
        type="button"
        className="copy"
        disabled={action.busy}
        onClick={() => void action.run().then((done) => done && onChanged())}
      >
        End the silence
      </button>
      {action.error !== undefined && <Failure error={action.error} />}
    </span>
  );
}
