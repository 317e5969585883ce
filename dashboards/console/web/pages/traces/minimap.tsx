import { useMemo, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import {
  minimapLines,
  viewByKey,
  viewText,
  type MinimapLine,
  type View,
} from '#dashboards/console/core/trace/minimap.ts';
import type { TraceTree } from '#dashboards/console/core/trace/tree.ts';
import { microsText } from '#dashboards/console/core/trace/words.ts';
import { useServiceClass } from '#dashboards/console/web/parts/series-name.tsx';

interface MinimapProps {
  readonly tree: TraceTree;
  readonly view: View;
  /** Text for the address; '' for all of the trace. */
  readonly onView: (text: string) => void;
}

const HEIGHT = 48;
const WIDTH = 1000;
/** A drag shorter than this share is a click. */
const DRAG_MIN = 0.005;

/** The whole trace in a strip: drag to look at a part of it, double click for all; keys do the same. */
export function Minimap({ tree, view, onView }: MinimapProps): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number }>();
  const lines = useMemo(() => <Lines tree={tree} />, [tree]);
  const ratioOf = (event: PointerEvent): number => {
    const box = place.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return 0;
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  const finish = (): void => {
    if (drag !== undefined && Math.abs(drag.to - drag.from) >= DRAG_MIN) {
      const [startUs, endUs] = [drag.from, drag.to]
        .toSorted((a, b) => a - b)
        .map((at) => at * tree.durationUs);
      onView(viewText({ startUs: startUs ?? 0, endUs: endUs ?? tree.durationUs }, tree.durationUs));
    }
    setDrag(undefined);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isWhole = view.startUs <= 0 && view.endUs >= tree.durationUs;
    // Escape first gives the whole trace back; then it is the page's.
    const key = event.key === 'Escape' && !isWhole ? '0' : event.key;
    const next = viewByKey(key, view, { durationUs: tree.durationUs });
    if (next === undefined) return;
    event.preventDefault();
    onView(viewText(next, tree.durationUs));
  };
  const scale = Math.max(1, tree.durationUs);
  const from = drag === undefined ? view.startUs / scale : Math.min(drag.from, drag.to);
  const to = drag === undefined ? view.endUs / scale : Math.max(drag.from, drag.to);
  return (
    <div
      ref={place}
      className="minimap"
      tabIndex={0}
      role="group"
      aria-label="Overview of the trace. + and - zoom, arrows move, 0 or Escape shows all."
      aria-keyshortcuts="+ - 0 [ ] ArrowLeft ArrowRight Home End Escape"
      onKeyDown={onKey}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: ratioOf(event), to: ratioOf(event) });
      }}
      onPointerMove={(event) => {
        if (drag !== undefined) setDrag({ from: drag.from, to: ratioOf(event) });
      }}
      onPointerUp={finish}
      onPointerCancel={() => setDrag(undefined)}
      onDoubleClick={() => onView('')}
    >
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`The whole trace; ${microsText(view.startUs)} to ${microsText(view.endUs)} is shown below`}
      >
        {lines}
        <rect className="outside" x={0} y={0} width={from * WIDTH} height={HEIGHT} />
        <rect
          className="outside"
          x={to * WIDTH}
          y={0}
          width={Math.max(0, (1 - to) * WIDTH)}
          height={HEIGHT}
        />
      </svg>
    </div>
  );
}

/** Without the view: a comparison shows two of them at one scale. */
export function TraceStrip({
  tree,
  scaleUs,
  label,
}: {
  readonly tree: TraceTree;
  /** Duration that fills the width. */
  readonly scaleUs: number;
  readonly label: string;
}): ReactNode {
  const width = (WIDTH * Math.max(1, scaleUs)) / Math.max(1, tree.durationUs);
  return (
    <div className="minimap still">
      <svg viewBox={`0 0 ${width} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
        <Lines tree={tree} />
      </svg>
    </div>
  );
}

function Lines({ tree }: { readonly tree: TraceTree }): ReactNode {
  const lines = minimapLines(tree);
  const step = (HEIGHT - 4) / Math.max(12, lines.length);
  return lines.map((line, index) => (
    <Line key={index} line={line} y={2 + index * step} height={Math.max(0.8, step * 0.7)} />
  ));
}

function Line(props: { readonly line: MinimapLine; readonly y: number; readonly height: number }): ReactNode {
  const { from, to, service, failed } = props.line;
  const ofService = useServiceClass(service);
  return (
    <rect
      className={failed ? 'failed' : ofService}
      x={from * WIDTH}
      y={props.y}
      width={Math.max(1.5, (to - from) * WIDTH)}
      height={props.height}
    />
  );
}
