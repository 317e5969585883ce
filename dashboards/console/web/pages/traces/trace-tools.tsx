import { useEffect, useRef, useState, type ReactNode } from 'react';
import { formatNumber } from '#dashboards/console/core/numbers.ts';
import { idsToClose, nextMatch } from '#dashboards/console/core/trace/rows.ts';
import type { TraceTree } from '#dashboards/console/core/trace/tree.ts';
import { nameText } from '#dashboards/console/core/trace/words.ts';
import { changeQuery, useAddress } from '#dashboards/console/web/data/location.ts';
import type { TraceView } from '#dashboards/console/web/pages/traces/use-trace-view.ts';

interface TraceToolsProps {
  readonly tree: TraceTree;
  readonly shown: TraceView;
}

const TYPING_MS = 200;
/** Levels that stay when the rest is closed. */
const LEVELS = 2;
/** The address holds no more. */
const CLOSE_MAX = 100;

/** Search within the trace, and what of it is drawn. */
export function TraceTools({ tree, shown: { matches, selected, goTo } }: TraceToolsProps): ReactNode {
  const { query } = useAddress();
  const onlyPath = query.get('critical') === '1';
  const isClosed = (query.get('closed') ?? '') !== '';
  const isZoomed = (query.get('z') ?? '') !== '';
  const closable = idsToClose(tree, LEVELS - 1);
  const toMatch = (step: 1 | -1): void => goTo(nextMatch(matches, selected?.index ?? -1, step));
  return (
    <div className="toolbar trace-tools" role="search">
      <SearchField onEnter={toMatch} />
      <Found matches={matches} total={tree.nodes.length} onStep={toMatch} />
      <button
        type="button"
        aria-pressed={onlyPath}
        title="Only spans on the critical path (c)"
        onClick={() => changeQuery({ critical: onlyPath ? undefined : '1' })}
      >
        Critical path only
      </button>
      {(isClosed || closable.length > 0) && (
        <button
          type="button"
          onClick={() =>
            changeQuery({ closed: isClosed ? undefined : closable.slice(0, CLOSE_MAX).join(',') })
          }
        >
          {isClosed ? 'Open all' : `Close to ${LEVELS} levels`}
        </button>
      )}
      {isZoomed && (
        <button type="button" onClick={() => changeQuery({ z: undefined })}>
          Whole trace
        </button>
      )}
    </div>
  );
}

/** Follows the address, writes to it when the hand rests; Enter goes from match to match. */
function SearchField({ onEnter }: { readonly onEnter: (step: 1 | -1) => void }): ReactNode {
  const { query } = useAddress();
  const value = query.get('q') ?? '';
  const [typed, setTyped] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <input
      type="search"
      className="grow"
      aria-label="Search in this trace"
      placeholder="Search names, ids, key=value"
      data-search=""
      spellCheck={false}
      maxLength={500}
      value={typed}
      onChange={(event) => {
        const { value: text } = event.target;
        setTyped(text);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => changeQuery({ q: text }, 'replace'), TYPING_MS);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onEnter(event.shiftKey ? -1 : 1);
      }}
    />
  );
}

interface FoundProps {
  readonly matches: readonly number[];
  readonly total: number;
  readonly onStep: (step: 1 | -1) => void;
}

function Found({ matches, total, onStep }: FoundProps): ReactNode {
  const { query } = useAddress();
  const service = query.get('service') ?? '';
  const operation = query.get('operation') ?? '';
  if ((query.get('q') ?? '') === '' && service === '' && operation === '') return null;
  const chosen = [service, operation].filter((name) => name !== '').map(nameText);
  return (
    <span className="chips" role="status">
      {chosen.length > 0 && (
        <button
          type="button"
          className="chip"
          aria-label={`${chosen.join(' ')} ×, mark no longer`}
          onClick={() => changeQuery({ service: undefined, operation: undefined })}
        >
          {chosen.join(' ')} ×
        </button>
      )}
      <span className="label">
        {formatNumber(matches.length)} of {formatNumber(total)} spans
      </span>
      <button type="button" className="copy" disabled={matches.length === 0} onClick={() => onStep(-1)}>
        previous
      </button>
      <button type="button" className="copy" disabled={matches.length === 0} onClick={() => onStep(1)}>
        next
      </button>
    </span>
  );
}
