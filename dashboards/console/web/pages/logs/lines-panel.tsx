import { useCallback, useMemo, useRef, useState, type ReactNode } from 'react';
import { formatNumber } from '#dashboards/console/core/numbers.ts';
import { isLive } from '#dashboards/console/core/time-range.ts';
import { openedOf, withToggled } from '#dashboards/console/core/logs/opened.ts';
import type { Filter } from '#dashboards/console/core/logs/search.ts';
import {
  changeQuery,
  useAddress,
  useParameter,
  useTimeRange,
} from '#dashboards/console/web/data/location.ts';
import { usePageKeys } from '#dashboards/console/web/frame/use-page-keys.ts';
import { Download } from '#dashboards/console/web/pages/logs/download.tsx';
import { FlowList } from '#dashboards/console/web/pages/logs/flow-list.tsx';
import { Line } from '#dashboards/console/web/pages/logs/line.tsx';
import { LineDetail } from '#dashboards/console/web/pages/logs/line-detail.tsx';
import { NoLines } from '#dashboards/console/web/pages/logs/no-lines.tsx';
import { OpenedElsewhere } from '#dashboards/console/web/pages/logs/opened-elsewhere.tsx';
import { useLines, type Lines } from '#dashboards/console/web/pages/logs/use-lines.ts';
import { useWrapped } from '#dashboards/console/web/pages/logs/wrapped.ts';
import { CopyCurl } from '#dashboards/console/web/parts/copy.tsx';
import { Panel } from '#dashboards/console/web/parts/panel.tsx';
import { Stale } from '#dashboards/console/web/parts/stale.tsx';

/** Of a line that stands alone; what is measured replaces it. */
const ROW_PX = 24;

interface LinesPanelProps {
  /** The same object while they are the same. */
  readonly filters: readonly Filter[];
}

/** The lines, newest first: scrolled, opened, followed. */
export function LinesPanel({ filters }: LinesPanelProps): ReactNode {
  const [range] = useTimeRange();
  const [tail] = useParameter('tail');
  const [isTop, setIsTop] = useState(true);
  const tailing = tail === '1' && isLive(range);
  // What comes in while somebody reads further down would move what is read.
  const lines = useLines(filters, range, tailing && isTop);
  const [wrapped, setWrapped] = useWrapped();
  const list = useRef<HTMLDivElement>(null);
  const { waiting, showWaiting } = lines;
  const [topTurn, setTopTurn] = useState(0);
  const show = (): void => {
    showWaiting();
    setTopTurn(topTurn + 1);
  };
  return (
    <Panel
      title="Lines"
      meaning={meaningOf(lines, tailing, isTop)}
      className="log-list"
      loading={lines.loading}
      error={lines.error}
      actions={
        <>
          <Stale sinceMs={lines.error === undefined ? lines.away?.sinceMs : undefined} />
          <span aria-live="polite">
            {waiting.length > 0 && (
              <button type="button" className="log-waiting" onClick={show}>
                {formatNumber(waiting.length)} new, show
              </button>
            )}
          </span>
          <button type="button" aria-pressed={tailing} onClick={() => toggleTail(tailing)}>
            {tailing && !isTop ? 'Tail, paused while you read' : 'Tail'}
          </button>
          <button type="button" aria-pressed={wrapped} onClick={() => setWrapped(!wrapped)}>
            Wrap
          </button>
          <Download lines={lines.lines} />
          <CopyCurl path={lines.path} />
        </>
      }
    >
      {lines.error !== undefined && (
        <p className="toolbar">
          <button type="button" onClick={lines.retry}>
            Try again
          </button>
        </p>
      )}
      <Opened lines={lines} />
      {lines.answered && lines.lines.length === 0 ? (
        <NoLines waiting={waiting.length > 0} />
      ) : (
        <List lines={lines} wrapped={wrapped} onTop={setIsTop} list={list} topTurn={topTurn} />
      )}
      <p className="hint log-end">{endOf(lines)}</p>
    </Panel>
  );
}

/** Lines that the address names and that are not among those that are loaded. */
function Opened({ lines }: { readonly lines: Lines }): ReactNode {
  const { query } = useAddress();
  if (!lines.answered) return null;
  return openedOf(query).map(({ id, unixNanos }) =>
    unixNanos === undefined || lines.lines.some((line) => line.id === id) ? null : (
      <OpenedElsewhere key={id} id={id} unixNanos={unixNanos} />
    ),
  );
}

function toggleTail(tailing: boolean): void {
  // Only what ends now has a tail.
  changeQuery(tailing ? { tail: undefined } : { tail: '1', from: undefined, to: undefined });
}

interface ListProps {
  readonly lines: Lines;
  readonly wrapped: boolean;
  readonly onTop: (isTop: boolean) => void;
  readonly list: { current: HTMLDivElement | null };
  readonly topTurn: number;
}

function List({ lines, wrapped, onTop, list, topTurn }: ListProps): ReactNode {
  const { query } = useAddress();
  const opened = useMemo(() => new Set(openedOf(query).map(({ id }) => id)), [query]);
  const [cursor, setCursor] = useState([...opened].at(-1) ?? '');
  const { lines: shown, loadMore } = lines;
  const keys = useMemo(() => shown.map(({ id }) => id), [shown]);
  const latest = useRef(shown);
  latest.current = shown;
  const toggle = useCallback((id: string) => {
    setCursor(id);
    const line = latest.current.find((one) => one.id === id);
    if (line !== undefined) changeQuery(withToggled(new URLSearchParams(location.search), line));
  }, []);
  useListKeys(list);
  const selected = cursor === '' ? -1 : keys.indexOf(cursor);
  return (
    <FlowList
      ref={list}
      keys={keys}
      label="Log lines, newest first. j and k move, Enter opens."
      rowPx={ROW_PX}
      shape={wrapped ? 'wrapped' : 'one-line'}
      selected={selected}
      topTurn={topTurn}
      onSelect={(index) => setCursor(keys[index] ?? '')}
      onOpen={(index) => toggle(keys[index] ?? '')}
      onEnd={loadMore}
      onTop={onTop}
      row={(index) => {
        const line = shown[index];
        if (line === undefined) return null;
        const open = opened.has(line.id);
        return (
          <div className={wrapped ? 'is-wrapped' : ''}>
            <Line line={line} open={open} selected={index === selected} wrapped={wrapped} onToggle={toggle} />
            {open && <LineDetail line={line} />}
          </div>
        );
      }}
    />
  );
}

/** j and k reach the list from anywhere on the page, and move at once. */
function useListKeys(list: { readonly current: HTMLDivElement | null }): void {
  const reach = ({ key }: KeyboardEvent): boolean => {
    const element = list.current;
    if (element === null || element.contains(document.activeElement)) return false;
    element.focus({ preventScroll: true });
    element.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    return true;
  };
  usePageKeys({ j: reach, k: reach });
}

function meaningOf(lines: Lines, tailing: boolean, isTop: boolean): string {
  if (lines.error === undefined && lines.away !== undefined)
    return `new lines are not heard of: ${lines.away.reason} It tries again.`;
  if (tailing && isTop) return 'newest first, coming in as they are written';
  if (tailing) return 'scroll to the top to go on';
  return lines.waiting.length > 0 ? 'newest first; what came meanwhile waits' : 'newest first';
}

function endOf({ lines, answered, next, cut, skipped }: Lines): string {
  if (!answered || lines.length === 0) return '';
  const count = `${formatNumber(lines.length)} lines are here`;
  const lost =
    skipped === 0 ? '' : ` ${formatNumber(skipped)} came too fast to be shown; a search has them all.`;
  if (cut === 'by-limit')
    return `${count}, which is as many as the page holds. Narrow the search or the time for older ones.${lost}`;
  if (cut === 'by-tail')
    return `${count}; older ones were let go of as new ones came in. Stop the tail and reload the page to have them.${lost}`;
  return `${count}${next === null ? ', that is all' : '; older ones come as you scroll'}.${lost}`;
}
