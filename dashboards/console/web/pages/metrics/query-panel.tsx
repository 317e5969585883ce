import { lazy, Suspense, useCallback, useMemo, useState, type ReactNode } from 'react';
import { problemOf, type QueryProblem } from '#dashboards/console/core/metrics/prom-error.ts';
import type { Interval } from '#dashboards/console/core/time-range.ts';
import { Results } from '#dashboards/console/web/pages/metrics/results.tsx';
import { useAnswers } from '#dashboards/console/web/pages/metrics/use-answers.ts';
import { Copy, CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';

/** The editor is larger than the rest of the console: it comes along with this page, and with no other. */
const editor = import('#dashboards/console/web/pages/metrics/editor.tsx');
const Editor = lazy(async () => ({ default: (await editor).Editor }));

interface QueryPanelProps {
  readonly index: number;
  readonly query: string;
  readonly interval: Interval;
  readonly stepMs: number;
  readonly exemplars: boolean;
  readonly onRun: (text: string) => void;
  readonly onRemove: (() => void) | undefined;
}

/** One query: the field, and what came of it. */
export function QueryPanel(props: QueryPanelProps): ReactNode {
  const { index, query, interval, stepMs, exemplars, onRun, onRemove } = props;
  const [draft, setDraft] = useState(query);
  const answers = useAnswers({ query, interval, stepMs, exemplars });
  const { failed, reload } = answers;
  const message = failed?.message;
  const problem = useMemo(
    () => (message === undefined ? undefined : problemOf(message, query)),
    [message, query],
  );
  const run = useCallback(
    (text: string) => {
      const next = text.trim();
      setDraft(next);
      if (next === query) reload();
      else onRun(next);
    },
    [reload, onRun, query],
  );
  const toRun = draft !== query && draft.trim() !== '' ? draft : undefined;
  const placed = problem?.offset === undefined ? undefined : problem;
  return (
    <Panel
      title={`Query ${index + 1}`}
      meaning={toRun === undefined ? answers.says : 'changed; Enter runs it'}
      loading={answers.loading}
      error={placed === undefined ? failed : undefined}
      actions={<PanelActions {...{ index, query, toRun, run, onRemove }} path={answers.rangePath} />}
    >
      <Suspense fallback={<pre className="editor-waiting">{query}</pre>}>
        <Editor
          value={query}
          label={`Query ${index + 1}, PromQL`}
          problem={problem}
          onRun={run}
          onDraft={setDraft}
        />
      </Suspense>
      {placed !== undefined && <PlacedProblem query={query} problem={placed} />}
      {query !== '' && problem === undefined && (
        <Results query={query} interval={interval} answers={answers} />
      )}
    </Panel>
  );
}

interface PanelActionsProps {
  readonly index: number;
  readonly query: string;
  /** What stands in the field and was not run. */
  readonly toRun: string | undefined;
  readonly run: (text: string) => void;
  readonly path: string | undefined;
  readonly onRemove: (() => void) | undefined;
}

function PanelActions({ index, query, toRun, run, path, onRemove }: PanelActionsProps): ReactNode {
  return (
    <>
      {toRun !== undefined && (
        <button type="button" className="copy" onClick={() => run(toRun)}>
          Run
        </button>
      )}
      {query !== '' && <Copy text={query} label="PromQL" />}
      {path !== undefined && <CopyCurl path={path} />}
      {onRemove !== undefined && (
        <button
          type="button"
          className="copy quiet"
          aria-label={`Remove query ${index + 1}`}
          onClick={onRemove}
        >
          Remove
        </button>
      )}
    </>
  );
}

const AROUND_CHARS = 32;

/** The error with the place it means. */
function PlacedProblem({
  query,
  problem,
}: {
  readonly query: string;
  readonly problem: QueryProblem;
}): ReactNode {
  const at = problem.offset ?? 0;
  const before = query.slice(Math.max(0, at - AROUND_CHARS), at);
  const after = query.slice(at, at + AROUND_CHARS);
  return (
    <div className="failure query-problem" role="alert">
      <p>{problem.message}</p>
      <pre>
        {at > AROUND_CHARS ? '…' : ''}
        {before}
        <mark>{after === '' ? ' end ' : after}</mark>
      </pre>
    </div>
  );
}
