import { useMemo, type KeyboardEvent, type ReactNode } from 'react';
import type { CriticalPath } from '#dashboards/console/core/trace/critical-path.ts';
import { placeIn, ticksOf } from '#dashboards/console/core/trace/minimap.ts';
import { positionOf } from '#dashboards/console/core/trace/rows.ts';
import type { TraceTree } from '#dashboards/console/core/trace/tree.ts';
import { microsText } from '#dashboards/console/core/trace/words.ts';
import { SpanRow } from '#dashboards/console/web/pages/traces/span-row.tsx';
import type { TraceView } from '#dashboards/console/web/pages/traces/use-trace-view.ts';
import { VirtualList } from '#dashboards/console/web/parts/virtual-list.tsx';

interface WaterfallProps {
  readonly tree: TraceTree;
  readonly critical: CriticalPath;
  readonly shown: TraceView;
}

const ROW_PX = 20;
const TICKS = 4;

/** A row a span: name left, bar right. Draws only what is in sight. */
export function Waterfall({ tree, critical, shown }: WaterfallProps): ReactNode {
  const { rows, view, selected, select, closed, toggle, aside } = shown;
  const matches = useMemo(() => new Set(shown.matches), [shown.matches]);
  const position = selected === undefined ? -1 : positionOf(rows, selected.index);
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    aside(event.key);
    event.preventDefault();
  };
  const row = (at: number): ReactNode => {
    const node = tree.nodes[rows[at] ?? -1];
    if (node === undefined) return null;
    return (
      <SpanRow
        key={node.index}
        node={node}
        above={node.parent === -1 ? undefined : tree.nodes[node.parent]}
        segments={critical.segments.get(node.index)}
        view={view}
        isSelected={at === position}
        isClosed={closed.has(node.id)}
        isMatch={matches.has(node.index)}
        onSelect={select}
        onToggle={toggle}
      />
    );
  };
  return (
    <div className="waterfall">
      <div className="waterfall-head" aria-hidden="true">
        <span className="hint">service and operation</span>
        <div className="ticks">
          {ticksOf(view, TICKS).map((tick) => (
            <span key={tick} style={{ left: `${placeIn(view, tick, tick)?.left ?? 0}%` }}>
              {microsText(tick)}
            </span>
          ))}
        </div>
      </div>
      <VirtualList
        count={rows.length}
        rowPx={ROW_PX}
        height={`min(var(--waterfall-height), ${rows.length * ROW_PX + 2}px)`}
        label="Spans. Arrow up and down to go, left and right to close and open, e for the next failed one, c for the critical path alone"
        selected={position}
        onSelect={(at) => {
          const node = tree.nodes[rows[at] ?? -1];
          if (node !== undefined) select(node, 'replace');
        }}
        onKey={onKey}
        row={row}
      />
    </div>
  );
}
