/**
 * The lines of the page: pages of a search below, what arrives meanwhile above.
 * New lines wait until somebody wants them, so that nothing moves while reading.
 */
import { compareLines, type LogLine } from '#dashboards/console/core/logs/line.ts';

/** Loaded by scrolling: some megabytes a thousand. Beyond it one narrows the search. */
export const LINES_MAX = 20_000;
/** Kept when new lines are let in: a tail that runs all night stays as large as this. */
export const TAIL_LINES_MAX = 5000;

export interface LineList {
  /** Newest first. */
  readonly lines: readonly LogLine[];
  /** New and not yet shown, newest first. */
  readonly waiting: readonly LogLine[];
  /** Where older lines go on; null when there are none, or when they were let go of. */
  readonly next: string | null;
  /** Why older lines end, if not because there are none. */
  readonly cut: 'by-limit' | 'by-tail' | undefined;
  /** Lines that came too fast and were never here. */
  readonly skipped: number;
}

export const NO_LINES: LineList = { lines: [], waiting: [], next: null, cut: undefined, skipped: 0 };

/** With a page of older lines. */
export function withPage(list: LineList, older: readonly LogLine[], next: string | null): LineList {
  const all = merge(list.lines, older);
  const known = new Set(older.map(({ id }) => id));
  const full = all.length >= LINES_MAX && next !== null;
  return {
    ...list,
    lines: all.slice(0, LINES_MAX),
    waiting: list.waiting.filter(({ id }) => !known.has(id)),
    next: full ? null : next,
    cut: full ? 'by-limit' : list.cut,
  };
}

/** With lines that arrived. A line that is there already is the same line. */
export function withArrived(list: LineList, arrived: readonly LogLine[], skipped: number): LineList {
  const known = new Set(list.lines.map(({ id }) => id));
  const fresh = arrived.filter(({ id }) => !known.has(id));
  if (fresh.length === 0 && skipped === 0) return list;
  const waiting = merge(fresh, list.waiting);
  const lost = Math.max(0, waiting.length - TAIL_LINES_MAX);
  return { ...list, waiting: waiting.slice(0, TAIL_LINES_MAX), skipped: list.skipped + skipped + lost };
}

/** Lets in what waits, and keeps `linesMax` in all. */
export function withWaitingShown(list: LineList, linesMax: number): LineList {
  if (list.waiting.length === 0) return list;
  // More waited than is kept: between them and the lines below some are missing.
  const isGap = list.waiting.length >= TAIL_LINES_MAX;
  const all = isGap ? list.waiting : merge(list.waiting, list.lines);
  const isCut = isGap || all.length > linesMax;
  return {
    ...list,
    lines: all.slice(0, linesMax),
    waiting: [],
    next: isCut ? null : list.next,
    cut: isCut ? 'by-tail' : list.cut,
  };
}

/** Newest first, each id once; of the same time those of `upper` come first. */
function merge(upper: readonly LogLine[], lower: readonly LogLine[]): readonly LogLine[] {
  const last = upper.at(-1);
  const first = lower[0];
  if (last === undefined || first === undefined || compareLines(last, first) < 0) return [...upper, ...lower];
  const byId = new Map([...upper, ...lower].map((line) => [line.id, line]));
  return [...byId.values()].toSorted(compareLines);
}
