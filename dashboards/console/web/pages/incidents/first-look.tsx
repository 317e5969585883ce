import type { ReactNode } from 'react';
import { around, aroundStart, rangeQuery } from '#dashboards/console/core/incident/around.ts';
import {
  culpritText,
  markOfIncident,
  nextStep,
  presentSentence,
  reasonOf,
  sinceMs,
  whatOf,
} from '#dashboards/console/core/incident/words.ts';
import { logsTarget } from '#dashboards/console/core/links.ts';
import { pathOf } from '#dashboards/console/core/route.ts';
import { formatDuration } from '#dashboards/console/core/times.ts';
import type { Incident, Slo } from '#dashboards/console/web/data/own-api.ts';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { SeriesName } from '#dashboards/console/web/parts/series-name.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';
import { Ago, Time } from '#dashboards/console/web/parts/time.tsx';
import { IncidentActions } from '#dashboards/console/web/pages/incidents/incident-actions.tsx';
import { culpritAddress } from '#dashboards/console/web/pages/incidents/traces.tsx';
import type { FailingTraces } from '#dashboards/console/web/pages/incidents/use-failing-traces.ts';

interface FirstLookProps {
  readonly incident: Incident;
  readonly slo: Slo | undefined;
  readonly failing: FailingTraces;
  readonly onChanged: () => void;
}

/** What a person needs at 3 a.m. before all else: what burns, since when, who did it, the way there. */
export function FirstLook({ incident, slo, failing, onChanged }: FirstLookProps): ReactNode {
  const [suspect] = incident.evidence.suspects;
  const present = presentSentence(incident, slo);
  return (
    <section className="panel incident-first" aria-label="First look">
      <p className="incident-what">
        <StateMark
          state={markOfIncident(incident)}
          word={incident.state === 'resolved' ? 'resolved' : whatOf(incident)}
        />
        <Since incident={incident} />
        {present !== '' && <span className="label">{present}</span>}
        <Acknowledged incident={incident} />
      </p>
      <p>
        <span className="label">First suspect </span>
        {suspect === undefined ? (
          'none stands out'
        ) : (
          <>
            <strong>
              <SeriesName name={suspect.service} />
            </strong>{' '}
            {reasonOf(suspect)}
          </>
        )}
      </p>
      <div className="incident-do">
        <CulpritLink incident={incident} failing={failing} />
        <IncidentActions incident={incident} onChanged={onChanged} />
      </div>
      <p className="incident-next">
        <span className="label">Next step </span>
        {nextStep(incident)}
      </p>
    </section>
  );
}

function Since({ incident }: { readonly incident: Incident }): ReactNode {
  const began = sinceMs(incident);
  return (
    <span>
      since <Time ms={began} />{' '}
      <span className="label">
        {incident.endsAtMs === null ? (
          <>
            (<Ago ms={began} />)
          </>
        ) : (
          `for ${formatDuration(incident.endsAtMs - began)}`
        )}
      </span>
    </span>
  );
}

function Acknowledged({ incident }: { readonly incident: Incident }): ReactNode {
  const { acknowledgedBy, acknowledgedAtMs, state } = incident;
  if (acknowledgedBy === null) {
    return (
      <span className="label">{state === 'firing' ? 'nobody has it yet' : 'nobody acknowledged it'}</span>
    );
  }
  return (
    <span>
      <span className="state-ok" aria-hidden="true">
        ●
      </span>{' '}
      {acknowledgedBy} has it
      {acknowledgedAtMs !== null && (
        <span className="label">
          {' '}
          since <Time ms={acknowledgedAtMs} />
        </span>
      )}
    </span>
  );
}

/** The one way on: to the failing span, or where there is none to the logs of the suspect. */
function CulpritLink({ incident, failing }: Pick<FirstLookProps, 'incident' | 'failing'>): ReactNode {
  const suspect = incident.evidence.suspects[0]?.service;
  const { best, newestId, answered } = failing;
  if (best?.culprit !== undefined) {
    return (
      <Link to={culpritAddress(best)} className="incident-culprit">
        {culpritText(best.culprit, suspect)} →
      </Link>
    );
  }
  // The page of a trace selects its first cause by itself.
  if (newestId !== undefined && (!answered || failing.traces.length > 0)) {
    return (
      <Link to={pathOf({ page: 'trace', id: newestId })} className="incident-culprit">
        Newest failing trace →
      </Link>
    );
  }
  if (!answered) return <span className="incident-culprit hint">Looking for failing spans…</span>;
  const service = suspect ?? incident.service;
  const range = rangeQuery(aroundStart(incident));
  return (
    <Link to={around(logsTarget(service), range)} className="incident-culprit">
      Logs of {service} around the start →
    </Link>
  );
}
