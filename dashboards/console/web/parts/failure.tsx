import { useState, type FormEvent, type ReactNode } from 'react';
import { rememberKey, type ApiError } from '#dashboards/console/web/data/client.ts';

/** What went wrong and the way out; where a key is missing it can be given here. */
export function Failure({ error }: { readonly error: ApiError }): ReactNode {
  if (error.status === 401) return <KeyForm />;
  return (
    <div className="failure" role="alert">
      {error.message}
      {error.code !== undefined && <span className="hint mono"> {error.code}</span>}
    </div>
  );
}

function KeyForm(): ReactNode {
  const [key, setKey] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    rememberKey(key);
    location.reload();
  };
  return (
    <form className="failure" onSubmit={submit}>
      <p>This Plimsoll asks for its API key (server.api_key in its configuration).</p>
      <div className="toolbar">
        <input
          type="password"
          aria-label="API key"
          autoComplete="off"
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
        <button type="submit" disabled={key === ''}>
          Use this key in this tab
        </button>
      </div>
    </form>
  );
}
