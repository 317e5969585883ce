import { useEffect, useRef, useState, type ReactNode } from 'react';
import { pathOf } from '#dashboards/console/core/route.ts';
import { formatClock, formatDuration, formatTime } from '#dashboards/console/core/times.ts';
import type { Interval } from '#dashboards/console/core/time-range.ts';
import { scatterOf, type ScatterPoint, type TraceSummary } from '#dashboards/console/core/trace/summary.ts';
import { nameText } from '#dashboards/console/core/trace/words.ts';
import { keepingRange, navigate } from '#dashboards/console/web/data/location.ts';
import { useServiceClass } from '#dashboards/console/web/parts/series-name.tsx';

const HEIGHT = 132;
const LEFT = 64;
const TOP = 8;
const BOTTOM = 20;
const RIGHT = 12;

interface ScatterProps {
  readonly traces: readonly TraceSummary[];
  readonly interval: Interval;
}

/** Duration over start, a point a trace. The list below has the same for keyboard and ear. */
export function TraceScatter({ traces, interval }: ScatterProps): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(800);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setWidth(Math.max(200, element.clientWidth)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const { points, lines, log } = scatterOf(traces, interval);
  const x = (ratio: number): number => LEFT + ratio * (width - LEFT - RIGHT);
  const y = (ratio: number): number => TOP + (1 - ratio) * (HEIGHT - TOP - BOTTOM);
  const middle = (interval.startMs + interval.endMs) / 2;
  return (
    <div ref={place} className="trace-scatter">
      <svg
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={`Duration of ${traces.length} traces over their start${log ? ', logarithmic' : ''}. The list below has the same.`}
      >
        {(traces.length === 0 ? [] : lines).map(({ durationMs, y: at }) => (
          <g key={durationMs}>
            <line className="rule" x1={LEFT} x2={width - RIGHT} y1={y(at)} y2={y(at)} />
            <text x={LEFT - 8} y={y(at) + 4} textAnchor="end">
              {formatDuration(durationMs)}
            </text>
          </g>
        ))}
        <text x={LEFT} y={HEIGHT - 4}>
          {formatClock(interval.startMs, interval.endMs)}
        </text>
        <text x={x(0.5)} y={HEIGHT - 4} textAnchor="middle">
          {formatClock(middle, interval.endMs)}
        </text>
        <text x={width - RIGHT} y={HEIGHT - 4} textAnchor="end">
          {formatClock(interval.endMs, interval.endMs)}
        </text>
        {points.map((point) => (
          <Point key={point.trace.id} point={point} x={x(point.x)} y={y(point.y)} endMs={interval.endMs} />
        ))}
      </svg>
    </div>
  );
}

interface PointProps {
  readonly point: ScatterPoint;
  readonly x: number;
  readonly y: number;
  readonly endMs: number;
}

/** A dot, or a triangle where something failed: shape and colour together. */
function Point({ point: { trace }, x, y, endMs }: PointProps): ReactNode {
  const open = (): void => navigate(keepingRange(pathOf({ page: 'trace', id: trace.id })));
  const title = `${formatTime(trace.startMs, endMs)} ${nameText(trace.rootService)} ${nameText(trace.rootOperation)}, ${formatDuration(trace.durationMs)}${trace.failed > 0 ? `, ${trace.failed} failed` : ''}`;
  return (
    <g className={`point ${useServiceClass(trace.rootService)}`} onClick={open}>
      <title>{title}</title>
      <circle className="target" cx={x} cy={y} r={8} />
      {trace.failed > 0 ? (
        <path className="failed" d={`M${x} ${y - 5}L${x + 5} ${y + 4}L${x - 5} ${y + 4}Z`} />
      ) : (
        <circle className="fine" cx={x} cy={y} r={3.5} />
      )}
    </g>
  );
}
