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
  /** Nodes are narrow: a figure a line. */
  readonly narrow: boolean;
  readonly width: number;
  readonly height: number;
  readonly nodeWidth: number;
  readonly nodeHeight: number;
  readonly nodes: readonly NodeBox[];
  readonly edges: readonly EdgePath[];
}

/** How nodes stand, in pixels. */
interface Layout {
  readonly direction: Direction;
  readonly narrow: boolean;
  readonly width: number;
  readonly height: number;
  /** Least room between columns: an arrow and, where there is room, a share of errors have to fit. */
  readonly gapMin: number;
}

/** Taken where it fits. */
const ROOMY: Layout = { direction: 'right', narrow: false, width: 116, height: 60, gapMin: 30 };
/** Six columns fit beside another panel at 1,100 pixels of the page. */
const NARROW: Layout = { direction: 'right', narrow: true, width: 94, height: 78, gapMin: 17 };
const DOWN: Layout = { direction: 'down', narrow: true, width: 108, height: 78, gapMin: 30 };
/** Narrow nodes are as wide as there is room: three of a call depth fit side by side on a phone. */
const DOWN_WIDTH_MIN = 92;
const GAP_MAX = 120;
/** Across the columns. */
const ROW_GAP: Readonly<Record<Direction, number>> = { right: 18, down: 6 };
/** Room for an edge that passes between nodes. */
const PASSAGE: Readonly<Record<Direction, number>> = { right: 14, down: 4 };
/** Between the way there and the way back. */
const BESIDE = 14;
/** Height of the loop of a node that calls itself. */
const LOOP = 16;
/** Room around everything, for the focus ring. */
const MARGIN = 8;

/** A place before it is known which way the map runs. */
interface Spot {
  readonly along: number;
  readonly across: number;
}

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
  const layout = layoutFor(columns, widthPx);
  const { direction } = layout;
  const places = placed(columns, layout, widthPx);
  const acrossMax = Math.max(0, ...[...places.values()].map(({ across, acrossSize }) => across + acrossSize));
  const alongMax = Math.max(0, ...[...places.values()].map(({ along }) => along)) + alongSize(layout);
  // A node that calls itself has a loop below it.
  const loops = layered.some(({ from, to }) => from === to) ? LOOP : 0;
  const acrossEnd = acrossMax + loops + MARGIN;
  const alongEnd = alongMax + MARGIN;
  const nodes = columns.flat().flatMap(({ key, node }): NodeBox[] => {
    const place = places.get(key);
    if (node === undefined || place === undefined) return [];
    return [{ name: node, ...pointOf(direction, place.along, place.across) }];
  });
  return {
    direction,
    width: direction === 'right' ? alongEnd : acrossEnd,
    height: direction === 'right' ? acrossEnd : alongEnd,
    narrow: layout.narrow,
    nodeWidth: layout.width,
    nodeHeight: layout.height,
    nodes,
    edges: layered.map((edge) => edgePath(edge, places, layout)),
  };
}

function layoutFor(columns: readonly (readonly Slot[])[], widthPx: number): Layout {
  const room = widthPx - 2 * MARGIN;
  const count = columns.length;
  const needs = ({ width, gapMin }: Layout): number => count * (width + gapMin) - gapMin;
  if (count <= 1 || needs(ROOMY) <= room) return ROOMY;
  if (needs(NARROW) <= room) {
    const share = Math.floor((room + ROOMY.gapMin) / count - ROOMY.gapMin);
    return { ...NARROW, width: clamp(share, NARROW.width, ROOMY.width) };
  }
  const widest = columns.map((column) => {
    const nodes = column.filter(({ node }) => node !== undefined).length;
    const rest = (column.length - nodes) * PASSAGE.down + (column.length - 1) * ROW_GAP.down;
    return Math.floor((room - rest) / Math.max(1, nodes));
  });
  return { ...DOWN, width: clamp(Math.min(...widest), DOWN_WIDTH_MIN, DOWN.width) };
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

function alongSize({ direction, width, height }: Layout): number {
  return direction === 'right' ? width : height;
}

function acrossSizeOf({ node }: Slot, { direction, width, height }: Layout): number {
  if (node === undefined) return PASSAGE[direction];
  return direction === 'right' ? height : width;
}

/** Every column is centred on the tallest one. */
function placed(
  columns: readonly (readonly Slot[])[],
  layout: Layout,
  widthPx: number,
): ReadonlyMap<string, Placed> {
  const { direction, width, gapMin } = layout;
  const room = (widthPx - 2 * MARGIN - width) / Math.max(1, columns.length - 1) - width;
  const gap = direction === 'right' ? Math.min(GAP_MAX, Math.max(gapMin, room)) : gapMin;
  const pitch = alongSize(layout) + gap;
  const rowGap = ROW_GAP[direction];
  const sizes = columns.map((column) =>
    column.reduce((sum, slot) => sum + acrossSizeOf(slot, layout) + rowGap, -rowGap),
  );
  const tallest = Math.max(0, ...sizes);
  const start = direction === 'down' ? Math.max(MARGIN, (widthPx - tallest) / 2) : MARGIN;
  const places = new Map<string, Placed>();
  columns.forEach((column, index) => {
    let across = start + (tallest - (sizes[index] ?? 0)) / 2;
    for (const slot of column) {
      const acrossSize = acrossSizeOf(slot, layout);
      places.set(slot.key, { along: MARGIN + index * pitch, across, acrossSize });
      across += acrossSize + rowGap;
    }
  });
  return places;
}

function pointOf(direction: Direction, along: number, across: number): Point {
  return direction === 'right' ? { x: along, y: across } : { x: across, y: along };
}

function edgePath(edge: LayeredEdge, places: ReadonlyMap<string, Placed>, layout: Layout): EdgePath {
  const { direction } = layout;
  const { from, to, back, through } = edge;
  const start = places.get(from);
  const end = places.get(to);
  const nothing = { from, to, back, path: '', labelX: 0, labelY: 0 };
  if (start === undefined || end === undefined) return nothing;
  const size = alongSize(layout);
  const write = ({ along, across }: Spot): string => {
    const { x, y } = pointOf(direction, along, across);
    return `${round(x)} ${round(y)}`;
  };
  if (from === to) return { ...nothing, ...loopPath(start, size, direction, write) };
  // Ways there and back between the same nodes lie beside one another.
  const beside = back ? BESIDE : 0;
  const spot = ({ along, across, acrossSize }: Placed, far: boolean): Spot => ({
    along: along + (far === back ? 0 : size),
    across: across + acrossSize / 2 + (acrossSize > PASSAGE[direction] ? beside : 0),
  });
  const stops = through.flatMap((key) => places.get(key) ?? []);
  let at = spot(start, true);
  const first = spot(stops[0] ?? end, false);
  const label = pointOf(direction, (at.along + first.along) / 2, (at.across + first.across) / 2);
  let path = `M${write(at)}`;
  for (const next of [...stops, end]) {
    const enters = spot(next, false);
    const bend = (enters.along - at.along) / 2;
    path += `C${write({ ...at, along: at.along + bend })} ${write({ ...enters, along: enters.along - bend })} ${write(enters)}`;
    if (next === end) break;
    // Beside the nodes of a column it passes, an edge runs straight.
    at = spot(next, true);
    path += `L${write(at)}`;
  }
  return { ...nothing, path, labelX: round(label.x), labelY: round(label.y) };
}

/** Out of the far side of a node and into it again. */
function loopPath(
  { along, across, acrossSize }: Placed,
  size: number,
  direction: Direction,
  write: (spot: Spot) => string,
): Pick<EdgePath, 'path' | 'labelX' | 'labelY'> {
  const side = across + acrossSize;
  const [left, right, far] = [along + size * 0.4, along + size * 0.6, side + LOOP];
  const path = `M${write({ along: right, across: side })}C${write({ along: right, across: far })} ${write({ along: left, across: far })} ${write({ along: left, across: side })}`;
  const label = pointOf(direction, along + size / 2, far);
  return { path, labelX: round(label.x), labelY: round(label.y) };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
