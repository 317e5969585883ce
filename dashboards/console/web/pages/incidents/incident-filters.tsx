import type { ReactNode } from 'react';
import { choicesOf } from '#dashboards/console/core/incident/list.ts';
import { changeQuery, useParameter } from '#dashboards/console/web/data/location.ts';
import type { Incident } from '#dashboards/console/web/data/own-api.ts';

/** Which incidents: all of it stands in the address. */
export function IncidentFilters({ incidents }: { readonly incidents: readonly Incident[] }): ReactNode {
  const [text, setText] = useParameter('text');
  const names = ['service', 'slo', 'severity', 'state'] as const;
  const values = {
    service: incidents.map(({ service }) => service),
    slo: incidents.map(({ sloId }) => sloId),
    severity: ['page', 'ticket'],
    state: ['open', 'past'],
  };
  return (
    <div className="toolbar" role="search">
      <input
        className="grow"
        type="search"
        data-search
        aria-label="Find in incidents"
        placeholder="Name, suspect, person, note"
        value={text}
        onChange={(event) => setText(event.target.value, 'replace')}
      />
      {names.map((name) => (
        <Choice key={name} name={name} values={values[name]} />
      ))}
      <button
        type="button"
        className="quiet"
        onClick={() =>
          changeQuery({
            text: undefined,
            service: undefined,
            slo: undefined,
            severity: undefined,
            state: undefined,
          })
        }
      >
        Clear
      </button>
    </div>
  );
}

const ALL = { service: 'any service', slo: 'any SLO', severity: 'page or ticket', state: 'open and past' };

function Choice({
  name,
  values,
}: {
  readonly name: keyof typeof ALL;
  readonly values: readonly string[];
}): ReactNode {
  const [chosen, choose] = useParameter(name);
  return (
    <select aria-label={name} value={chosen} onChange={(event) => choose(event.target.value)}>
      <option value="">{ALL[name]}</option>
      {choicesOf(values, chosen).map((value) => (
        <option key={value} value={value}>
          {value}
        </option>
      ))}
    </select>
  );
}
