import { useState, type FormEvent, type ReactNode } from 'react';
import type { ApiError } from '#dashboards/console/web/data/client.ts';
import { rememberPerson, usePerson } from '#dashboards/console/web/data/person.ts';
import { Failure } from '#dashboards/console/web/parts/failure.tsx';

interface PersonFormProps {
  /** What the button says. */
  readonly act: string;
  /** A text is asked for beside the name. */
  readonly textLabel?: string;
  readonly busy: boolean;
  readonly error: ApiError | undefined;
  readonly onSubmit: (by: string, text: string) => void;
}

const NAME_CHARS_MAX = 200;
const TEXT_CHARS_MAX = 4000;

/** Asks who, and what they have to say; the name is remembered in this browser. */
export function PersonForm({ act, textLabel, busy, error, onSubmit }: PersonFormProps): ReactNode {
  const person = usePerson();
  const [name, setName] = useState(person);
  const [text, setText] = useState('');
  const ready = name.trim() !== '' && (textLabel === undefined || text.trim() !== '');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!ready) return;
    rememberPerson(name.trim());
    onSubmit(name.trim(), text.trim());
  };
  return (
    <form className="incident-form" onSubmit={submit}>
      <label>
        <span className="label">Your name</span>
        <input
          value={name}
          maxLength={NAME_CHARS_MAX}
          autoComplete="name"
          autoFocus={person === ''}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      {textLabel !== undefined && (
        <label>
          <span className="label">{textLabel}</span>
          <textarea
            rows={5}
            value={text}
            maxLength={TEXT_CHARS_MAX}
            autoFocus={person !== ''}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
      )}
      {error !== undefined && <Failure error={error} />}
      <div className="toolbar">
        <button type="submit" disabled={!ready || busy}>
          {act}
        </button>
        <span className="hint">The name is kept in this browser only.</span>
      </div>
    </form>
  );
}
