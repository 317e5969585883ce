import { useMemo, type ReactNode } from 'react';
import { bestOf, summaryOf } from '#dashboards/console/core/incident/spans.ts';
import {
  culpritText,
  markOfIncident,
  reasonOf,
  sinceMs,
  whatOf,
} from '#dashboards/console/core/incident/words.ts';
import { traceTarget } from '#dashboards/console/core/links.ts';
import { pathOf } from '#dashboards/console/core/route.ts';
import { useLive } from '#dashboards/console/web/data/live.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import type { Incident, Slo } from '#dashboards/console/web/data/own-api.ts';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { SeriesName } from '#dashboards/console/web/parts/series-name.tsx';
import { StateMark } from '#dashboards/console/web/parts/state-mark.tsx';
import { Ago, Time } from '#dashboards/console/web/parts/time.tsx';
import type { SideTraces } from '#dashboards/console/web/pages/slos/use-sides.ts';

interface OpenIncidentProps {
  readonly slo: Slo;
  readonly sides: SideTraces;
}

/** Whoever comes from an alert looks for this: since when, who did it, the way to the span that shows it. */
export function OpenIncident({ slo, sides }: OpenIncidentProps): ReactNode {
  const incidents = useLive('incidents').data?.incidents ?? [];
  const incident = incidents
    .filter(({ sloId, state }) => sloId === slo.id && state === 'firing')
    .toSorted((a, b) => rankOf(a) - rankOf(b) || a.startsAtMs - b.startsAtMs)[0];
  if (incident === undefined) return null;
  const began = sinceMs(incident);
  const [suspect] = incident.evidence.suspects;
  return (
    <Panel
      title="Open incident"
      className="wide"
      meaning={
        <>
          <StateMark state={markOfIncident(incident)} word={whatOf(incident)} /> since <Time ms={began} /> (
          <Ago ms={began} />)
        </>
      }
    >
      <div className="slo-incident">
        <Way incident={incident} sides={sides} />
        <Link to={pathOf({ page: 'incident', id: incident.id })}>Open the incident</Link>
        <span>
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
        </span>
      </div>
    </Panel>
  );
}

/** A page before a ticket. */
function rankOf({ severity }: Incident): number {
  return severity === 'page' ? 0 : 1;
}

/** Straight to the span that tells most about the suspect, of the bad traces of the page. */
function Way({
  incident,
  sides: { bad, loading },
}: {
  readonly incident: Incident;
  readonly sides: SideTraces;
}): ReactNode {
  const suspect = incident.evidence.suspects[0]?.service;
  const best = useMemo(() => bestOf(bad.flatMap((trace) => summaryOf(trace, suspect) ?? [])), [bad, suspect]);
  if (best?.culprit === undefined)
    return loading ? <span className="hint">Looking for failing spans…</span> : null;
  const { path, query } = traceTarget(best.traceId, best.culprit.spanId);
  return (
    <Link to={keepingRange(path, query)} className="slo-culprit">
      {culpritText(best.culprit, suspect)} →
    </Link>
  );
}
