/** The whole trace in a strip: a line a band of rows, and the part of the time that is looked at. */
import type { SpanNode, TraceTree } from '#dashboards/console/core/trace/tree.ts';

export interface MinimapLine {
  /** 0 … 1 of the trace's duration. */
  readonly from: number;
  readonly to: number;
  /** Of the longest span in the band. */
  readonly service: string;
  readonly failed: boolean;
}

/** Lines the strip has room for; a trace with more spans shows several in one. */
const LINES_MAX = 160;

export function minimapLines({
  nodes,
  durationUs,
}: Pick<TraceTree, 'nodes' | 'durationUs'>): readonly MinimapLine[] {
  const perLine = Math.max(1, Math.ceil(nodes.length / LINES_MAX));
  const scale = durationUs === 0 ? 1 : durationUs;
  const lines: MinimapLine[] = [];
  for (let row = 0; row < nodes.length; row += perLine) {
    const band = nodes.slice(row, row + perLine);
    const longest = band.reduce<SpanNode | undefined>(
      (most, node) => (most === undefined || node.durationUs > most.durationUs ? node : most),
      undefined,
    );
    if (longest === undefined) break;
    lines.push({
      from: longest.startUs / scale,
      to: (longest.startUs + longest.durationUs) / scale,
      service: longest.service,
      failed: band.some(({ failed }) => failed),
    });
  }
  return lines;
}

/** A part of the trace's time, microseconds since its start. */
export interface View {
  readonly startUs: number;
  readonly endUs: number;
}

/** `120-4500`; all of the trace when it cannot be read or is outside. */
export function parseView(text: string, durationUs: number): View {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(text);
  const startUs = Number(match?.[1] ?? 0);
  const endUs = Math.min(Number(match?.[2] ?? durationUs), durationUs);
  return startUs < endUs ? { startUs, endUs } : { startUs: 0, endUs: Math.max(1, durationUs) };
}

/** '' for all of the trace. */
export function viewText({ startUs, endUs }: View, durationUs: number): string {
  const from = Math.max(0, Math.floor(startUs));
  const to = Math.min(durationUs, Math.ceil(endUs));
  return from <= 0 && to >= durationUs ? '' : `${from}-${to}`;
}

/** A key makes what is shown so much shorter or longer, or moves it by that share. */
const ZOOM = 2;
const MOVE = 0.25;

/** Keys that mean the same. */
const SAME: Readonly<Record<string, string>> = { '=': '+', ArrowLeft: '[', ArrowRight: ']' };

/** What is shown after a key: zoom around `centreUs`, move, or all; undefined for other keys. */
export function viewByKey(
  key: string,
  { startUs, endUs }: View,
  { durationUs, centreUs }: { readonly durationUs: number; readonly centreUs?: number | undefined },
): View | undefined {
  const length = endUs - startUs;
  const within = (start: number, long: number): View => {
    const size = Math.min(durationUs, Math.max(1, long));
    const from = Math.min(durationUs - size, Math.max(0, start));
    return { startUs: from, endUs: from + size };
  };
  const isSeen = centreUs !== undefined && centreUs >= startUs && centreUs <= endUs;
  const centre = isSeen ? centreUs : (startUs + endUs) / 2;
  const zoomed = (long: number): View => within(centre - (centre - startUs) * (long / length), long);
  switch (SAME[key] ?? key) {
    case '+':
      return zoomed(Math.max(1, length / ZOOM));
    case '-':
      return zoomed(length * ZOOM);
    case '[':
      return within(startUs - length * MOVE, length);
    case ']':
      return within(startUs + length * MOVE, length);
    case 'Home':
      return within(0, length);
    case 'End':
      return within(durationUs, length);
    case '0':
      return { startUs: 0, endUs: Math.max(1, durationUs) };
    default:
      return undefined;
  }
}

export interface Place {
  /** Percent of the view. */
  readonly left: number;
  readonly width: number;
}

/** Where an interval lies in the view, cut at its edges; undefined outside. */
export function placeIn(view: View, startUs: number, endUs: number): Place | undefined {
  const span = view.endUs - view.startUs;
  const from = Math.max(startUs, view.startUs);
  const to = Math.min(endUs, view.endUs);
  if (from > to || span <= 0) return undefined;
  return { left: ((from - view.startUs) / span) * 100, width: ((to - from) / span) * 100 };
}

/** About `count` round times within a view. */
export function ticksOf({ startUs, endUs }: View, count: number): readonly number[] {
  const wanted = (endUs - startUs) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(Math.max(1e-3, wanted)));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= wanted) ?? wanted;
  const ticks: number[] = [];
  for (let tick = Math.ceil(startUs / step) * step; tick <= endUs && ticks.length < count * 3; tick += step)
    ticks.push(tick);
  return ticks;
}
