import type { ReactNode } from 'react';
import { reasonOf } from '#dashboards/console/core/incident/words.ts';
import type { PhoneAlert, PhonePage } from '#dashboards/console/core/receiver/page.ts';
import { pathOf } from '#dashboards/console/core/route.ts';
import { Copy } from '#dashboards/console/web/parts/copy.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { SeriesName } from '#dashboards/console/web/parts/series-name.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';
import { Ago, Time } from '#dashboards/console/web/parts/time.tsx';

interface PhoneMessageProps {
  readonly message: PhonePage;
  readonly open: boolean;
  readonly onToggle: () => void;
}

/** One notification, as it would light up a phone. */
export function PhoneMessage({ message, open, onToggle }: PhoneMessageProps): ReactNode {
  const { receivedMs, reason, alerts, payload } = message;
  const json = open ? JSON.stringify(payload, null, 2) : '';
  return (
    <li className="phone-message">
      <p className="phone-head">
        <span className="label">Plimsoll{reason !== '' && ` · ${reason}`}</span>
        <span className="label">
          <Time ms={receivedMs} exact /> · <Ago ms={receivedMs} />
        </span>
      </p>
      {alerts.map((alert) => (
        <AlertText key={alert.key} alert={alert} />
      ))}
      <p className="phone-raw">
        <button type="button" className="copy quiet" aria-expanded={open} onClick={onToggle}>
          {open ? 'Hide the payload' : 'Payload as it came'}
        </button>
        {open && <Copy text={json} label="copy" />}
      </p>
      {open && <pre className="phone-payload">{json}</pre>}
    </li>
  );
}

function AlertText({ alert }: { readonly alert: PhoneAlert }): ReactNode {
  const { status, severity, title, summary } = alert;
  const state = status === 'resolved' ? 'ok' : severity === 'ticket' ? 'ticket' : 'burning';
  return (
    <div className="phone-alert">
      <p className="phone-title">
        <StateMark state={state} word={status === 'firing' ? severity || 'firing' : 'resolved'} />{' '}
        <strong>{title}</strong>
      </p>
      {summary !== '' && status === 'firing' && <p>{summary}</p>}
      <Suspect alert={alert} />
      <Ways alert={alert} />
    </div>
  );
}

function Suspect({ alert: { suspect, suspectReason } }: { readonly alert: PhoneAlert }): ReactNode {
  if (suspect === '') return null;
  return (
    <p>
      <span className="label">Suspect </span>
      <SeriesName name={suspect} />{' '}
      <span className="hint">{reasonOf({ service: suspect, reason: suspectReason })}</span>
    </p>
  );
}

/** Addresses are made of the ids in it, never taken from it. */
function Ways({ alert: { incidentId, traceId, service } }: { readonly alert: PhoneAlert }): ReactNode {
  return (
    <p className="phone-links">
      {incidentId !== undefined && (
        <Link to={pathOf({ page: 'incident', id: incidentId })}>Open the incident</Link>
      )}
      {traceId !== undefined && <Link to={pathOf({ page: 'trace', id: traceId })}>A failing trace</Link>}
      {service !== '' && incidentId === undefined && <span className="hint">{service}</span>}
    </p>
  );
}
