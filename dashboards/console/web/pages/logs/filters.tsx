import { useEffect, useId, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { LEVELS } from '#dashboards/console/core/logs/answers.ts';
import {
  addressWith,
  ATTRIBUTE,
  exclusionOf,
  filtersOf,
  filterText,
  withFilter,
  withoutFilters,
  type Filter,
} from '#dashboards/console/core/logs/search.ts';
import { changeQuery, useAddress, useParameter } from '#dashboards/console/web/data/location.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import { Link } from '#dashboards/console/web/parts/link.tsx';

/** While typing, the search waits until the hand rests. */
const TYPING_MS = 300;

interface ServicesAnswer {
  readonly data: readonly string[] | null;
}

/** What is searched for: text, service, severity, trace and attributes. */
export function Filters({ services }: { readonly services: readonly string[] }): ReactNode {
  const [service, setService] = useParameter('service');
  const [severity, setSeverity] = useParameter('severity');
  const traced = useJson<ServicesAnswer>('/api/services').data?.data ?? [];
  const offered = [...new Set([...services, ...traced, ...(service === '' ? [] : [service])])].toSorted();
  return (
    <div className="toolbar log-filters" role="search">
      <TextField name="text" label="Text in the message" placeholder="Search messages" isMain />
      <select
        aria-label="Service"
        value={service}
        onChange={(event) => setService(event.target.value)}
        className="log-select"
      >
        <option value="">all services</option>
        {offered.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <select
        aria-label="Lowest severity"
        value={severity}
        onChange={(event) => setSeverity(event.target.value)}
        className="log-select"
      >
        <option value="">any severity</option>
        {LEVELS.slice(1).map((level) => (
          <option key={level} value={level}>
            {level === 'fatal' ? level : `${level} or worse`}
          </option>
        ))}
        {severity !== '' && !(LEVELS as readonly string[]).includes(severity) && <option>{severity}</option>}
      </select>
      <TextField name="trace_id" label="Trace id" placeholder="Trace id" />
      <AttributeForm />
    </div>
  );
}

interface TextFieldProps {
  readonly name: 'text' | 'trace_id';
  readonly label: string;
  readonly placeholder: string;
  readonly isMain?: boolean;
}

/** Follows the address, and writes to it when the hand rests; Enter does at once. */
function TextField({ name, label, placeholder, isMain = false }: TextFieldProps): ReactNode {
  const [value, setValue] = useParameter(name);
  const [typed, setTyped] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const write = (text: string): void => {
    clearTimeout(timer.current);
    setValue(text.trim(), 'replace');
  };
  return (
    <input
      type="search"
      className={isMain ? 'grow' : 'log-trace mono'}
      aria-label={label}
      placeholder={placeholder}
      data-search={isMain ? '' : undefined}
      maxLength={1000}
      spellCheck={false}
      value={typed}
      onChange={(event) => {
        const { value: text } = event.target;
        setTyped(text);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => write(text), TYPING_MS);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter') write(typed);
      }}
    />
  );
}

/** `http.route=/quotes` becomes a filter, `http.route!=/quotes` leaves such lines out. */
function AttributeForm(): ReactNode {
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  const id = useId();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const [, key = '', sign = '', value = ''] = /^\s*([^=\s]+?)\s*(!?=)\s*(.*?)\s*$/.exec(text) ?? [];
    setWrong(key === '' || value === '');
    if (key === '' || value === '') return;
    const filter: Filter = { name: `${ATTRIBUTE}${key}`, value };
    const query = new URLSearchParams(location.search);
    changeQuery(withFilter(query, sign === '!=' ? (exclusionOf(filter) ?? filter) : filter));
    setText('');
  };
  return (
    <form onSubmit={submit} className="log-attribute">
      <input
        aria-label="Attribute, as key=value or key!=value"
        aria-invalid={wrong}
        aria-describedby={wrong ? id : undefined}
        placeholder="key=value, key!=value"
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {wrong && (
        <span id={id} className="hint" role="alert">
          Write key=value or key!=value, for example http.route=/quotes.
        </span>
      )}
    </form>
  );
}

/** Filters that hold, each with a way to take it away. */
export function FilterChips(): ReactNode {
  const { query } = useAddress();
  const filters = filtersOf(query);
  if (filters.length === 0) return null;
  const without = (gone: readonly Filter[]): string =>
    addressWith(location.pathname, query, withoutFilters(query, gone));
  return (
    <ul className="chips log-chips" aria-label="Filters that hold">
      {filters.map((filter) => (
        <li key={filterText(filter)} className="chip">
          <span className="one-line">{filterText(filter)}</span>
          <Link
            to={without([filter])}
            label={`Take away: ${filterText(filter)}`}
            title="Take this filter away"
          >
            ✕
          </Link>
        </li>
      ))}
      {filters.length > 1 && (
        <li className="chip">
          <Link to={without(filters)}>take all away</Link>
        </li>
      )}
    </ul>
  );
}
