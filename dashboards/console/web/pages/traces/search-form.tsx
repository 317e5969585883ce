import { useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { pathOf } from '#dashboards/console/core/route.ts';
import type { NamesAnswer } from '#dashboards/console/core/trace/answer.ts';
import { LIMITS, problemsOf, traceIdOf, type TraceSearch } from '#dashboards/console/core/trace/search.ts';
import { nameText } from '#dashboards/console/core/trace/words.ts';
import { changeQuery, keepingRange, navigate } from '#dashboards/console/web/data/location.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';

/** While typing, the search waits until the hand rests. */
const TYPING_MS = 300;

interface SearchFormProps {
  readonly search: TraceSearch;
  readonly services: readonly string[];
  /** Asked for while the address names none. */
  readonly entry: string | undefined;
}

/** What is searched for; every field stands in the address. */
export function SearchForm({ search, services, entry }: SearchFormProps): ReactNode {
  const { service, operation } = search;
  const problems = problemsOf(search);
  const problemOf = (field: string): string | undefined => problems.find((one) => one.field === field)?.text;
  const offered = [...new Set([...services, ...(service === '' ? [] : [service])])].toSorted();
  const asked = service === '' ? entry : service;
  const operationsUrl =
    asked === undefined ? undefined : `/api/services/${encodeURIComponent(asked)}/operations`;
  const known = useJson<NamesAnswer>(operationsUrl).data?.data ?? [];
  const operations = [...new Set([...known, ...(operation === '' ? [] : [operation])])].toSorted();
  return (
    <div className="toolbar trace-search" role="search">
      <select
        aria-label="Service"
        value={service}
        onChange={(event) => changeQuery({ service: event.target.value, operation: undefined })}
      >
        <option value="">
          {entry === undefined ? 'service' : `${nameText(entry)}, where requests begin`}
        </option>
        {offered.map((name) => (
          <option key={name} value={name}>
            {nameText(name)}
          </option>
        ))}
      </select>
      <select
        aria-label="Operation"
        value={operation}
        onChange={(event) => changeQuery({ operation: event.target.value })}
      >
        <option value="">any operation</option>
        {operations.map((name) => (
          <option key={name} value={name}>
            {nameText(name)}
          </option>
        ))}
      </select>
      <Field
        name="tags"
        label="Attributes"
        placeholder="carrier=NRDK"
        value={search.tags}
        problem={problemOf('tags')}
        isMain
      />
      <Field
        name="minDuration"
        label="At least"
        placeholder="≥ 100ms"
        value={search.minDuration}
        problem={problemOf('minDuration')}
      />
      <Field
        name="maxDuration"
        label="At most"
        placeholder="≤ 2s"
        value={search.maxDuration}
        problem={problemOf('maxDuration')}
      />
      <ErrorsAndLimit search={search} />
      <FindById />
    </div>
  );
}

function ErrorsAndLimit({ search }: { readonly search: TraceSearch }): ReactNode {
  return (
    <>
      <label className="trace-errors">
        <input
          type="checkbox"
          checked={search.errors}
          onChange={(event) => changeQuery({ errors: event.target.checked ? '1' : undefined })}
        />{' '}
        errors only
      </label>
      <select
        aria-label="How many traces at most"
        value={String(search.limit)}
        onChange={(event) => changeQuery({ limit: event.target.value })}
      >
        {[...new Set<number>([...LIMITS, search.limit])]
          .toSorted((a, b) => a - b)
          .map((limit) => (
            <option key={limit} value={limit}>
              {limit} traces
            </option>
          ))}
      </select>
    </>
  );
}

interface FieldProps {
  readonly name: 'tags' | 'minDuration' | 'maxDuration';
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly problem: string | undefined;
  readonly isMain?: boolean;
}

/** Follows the address, and writes to it when the hand rests; Enter does at once. */
function Field({ name, label, placeholder, value, problem, isMain = false }: FieldProps): ReactNode {
  const [typed, setTyped] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const write = (text: string): void => {
    clearTimeout(timer.current);
    changeQuery({ [name]: text.trim() }, 'replace');
  };
  const id = `trace-${name}-problem`;
  return (
    <span className={isMain ? 'trace-field grow' : 'trace-field short'}>
      <input
        type="search"
        aria-label={label}
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : id}
        placeholder={placeholder}
        title={
          isMain
            ? 'On one span: key=value, several with a blank between'
            : 'Of a span of this service: 250us, 100ms, 1.5s'
        }
        data-search={isMain ? '' : undefined}
        spellCheck={false}
        maxLength={1000}
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
      {problem !== undefined && (
        <span className="trace-problem" id={id} role="status">
          {problem}
        </span>
      )}
    </span>
  );
}

function FindById(): ReactNode {
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  const find = (event: FormEvent): void => {
    event.preventDefault();
    const id = traceIdOf(text);
    setWrong(id === undefined);
    if (id !== undefined) navigate(keepingRange(pathOf({ page: 'trace', id })));
  };
  return (
    <form className="trace-field short" onSubmit={find}>
      <input
        className="mono"
        aria-label="Open a trace by its id"
        aria-invalid={wrong}
        placeholder="trace id ⏎"
        spellCheck={false}
        maxLength={64}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setWrong(false);
        }}
      />
      {wrong && (
        <span className="trace-problem" role="status">
          A trace id is 32 hex digits.
        </span>
      )}
    </form>
  );
}
