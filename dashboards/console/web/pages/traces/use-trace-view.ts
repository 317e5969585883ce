/** What of a trace is on screen: selection, closed rows, search, part of the time. All of it is in the address. */
import { useCallback, useDeferredValue, useMemo } from 'react';
import { nextFailed } from '#dashboards/console/core/trace/cause.ts';
import type { CriticalPath } from '#dashboards/console/core/trace/critical-path.ts';
import { parseView, viewByKey, viewText, type View } from '#dashboards/console/core/trace/minimap.ts';
import {
  ancestorIds,
  isEmptySearch,
  matchingRows,
  positionOf,
  visibleRows,
} from '#dashboards/console/core/trace/rows.ts';
import type { SpanNode, TraceTree } from '#dashboards/console/core/trace/tree.ts';
import { changeQuery, useAddress, useParameter } from '#dashboards/console/web/data/location.ts';
import { usePageKeys } from '#dashboards/console/web/frame/use-page-keys.ts';

type How = 'push' | 'replace';

export interface TraceView {
  readonly view: View;
  /** Indexes of nodes on screen, in order. */
  readonly rows: readonly number[];
  readonly closed: ReadonlySet<string>;
  readonly matches: readonly number[];
  readonly selected: SpanNode | undefined;
  /** The address names a span that the trace does not have. */
  readonly isUnknown: boolean;
  readonly select: (node: SpanNode, how: How) => void;
  readonly toggle: (node: SpanNode, how: 'open' | 'close' | 'other') => void;
  /** Opens what hides the row, and selects it. */
  readonly goTo: (row: number | undefined, how?: How) => void;
  readonly toNextFailed: (step: 1 | -1) => void;
  /** Left closes or goes up, right opens or goes down. */
  readonly aside: (key: 'ArrowLeft' | 'ArrowRight') => void;
}

/** In the address when the reader has closed the detail. */
export const NO_SPAN = 'none';
/** Closed rows that the address holds; more make it too long to send. */
const CLOSED_MAX = 100;

export function useTraceView(tree: TraceTree, critical: CriticalPath, cause: number | undefined): TraceView {
  const { query } = useAddress();
  const z = query.get('z') ?? '';
  const onlyPath = query.get('critical') === '1';
  const { selected, isUnknown, select } = useSelection(tree, cause);
  const { closed, toggle, reveal } = useClosed();
  const matches = useMatches(tree);
  const view = useMemo(() => parseView(z, tree.durationUs), [z, tree.durationUs]);
  const rows = useMemo(
    () => visibleRows(tree, closed, onlyPath ? critical : undefined),
    [tree, closed, onlyPath, critical],
  );
  const goTo = useCallback(
    (row: number | undefined, how: How = 'replace') => {
      const node = row === undefined ? undefined : tree.nodes[row];
      if (node === undefined) return;
      reveal(tree, node.index);
      select(node, how);
    },
    [tree, reveal, select],
  );
  const aside = (key: 'ArrowLeft' | 'ArrowRight'): void => {
    if (selected === undefined) return;
    const isClosed = closed.has(selected.id);
    if (key === 'ArrowLeft' && selected.childCount > 0 && !isClosed) toggle(selected, 'close');
    else if (key === 'ArrowLeft') goTo(selected.parent);
    else if (isClosed) toggle(selected, 'open');
    else if (selected.childCount > 0) goTo(selected.index + 1);
  };
  const toNextFailed = (step: 1 | -1): void => goTo(nextFailed(tree, selected?.index ?? -1, step));
  const traceView = {
    view,
    rows,
    closed,
    matches,
    selected,
    isUnknown,
    select,
    toggle,
    goTo,
    toNextFailed,
    aside,
  };
  useTraceKeys(tree, traceView, onlyPath);
  useZoomKeys(tree, traceView);
  return traceView;
}

/** Keys act wherever the focus is, but in the detail, where arrows scroll. */
function useTraceKeys(
  tree: TraceTree,
  { rows, selected, goTo, toNextFailed, aside }: TraceView,
  onlyPath: boolean,
): void {
  const move = (step: 1 | -1) => (event: KeyboardEvent) => {
    if (isInDetail(event)) return false;
    const at = selected === undefined ? -1 : positionOf(rows, selected.index);
    const next = Math.min(rows.length - 1, Math.max(0, at + step));
    goTo(tree.nodes[rows[next] ?? -1]?.index);
    return true;
  };
  const sideways = (key: 'ArrowLeft' | 'ArrowRight') => (event: KeyboardEvent) => {
    if (isInDetail(event)) return false;
    aside(key);
    return true;
  };
  usePageKeys({
    ArrowDown: move(1),
    ArrowUp: move(-1),
    j: move(1),
    k: move(-1),
    ArrowLeft: sideways('ArrowLeft'),
    ArrowRight: sideways('ArrowRight'),
    e: () => toNextFailed(1),
    E: () => toNextFailed(-1),
    c: () => changeQuery({ critical: onlyPath ? undefined : '1' }),
    Escape: () => changeQuery({ span: NO_SPAN }),
  });
}

/** Keys of the time that is shown, around the selected span where it is in sight. */
function useZoomKeys({ durationUs }: TraceTree, { view, selected }: TraceView): void {
  const zoom = ({ key }: KeyboardEvent): void => {
    const centreUs = selected === undefined ? undefined : selected.startUs + selected.durationUs / 2;
    const next = viewByKey(key, view, { durationUs, centreUs });
    if (next !== undefined) changeQuery({ z: viewText(next, durationUs) }, 'replace');
  };
  usePageKeys({ '+': zoom, '=': zoom, '-': zoom, '[': zoom, ']': zoom, '0': zoom });
}

function isInDetail({ target }: KeyboardEvent): boolean {
  return target instanceof Element && target.closest('.span-detail') !== null;
}

/** The span the address names; without one the first cause, so that a failed trace opens where it failed. */
function useSelection(tree: TraceTree, cause: number | undefined) {
  const [id, setId] = useParameter('span');
  const byId = useMemo(() => new Map(tree.nodes.toReversed().map((node) => [node.id, node])), [tree]);
  const first = cause === undefined ? undefined : tree.nodes[cause];
  const selected = id === '' ? first : byId.get(id);
  const select = useCallback((node: SpanNode, how: How) => setId(node.id, how), [setId]);
  return { selected, select, isUnknown: id !== '' && id !== NO_SPAN && selected === undefined };
}

/** Ids of rows whose subtrees are closed. */
function useClosed() {
  const [text, setText] = useParameter('closed');
  const closed = useMemo(() => new Set(text.split(',').filter((id) => id !== '')), [text]);
  const toggle = useCallback(
    (node: SpanNode, how: 'open' | 'close' | 'other') => {
      const next = new Set(closed);
      const open = how === 'other' ? next.has(node.id) : how === 'open';
      if (open) next.delete(node.id);
      else next.add(node.id);
      setText([...next].slice(-CLOSED_MAX).join(','), 'replace');
    },
    [closed, setText],
  );
  const reveal = useCallback(
    (tree: TraceTree, row: number) => {
      if (closed.size === 0) return;
      const above = ancestorIds(tree, row);
      if ([...closed].some((id) => above.has(id)))
        setText([...closed].filter((id) => !above.has(id)).join(','), 'replace');
    },
    [closed, setText],
  );
  return { closed, toggle, reveal };
}

/** Rows that the search within the trace finds; it lags behind typing rather than holding it up. */
function useMatches(tree: TraceTree): readonly number[] {
  const { query } = useAddress();
  const text = useDeferredValue(query.get('q') ?? '');
  const service = query.get('service') ?? '';
  const operation = query.get('operation') ?? '';
  return useMemo(() => {
    const search = { text, service, operation };
    return isEmptySearch(search) ? [] : matchingRows(tree, search);
  }, [tree, text, service, operation]);
}
