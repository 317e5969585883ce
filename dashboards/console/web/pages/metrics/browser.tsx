import { useMemo, type ReactNode } from 'react';
import {
  families,
  searchFamilies,
  starters,
  type MetadataAnswer,
  type MetricFamily,
  type NamesAnswer,
} from '#dashboards/console/core/metrics/catalogue.ts';
import { useParameter } from '#dashboards/console/web/data/location.ts';
import { useJson } from '#dashboards/console/web/data/use-json.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Empty } from '#dashboards/console/web/parts/empty.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';

const NAMES = '/api/v1/label/__name__/values';
const METADATA = '/api/v1/metadata';
/** A list that is longer is searched, not read. */
const LISTED_MAX = 200;
const AGAIN_MS = 15_000;

interface BrowserProps {
  /** No room for another query. */
  readonly full: boolean;
  readonly onChoose: (query: string) => void;
}

/** What can be asked: questions most people come with, and every metric there is. */
export function Browser({ full, onChoose }: BrowserProps): ReactNode {
  const names = useJson<NamesAnswer>(NAMES, { everyMs: AGAIN_MS });
  const metadata = useJson<MetadataAnswer>(METADATA, { everyMs: AGAIN_MS });
  const all = useMemo(
    () => families(names.data?.data ?? [], metadata.data?.data ?? {}),
    [names.data, metadata.data],
  );
  const questions = useMemo(() => starters(names.data?.data ?? []), [names.data]);
  const isEmpty = names.data?.data.length === 0;
  return (
    <>
      {questions.length > 0 && (
        <Panel title="Begin with a question" meaning="each is a query that you can change">
          <ul className="starters">
            {questions.map(({ question, query }) => (
              <li key={question}>
                <button type="button" disabled={full} title={query} onClick={() => onChoose(query)}>
                  {question}
                </button>
              </li>
            ))}
          </ul>
        </Panel>
      )}
      <Panel
        title="Metrics there are"
        meaning={isEmpty || all.length === 0 ? undefined : `${all.length}; a click makes a query of one`}
        loading={names.loading && names.data === undefined}
        error={names.error ?? metadata.error}
        actions={<CopyCurl path={METADATA} />}
      >
        {isEmpty && <NoMetrics />}
        {all.length > 0 && <FamilyList all={all} full={full} onChoose={onChoose} />}
      </Panel>
    </>
  );
}

function FamilyList({
  all,
  full,
  onChoose,
}: BrowserProps & { readonly all: readonly MetricFamily[] }): ReactNode {
  const [text, setText] = useParameter('metric');
  const found = useMemo(() => searchFamilies(all, text), [all, text]);
  return (
    <>
      <div className="toolbar">
        <input
          className="grow"
          aria-label="Search metrics"
          placeholder="part of a name or its meaning"
          value={text}
          onChange={(event) => setText(event.target.value, 'replace')}
        />
      </div>
      {full && <p className="hint">There are six queries already: remove one to add another.</p>}
      <div className="scroll-x" tabIndex={0} role="group" aria-label="Metrics there are">
        <table className="metric-names">
          <thead>
            <tr>
              <th>Metric</th>
              <th>Type</th>
              <th>Meaning</th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, LISTED_MAX).map(({ name, type, help, query }) => (
              <tr key={name}>
                <td>
                  <button
                    type="button"
                    className="quiet mono"
                    disabled={full}
                    title={query}
                    onClick={() => onChoose(query)}
                  >
                    {name}
                  </button>
                </td>
                <td>{type === '' ? '?' : type}</td>
                <td>{help === '' ? <span className="hint">its source says nothing about it</span> : help}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {found.length > LISTED_MAX && (
        <p className="hint">and {found.length - LISTED_MAX} more: search to see them</p>
      )}
      {found.length === 0 && <Empty>No metric has these words in its name or meaning.</Empty>}
    </>
  );
}

const FIRST_METRIC = (origin: string): string =>
  `curl -s '${origin}/v1/metrics' -H 'content-type: application/json' -d '{"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"hello"}}]},"scopeMetrics":[{"metrics":[{"name":"greetings","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{"timeUnixNano":"'$(date +%s%N)'","asDouble":1}]}}]}]}]}'`;

function NoMetrics(): ReactNode {
  return (
    <Empty>
      <p>
        There are no metrics yet. They come from spans by themselves, from services that are scraped, and over
        OTLP. See it at work with the demo:
      </p>
      <pre>npm start</pre>
      <p>or send a first one to the OTLP receiver:</p>
      <pre>{FIRST_METRIC('http://127.0.0.1:4318')}</pre>
    </Empty>
  );
}
