import { useCallback, useMemo, useState, type FormEvent, type ReactNode } from 'react';
import {
  labelsOf,
  matchersOf,
  matcherText,
  previewPath,
  SILENCE_DURATIONS_MS,
  silenceBody,
  type SilenceMatcher,
} from '#dashboards/console/core/incident/silence.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import { sendJson } from '#dashboards/console/web/data/client.ts';
import type { Incident } from '#dashboards/console/web/data/own-api.ts';
import { rememberPerson, usePerson } from '#dashboards/console/web/data/person.ts';
import { useAction } from '#dashboards/console/web/data/use-action.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import { Dialog } from '#dashboards/console/web/parts/dialog.tsx';
import { Failure } from '#dashboards/console/web/parts/failure.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';
import type { GettableAlert } from '#dashboards/console/web/pages/incidents/use-alert.ts';

interface SilenceDialogProps {
  readonly incident: Incident;
  readonly alert: GettableAlert | undefined;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Which matchers, how long, by whom and why; and whom that would match now. */
export function SilenceDialog({ incident, alert, onClose, onDone }: SilenceDialogProps): ReactNode {
  const all = useMemo(() => matchersOf(alert?.labels ?? labelsOf(incident)), [alert, incident]);
  const [off, setOff] = useState<readonly string[]>([]);
  const [forMs, setForMs] = useState(SILENCE_DURATIONS_MS[1] ?? 0);
  const person = usePerson();
  const [name, setName] = useState(person);
  const [comment, setComment] = useState('');
  const matchers = all.filter((matcher) => !off.includes(matcher.name));
  const send = useCallback(async (body: unknown) => sendJson('POST', '/api/v2/silences', body), []);
  const action = useAction(send);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    rememberPerson(name.trim());
    const startsAt = new Date().toISOString();
    const endsAt = new Date(Date.now() + forMs).toISOString();
    const who = { createdBy: name.trim(), comment: comment.trim() };
    if (await action.run(silenceBody(matchers, { startsAt, endsAt }, who))) onDone();
  };
  const ready = matchers.length > 0 && name.trim() !== '' && comment.trim() !== '';
  return (
    <Dialog title="Silence" onClose={onClose}>
      <form className="incident-form" onSubmit={(event) => void submit(event)}>
        <Matchers all={all} off={off} onChange={setOff} />
        <Preview path={matchers.length === 0 ? undefined : previewPath(matchers)} />
        <div className="incident-pair">
          <label>
            <span className="label">For</span>
            <select value={forMs} onChange={(event) => setForMs(Number(event.target.value))}>
              {SILENCE_DURATIONS_MS.map((ms) => (
                <option key={ms} value={ms}>
                  {formatDuration(ms)}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span className="label">Your name</span>
            <input value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />
          </label>
        </div>
        <label>
          <span className="label">Why</span>
          <input
            value={comment}
            maxLength={1000}
            placeholder="What is being done about it"
            onChange={(event) => setComment(event.target.value)}
          />
        </label>
        {action.error !== undefined && <Failure error={action.error} />}
        <div className="toolbar">
          <button type="submit" disabled={!ready || action.busy}>
            Silence for {formatDuration(forMs)}
          </button>
          <span className="hint">Nobody is paged meanwhile; the incident stays open here.</span>
        </div>
      </form>
    </Dialog>
  );
}

function Matchers({
  all,
  off,
  onChange,
}: {
  readonly all: readonly SilenceMatcher[];
  readonly off: readonly string[];
  readonly onChange: (off: readonly string[]) => void;
}): ReactNode {
  return (
    <fieldset>
      <legend className="label">Alerts with all of these labels</legend>
      {all.map((matcher) => (
        <label key={matcher.name} className="incident-check">
          <input
            type="checkbox"
            checked={!off.includes(matcher.name)}
            onChange={({ target }) => {
              const others = off.filter((other) => other !== matcher.name);
              onChange(target.checked ? others : [...others, matcher.name]);
            }}
          />
          <code>{matcherText(matcher)}</code>
        </label>
      ))}
    </fieldset>
  );
}

function Preview({ path }: { readonly path: string | undefined }): ReactNode {
  const { data, error } = useJson<readonly GettableAlert[]>(path, { everyMs: 5000, keepAs: 'preview' });
  if (path === undefined)
    return <p className="failure">Choose at least one label: a silence for everything hides everything.</p>;
  return (
    <div className="incident-preview" aria-live="polite">
      {error !== undefined && <Failure error={error} />}
      {data !== undefined && (
        <p className="label">
          {data.length === 0
            ? 'Matches no alert that fires now. Those that fire later are silenced too.'
            : `Matches ${data.length === 1 ? 'one alert that fires' : `${data.length} alerts that fire`} now:`}
        </p>
      )}
      <ul>
        {(data ?? []).slice(0, 10).map(({ fingerprint, labels }) => (
          <li key={fingerprint}>
            <StateMark
              state={labels['severity'] === 'ticket' ? 'ticket' : 'burning'}
              word={labels['severity'] ?? 'alert'}
            />{' '}
            {labels['slo_id'] ?? labels['alertname']}
          </li>
        ))}
      </ul>
      {(data?.length ?? 0) > 10 && <p className="hint">and {(data?.length ?? 0) - 10} more</p>}
    </div>
  );
}
