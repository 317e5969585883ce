import { useCallback, useEffect, useLayoutEffect, useMemo, useReducer, useRef } from 'react';
import type { KeyboardEvent, ReactNode, Ref } from 'react';
import { rowAt, rowsInSight, scrollToSee, topsOf } from '#dashboards/console/core/logs/flow.ts';

interface FlowListProps {
  /** One a row, each once. */
  readonly keys: readonly string[];
  readonly row: (index: number) => ReactNode;
  readonly label: string;
  /** Of a row that was not drawn yet, pixels. */
  readonly rowPx: number;
  /** Heights are measured anew when it changes. */
  readonly shape: string;
  /** Row of the keyboard; −1 for none. */
  readonly selected: number;
  /** A change of it goes to the first row. */
  readonly topTurn: number;
  readonly onSelect: (index: number) => void;
  readonly onOpen: (index: number) => void;
  /** The last rows are near. */
  readonly onEnd: () => void;
  /** Whether the first row is in sight from its top. */
  readonly onTop: (isTop: boolean) => void;
  readonly ref?: Ref<HTMLDivElement>;
}

/** Drawn beyond what is seen, so that fast scrolling shows no holes. */
const BEYOND_PX = 240;
/** So far from the end the next page is asked for. */
const END_PX = 6000;
const TOP_PX = 4;

interface Place {
  readonly key: string;
  /** Of the row's top below the window's, pixels; negative when it is partly scrolled away. */
  readonly offsetPx: number;
}

/** Rows of any height, of which only those in sight are drawn. What is being read stays where it is when rows above change. */
export function FlowList(props: FlowListProps): ReactNode {
  const { keys, row, label, selected, topTurn, onEnd, onTop, ref } = props;
  const frame = useRef<HTMLDivElement | null>(null);
  const { tops, measure, redraw } = useHeights(props, frame);
  const anchor = useRef<Place | undefined>(undefined);
  const topPx = frame.current?.scrollTop ?? 0;
  const heightPx = frame.current?.clientHeight ?? 600;
  const { first, end } = rowsInSight(tops, topPx, heightPx, BEYOND_PX);

  const readPlace = useCallback(() => {
    const element = frame.current;
    if (element === null) return;
    const index = rowAt(tops, element.scrollTop);
    const key = keys[index];
    anchor.current =
      element.scrollTop <= TOP_PX || key === undefined
        ? undefined
        : { key, offsetPx: (tops[index] ?? 0) - element.scrollTop };
    onTop(element.scrollTop <= TOP_PX);
    if ((tops.at(-1) ?? 0) - element.scrollTop - element.clientHeight < END_PX) onEnd();
  }, [tops, keys, onTop, onEnd]);

  useLayoutEffect(() => {
    anchor.current = undefined;
    if (topTurn > 0 && frame.current !== null) frame.current.scrollTop = 0;
  }, [topTurn]);

  useLayoutEffect(() => {
    const element = frame.current;
    const place = anchor.current;
    if (element === null) return;
    const index = place === undefined ? -1 : keys.indexOf(place.key);
    const wanted = index === -1 || place === undefined ? 0 : (tops[index] ?? 0) - place.offsetPx;
    // Whole pixels: browsers round what they are given.
    if (place !== undefined && index !== -1 && Math.abs(wanted - element.scrollTop) >= 1)
      element.scrollTop = wanted;
    readPlace();
  }, [tops, keys, readPlace]);

  useEffect(() => {
    const element = frame.current;
    if (element === null || selected < 0) return;
    element.scrollTop = scrollToSee(tops, selected, element.scrollTop, element.clientHeight);
    // Only another row scrolls: neither heights that become known nor rows that come in above.
  }, [keys[selected]]);

  return (
    <div
      ref={(element) => {
        frame.current = element;
        if (typeof ref === 'function') ref(element);
        else if (ref !== null && ref !== undefined) ref.current = element;
      }}
      className="virtual log-lines"
      style={{ height: `min(${Math.ceil(tops.at(-1) ?? 0) + 2}px, var(--log-lines-height))` }}
      tabIndex={0}
      role="group"
      aria-label={label}
      onScroll={() => {
        readPlace();
        redraw();
      }}
      onKeyDown={(event) => onKey(event, props, heightPx)}
    >
      <div style={{ height: tops.at(-1) ?? 0, position: 'relative' }}>
        <div style={{ position: 'absolute', top: tops[first] ?? 0, left: 0, right: 0 }}>
          {keys.slice(first, end).map((key, offset) => (
            <div key={key} data-key={key} ref={measure}>
              {row(first + offset)}
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

/** Tops of rows out of heights that were measured, or guessed where a row was not drawn yet. */
function useHeights(
  { keys, rowPx, shape }: FlowListProps,
  frame: { readonly current: HTMLDivElement | null },
): {
  readonly tops: Float64Array;
  readonly measure: (element: HTMLDivElement) => () => void;
  readonly redraw: () => void;
} {
  const [drawn, redraw] = useReducer((count: number) => count + 1, 0);
  const heights = useMemo(() => ({ of: new Map<string, number>(), shape }), [shape]);
  const [version, changed] = useReducer((count: number) => count + 1, 0);
  const tops = useMemo(
    () => topsOf(keys.length, (index) => heights.of.get(keys[index] ?? '') ?? rowPx),
    // Heights change within the map; `version` tells when.
    [keys, rowPx, heights, version],
  );
  const read = useCallback(() => {
    let isNew = false;
    for (const element of frame.current?.querySelectorAll<HTMLElement>('[data-key]') ?? []) {
      const key = element.dataset['key'] ?? '';
      const height = element.getBoundingClientRect().height;
      if (height === 0 || Math.abs((heights.of.get(key) ?? rowPx) - height) < 0.5) continue;
      heights.of.set(key, height);
      isNew = true;
    }
    if (isNew) changed();
  }, [frame, heights, rowPx]);
  useLayoutEffect(read, [read, drawn, tops]);
  const observer = useMemo(() => new ResizeObserver(read), [read]);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const resized = new ResizeObserver(redraw);
    resized.observe(element);
    return () => resized.disconnect();
  }, [frame]);
  useEffect(() => () => observer.disconnect(), [observer]);
  const measure = useCallback(
    (element: HTMLDivElement) => {
      observer.observe(element);
      return () => observer.unobserve(element);
    },
    [observer],
  );
  return { tops, measure, redraw };
}

function onKey(event: KeyboardEvent, props: FlowListProps, heightPx: number): void {
  const { keys, selected, onSelect, onOpen, rowPx } = props;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  // Enter on a link or button within a row is its own.
  const isInner = event.target !== event.currentTarget;
  if (event.key === 'Enter' && selected >= 0 && !isInner) {
    event.preventDefault();
    onOpen(selected);
    return;
  }
  const page = Math.max(1, Math.floor(heightPx / rowPx) - 1);
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: 1,
    j: 1,
    ArrowUp: -1,
    k: -1,
    PageDown: page,
    PageUp: -page,
    Home: -keys.length,
    End: keys.length,
  };
  const step = steps[event.key];
  if (step === undefined || keys.length === 0) return;
  event.preventDefault();
  onSelect(Math.max(0, Math.min(keys.length - 1, selected + step)));
}
