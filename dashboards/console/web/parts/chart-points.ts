/** Points on a chart that lead somewhere: drawn on its canvas, found again by the pointer. */
import type uPlot from 'uplot';

export interface ChartPoint {
  readonly timeMs: number;
  /** Null: it has no place on the y axis and stands on the x axis. */
  readonly value: number | null;
  /** What it is, for the hover. */
  readonly label: string;
  readonly onOpen: () => void;
}

const RADIUS_PX = 3.5;
/** A pointer that is nearer than this means the point. */
const REACH_PX = 8;

/** Where a point stands, in pixels of the plot; what lies beyond the scale stands at its edge. */
function placeOf(plot: uPlot, { timeMs, value }: ChartPoint, canvas: boolean): { x: number; y: number } {
  const x = plot.valToPos(timeMs / 1000, 'x', canvas);
  const { min, max } = plot.scales['y'] ?? {};
  if (value === null || min === undefined || min === null || max === undefined || max === null)
    return { x, y: canvas ? plot.bbox.top + plot.bbox.height : plot.over.clientHeight };
  return { x, y: plot.valToPos(Math.min(max, Math.max(min, value)), 'y', canvas) };
}

/** Diamonds, hollow, so that lines beneath can be seen. */
export function drawPoints(plot: uPlot, points: readonly ChartPoint[], color: string): void {
  const { ctx, bbox } = plot;
  const radius = RADIUS_PX * devicePixelRatio;
  ctx.save();
  ctx.setLineDash([]);
  ctx.strokeStyle = color;
  ctx.lineWidth = devicePixelRatio;
  for (const point of points) {
    const { x, y } = placeOf(plot, point, true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, y - radius);
    ctx.lineTo(x + radius, y);
    ctx.lineTo(x, y + radius);
    ctx.lineTo(x - radius, y);
    ctx.closePath();
    ctx.stroke();
  }
  ctx.restore();
}

/** The pointer over a point says what it is, and a click opens it. */
export function watchPoints(plot: uPlot, points: () => readonly ChartPoint[]): void {
  const { over } = plot;
  const found = (event: MouseEvent): ChartPoint | undefined => nearest(plot, points(), event);
  over.addEventListener('mousemove', (event) => {
    const point = found(event);
    over.title = point?.label ?? '';
    over.style.cursor = point === undefined ? '' : 'pointer';
  });
  over.addEventListener('click', (event) => found(event)?.onOpen());
}

function nearest(plot: uPlot, points: readonly ChartPoint[], event: MouseEvent): ChartPoint | undefined {
  let best: ChartPoint | undefined;
  let least = REACH_PX;
  for (const point of points) {
    const { x, y } = placeOf(plot, point, false);
    const distance = Math.hypot(x - event.offsetX, y - event.offsetY);
    if (distance >= least) continue;
    least = distance;
    best = point;
  }
  return best;
}
