import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';

interface VirtualListProps {
  readonly count: number;
  /** Height of every row, pixels. */
  readonly rowPx: number;
  /** Height of the window onto the rows, a CSS length. */
  readonly height: string;
  readonly label: string;
  readonly row: (index: number) => ReactNode;
  /** Row that the keyboard is on; −1 for none. */
  readonly selected?: number;
  readonly onSelect?: (index: number) => void;
  readonly onKey?: (event: KeyboardEvent) => void;
}

/** Rows drawn beyond what is seen, so that fast scrolling shows no holes. */
const OVERSCAN = 12;
/** Browsers cannot make an element higher than some 33 million pixels. */
const HEIGHT_PX_MAX = 30_000_000;

/** Draws only the rows in sight: 100,000 cost as much as 50. Arrow keys, j and k move the selection. */
export function VirtualList(props: VirtualListProps): ReactNode {
  const { count, rowPx, height, label, row, selected = -1, onSelect, onKey } = props;
  const frame = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const measure = (): void => setView({ top: element.scrollTop, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const element = frame.current;
    if (element === null || selected < 0) return;
    const top = selected * rowPx;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowPx > element.scrollTop + element.clientHeight)
      element.scrollTop = top + rowPx - element.clientHeight;
  }, [selected, rowPx]);
  const first = Math.max(0, Math.floor(view.top / rowPx) - OVERSCAN);
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowPx) + OVERSCAN);
  const move = (event: KeyboardEvent): void => {
    onKey?.(event);
    if (event.defaultPrevented || onSelect === undefined) return;
    const next = target(event.key, selected, count, Math.floor(view.height / rowPx));
    if (next === undefined) return;
    event.preventDefault();
    onSelect(next);
  };
  return (
    <div
      ref={frame}
      className="virtual"
      style={{ height }}
      tabIndex={0}
      role="group"
      aria-label={label}
      onScroll={(event) =>
        setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })
      }
      onKeyDown={move}
    >
      <div style={{ height: Math.min(HEIGHT_PX_MAX, count * rowPx), position: 'relative' }}>
        <div style={{ position: 'absolute', top: first * rowPx, left: 0, right: 0 }}>
          {Array.from({ length: Math.max(0, last - first) }, (_, offset) => row(first + offset))}
        </div>
      </div>
    </div>
  );
}

function target(key: string, selected: number, count: number, page: number): number | undefined {
  const clamp = (index: number): number => Math.max(0, Math.min(count - 1, index));
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return clamp(selected + 1);
    case 'ArrowUp':
    case 'k':
      return clamp(selected - 1);
    case 'PageDown':
      return clamp(selected + page);
    case 'PageUp':
      return clamp(selected - page);
    case 'Home':
      return 0;
    case 'End':
      return clamp(count - 1);
    default:
      return undefined;
  }
}
