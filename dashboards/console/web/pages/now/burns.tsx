import type { ReactNode } from 'react';
import { formatBurn } from '#dashboards/console/core/numbers.ts';
import { pathOf } from '#dashboards/console/core/route.ts';
import {
  budgetWords,
  burnNow,
  exhaustionWords,
  isRecovering,
  needsAttention,
} from '#dashboards/console/core/slos/slo-words.ts';
import type { ApiError } from '#dashboards/console/web/data/client.ts';
import { useLive } from '#dashboards/console/web/data/live.ts';
import { keepingRange } from '#dashboards/console/web/data/location.ts';
import type { Incident, Slo, Suspect } from '#dashboards/console/web/data/own-api.ts';
import { Bar } from '#dashboards/console/web/parts/bar.tsx';
import { Link } from '#dashboards/console/web/parts/link.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { markOf, StateMark } from '#dashboards/console/web/parts/state-mark.tsx';
import { Time } from '#dashboards/console/web/parts/time.tsx';

interface BurnsProps {
  /** Worst first. */
  readonly slos: readonly Slo[];
  readonly waiting: boolean;
  readonly error: ApiError | undefined;
}

/** SLOs that burn or are blind, worst first, each with the first suspect of its incident. */
export function Burns({ slos, waiting, error }: BurnsProps): ReactNode {
  const incidents = useLive('incidents').data?.incidents ?? [];
  const burning = slos.filter(needsAttention);
  return (
    <Panel
      title="What burns"
      meaning={burning.length > 1 ? `${burning.length} SLOs, worst first` : undefined}
      loading={waiting}
      error={error}
      actions={<Link to={keepingRange(pathOf({ page: 'slos' }))}>all SLOs</Link>}
    >
      <ul className="burn-list" data-rows>
        {burning.map((slo) => (
          <BurnItem key={slo.id} slo={slo} incident={incidentOf(slo, incidents)} />
        ))}
      </ul>
      {burning.length === 0 && !waiting && <NothingBurns slos={slos} />}
    </Panel>
  );
}

/** A page before a ticket, the older one first: it has the evidence from the beginning. */
function incidentOf(slo: Slo, incidents: readonly Incident[]): Incident | undefined {
  const open = incidents.filter(({ sloId, state }) => sloId === slo.id && state === 'firing');
  const pages = open.filter(({ severity }) => severity === 'page');
  return (pages.length > 0 ? pages : open).toSorted((a, b) => a.startsAtMs - b.startsAtMs)[0];
}

function BurnItem({
  slo,
  incident,
}: {
  readonly slo: Slo;
  readonly incident: Incident | undefined;
}): ReactNode {
  const mark = markOf(slo);
  const left = slo.budget.remainingRatio ?? 1;
  const gone = exhaustionWords(slo);
  const suspect = incident?.evidence.suspects[0];
  return (
    <li className="burn">
      <div className="burn-head">
        <StateMark state={mark} word={wordOf(slo)} />
        <Link to={keepingRange(pathOf({ page: 'slo', id: slo.id }))}>{slo.displayName}</Link>
        <span className="hint">{slo.service}</span>
        <span className="burn-since hint">
          since <Time ms={slo.stateSinceMs} />
        </span>
      </div>
      <Bar ratio={left} color={left > 0 ? `var(--${mark})` : 'var(--burning)'} label={budgetWords(slo)} />
      <p className="label">
        {budgetWords(slo)}
        {gone !== undefined && <strong className="burn-gone">{`, ${gone}`}</strong>}
      </p>
      {suspect !== undefined && (
        <p className="burn-suspect">
          <span className="hint">suspect</span> <strong>{suspect.service}</strong>{' '}
          <span className="label">{reasonOf(suspect)}</span>
        </p>
      )}
      {incident !== undefined && (
        <p>
          <Link to={keepingRange(pathOf({ page: 'incident', id: incident.id }))}>
            {incident.acknowledgedBy === null
              ? 'Open the incident'
              : `Incident, ${incident.acknowledgedBy} has it`}
          </Link>
        </p>
      )}
    </li>
  );
}

/** How fast, unless there is something more to say than a rate. */
function wordOf(slo: Slo): string | undefined {
  if (slo.state !== 'burning') return undefined;
  return isRecovering(slo) ? 'recovering' : formatBurn(burnNow(slo));
}

/** The sentence begins with the name, which stands before it already. */
function reasonOf({ service, reason }: Suspect): string {
  return reason.startsWith(`${service}: `) ? reason.slice(service.length + 2) : reason;
}

function NothingBurns({ slos }: { readonly slos: readonly Slo[] }): ReactNode {
  const least = slos
    .filter(({ budget }) => budget.remainingRatio !== null)
    .toSorted((a, b) => (a.budget.remainingRatio ?? 1) - (b.budget.remainingRatio ?? 1))[0];
  if (slos.length === 0)
    return (
      <p className="empty">
        No SLO is defined. Put an OpenSLO file into the folder that <code>alerting.slos</code> names; it is
        judged from the next span on.
      </p>
    );
  if (least === undefined) return <p className="empty">Nothing burns. No SLO has counted an event yet.</p>;
  return (
    <p className="label calm">
      <StateMark state="ok" word="Nothing burns." /> Least budget:{' '}
      <Link to={keepingRange(pathOf({ page: 'slo', id: least.id }))}>{least.displayName}</Link>,{' '}
      {budgetWords(least)}.
    </p>
  );
}
