/**
 * The service map as a picture: where each service stands and how its calls run.
 * Places depend on who calls whom, on nothing that is measured, so nothing moves
 * while rates change.
 */
import {
  layersOf,
  type GraphEdge,
  type LayeredEdge,
  type Slot,
} from '#dashboards/console/core/map/layers.ts';

export type MapEdge = GraphEdge;

/** Left to right by call depth; down where the place is narrow. */
export type Direction = 'right' | 'down';

export interface NodeBox {
  readonly name: string;
  /** Left upper corner, pixels. */
  readonly x: number;
  readonly y: number;
}

export interface EdgePath {
  readonly from: string;
  readonly to: string;
  readonly back: boolean;
  /** `d` of an SVG path. */
  readonly path: string;
  /** Where a word about the edge stands. */
  readonly labelX: number;
  readonly labelY: number;
}

export interface ServiceMap {
  readonly direction: Direction;
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly NodeBox[];
  readonly edges: readonly EdgePath[];
}

export const NODE_WIDTH = 116;
export const NODE_HEIGHT = 60;
/** Least room between columns: an arrow and a share of errors have to fit. */
const GAP_MIN = 30;
const GAP_MAX = 120;
const ROW_GAP = 18;
/** Room for an edge that passes between nodes. */
const PASSAGE = 14;
/** Room around everything, for edges that run back and for the focus ring. */
const MARGIN = 8;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Along the columns, and across them: what is x and y is chosen at the end. */
interface Placed {
  readonly along: number;
  readonly across: number;
  readonly acrossSize: number;
}

/**
 * @param names services, in any order; those on edges need not be named
 * @param widthPx of the place it is drawn in; the map may be wider and scroll
 */
export function serviceMap(names: readonly string[], edges: readonly MapEdge[], widthPx: number): ServiceMap {
  const { columns, edges: layered } = layersOf(names, edges);
  const least = columns.length * (NODE_WIDTH + GAP_MIN) - GAP_MIN + 2 * MARGIN;
  const direction: Direction = columns.length > 1 && least > widthPx ? 'down' : 'right';
  const places = placed(columns, direction, widthPx);
  const acrossMax = Math.max(0, ...[...places.values()].map(({ across, acrossSize }) => across + acrossSize));
  const alongMax = Math.max(0, ...[...places.values()].map(({ along }) => along)) + alongSize(direction);
  // Edges that run back need room of their own beyond the last row.
  const backs = layered.filter(({ back }) => back).length;
  const acrossEnd = acrossMax + (backs > 0 ? 2 * ROW_GAP : 0) + MARGIN;
  const alongEnd = alongMax + MARGIN;
  const nodes = columns.flat().flatMap(({ key, node }): NodeBox[] => {
    const place = places.get(key);
    if (node === undefined || place === undefined) return [];
    return [{ name: node, ...pointOf(direction, place.along, place.across) }];
  });
  return {
    direction,
    width: direction === 'right' ? alongEnd : Math.max(acrossEnd, Math.min(widthPx, acrossEnd)),
    height: direction === 'right' ? acrossEnd : alongEnd,
    nodes,
    edges: layered.map((edge) => edgePath(edge, places, direction, acrossMax + ROW_GAP)),
  };
}

function alongSize(direction: Direction): number {
  return direction === 'right' ? NODE_WIDTH : NODE_HEIGHT;
}

function acrossSizeOf({ node }: Slot, direction: Direction): number {
  if (node === undefined) return PASSAGE;
  return direction === 'right' ? NODE_HEIGHT : NODE_WIDTH;
}

/** Every column is centred on the tallest one. */
function placed(
  columns: readonly (readonly Slot[])[],
  direction: Direction,
  widthPx: number,
): ReadonlyMap<string, Placed> {
  const room = (widthPx - 2 * MARGIN - NODE_WIDTH) / Math.max(1, columns.length - 1) - NODE_WIDTH;
  const gap = direction === 'right' ? Math.min(GAP_MAX, Math.max(GAP_MIN, room)) : GAP_MIN;
  const pitch = alongSize(direction) + gap;
  const rowGap = direction === 'right' ? ROW_GAP : PASSAGE;
  const sizes = columns.map((column) =>
    column.reduce((sum, slot) => sum + acrossSizeOf(slot, direction) + rowGap, -rowGap),
  );
  const tallest = Math.max(0, ...sizes);
  const start = direction === 'down' ? Math.max(MARGIN, (widthPx - tallest) / 2) : MARGIN;
  const places = new Map<string, Placed>();
  columns.forEach((column, index) => {
    let across = start + (tallest - (sizes[index] ?? 0)) / 2;
    for (const slot of column) {
      const acrossSize = acrossSizeOf(slot, direction);
      places.set(slot.key, { along: MARGIN + index * pitch, across, acrossSize });
      across += acrossSize + rowGap;
    }
  });
  return places;
}

function pointOf(direction: Direction, along: number, across: number): Point {
  return direction === 'right' ? { x: along, y: across } : { x: across, y: along };
}

function edgePath(
  edge: LayeredEdge,
  places: ReadonlyMap<string, Placed>,
  direction: Direction,
  beyond: number,
): EdgePath {
  const { from, to, back, through } = edge;
  const start = places.get(from);
  const end = places.get(to);
  const nothing = { from, to, back, path: '', labelX: 0, labelY: 0 };
  if (start === undefined || end === undefined) return nothing;
  const size = alongSize(direction);
  const write = (along: number, across: number): string => {
    const { x, y } = pointOf(direction, along, across);
    return `${round(x)} ${round(y)}`;
  };
  if (back) return { ...nothing, ...backPath(start, end, { size, beyond, direction }, write) };
  const stops = through.flatMap((key) => places.get(key) ?? []);
  let at = { along: start.along + size, across: middle(start) };
  let path = `M${write(at.along, at.across)}`;
  for (const next of [...stops, end]) {
    const bend = (next.along - at.along) / 2;
    const across = middle(next);
    path += `C${write(at.along + bend, at.across)} ${write(next.along - bend, across)} ${write(next.along, across)}`;
    at = { along: next.along, across };
    // Beside the nodes of a column it passes, an edge runs straight.
    if (next === end) break;
    at = { along: next.along + size, across };
    path += `L${write(at.along, across)}`;
  }
  const first = stops[0] ?? end;
  const label = pointOf(
    direction,
    (start.along + size + first.along) / 2,
    (middle(start) + middle(first)) / 2,
  );
  return { ...nothing, path, labelX: round(label.x), labelY: round(label.y) };
}

/** Out of the far side of its start, beyond the last row, and back into its end. */
function backPath(
  start: Placed,
  end: Placed,
  {
    size,
    beyond,
    direction,
  }: { readonly size: number; readonly beyond: number; readonly direction: Direction },
  write: (along: number, across: number) => string,
): Pick<EdgePath, 'path' | 'labelX' | 'labelY'> {
  const from = { along: start.along + size * 0.6, across: start.across + start.acrossSize };
  const to = { along: end.along + size * 0.4, across: end.across + end.acrossSize };
  const path = `M${write(from.along, from.across)}C${write(from.along, beyond)} ${write(to.along, beyond)} ${write(to.along, to.across)}`;
  const label = pointOf(direction, (from.along + to.along) / 2, (from.across + to.across + 6 * beyond) / 8);
  return { path, labelX: round(label.x), labelY: round(label.y) };
}

function middle({ across, acrossSize }: Placed): number {
  return across + acrossSize / 2;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
