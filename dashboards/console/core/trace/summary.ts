/** Traces of a search as rows of a list and points of a scatter. */
import type { Interval } from '#dashboards/console/core/time-range.ts';
import {
  hasFailed,
  parentOf,
  serviceOf,
  type Span,
  type Trace,
} from '#dashboards/console/core/trace/answer.ts';

export interface TraceSummary {
  readonly id: string;
  readonly rootService: string;
  readonly rootOperation: string;
  /** The span where it begins has a parent that nobody sent. */
  readonly rootMissing: boolean;
  readonly spans: number;
  readonly failed: number;
  readonly startMs: number;
  /** From the first start to the last end of any span. */
  readonly durationMs: number;
  /** Most spans first. */
  readonly services: readonly { readonly name: string; readonly spans: number }[];
}

/** Undefined for a trace without spans. */
export function summaryOf(trace: Trace): TraceSummary | undefined {
  const root = rootOf(trace.spans);
  if (root === undefined) return undefined;
  const counts = new Map<string, number>();
  let startUs = Infinity;
  let endUs = -Infinity;
  let failed = 0;
  for (const span of trace.spans) {
    const service = serviceOf(trace, span);
    counts.set(service, (counts.get(service) ?? 0) + 1);
    startUs = Math.min(startUs, span.startTime);
    endUs = Math.max(endUs, span.startTime + span.duration);
    if (hasFailed(span)) failed += 1;
  }
  return {
    id: trace.traceID,
    rootService: serviceOf(trace, root),
    rootOperation: root.operationName,
    rootMissing: parentOf(root) !== undefined,
    spans: trace.spans.length,
    failed,
    startMs: startUs / 1000,
    durationMs: (endUs - startUs) / 1000,
    services: [...counts]
      .map(([name, spans]) => ({ name, spans }))
      .toSorted((a, b) => b.spans - a.spans || (a.name < b.name ? -1 : 1)),
  };
}

/** The earliest span without a parent; without one, the earliest whose parent is missing. */
function rootOf(spans: readonly Span[]): Span | undefined {
  const ids = new Set(spans.map(({ spanID }) => spanID));
  const earliest = (some: readonly Span[]): Span | undefined =>
    some.reduce<Span | undefined>(
      (least, span) => (least === undefined || span.startTime < least.startTime ? span : least),
      undefined,
    );
  return (
    earliest(spans.filter((span) => parentOf(span) === undefined)) ??
    earliest(spans.filter((span) => !ids.has(parentOf(span) ?? ''))) ??
    earliest(spans)
  );
}

/**
 * New answers put among what is known: what grew is replaced, the rest stays the
 * same object, and only the newest `max` that began at `startMs` or later are kept.
 */
export function mergeSummaries(
  known: readonly TraceSummary[],
  fresh: readonly TraceSummary[],
  { startMs, max }: { readonly startMs: number; readonly max: number },
): readonly TraceSummary[] {
  const byId = new Map(known.map((one) => [one.id, one]));
  for (const one of fresh) {
    const before = byId.get(one.id);
    if (before === undefined || before.spans !== one.spans || before.failed !== one.failed)
      byId.set(one.id, one);
  }
  return [...byId.values()]
    .filter((one) => one.startMs + one.durationMs >= startMs)
    .toSorted(newestFirst)
    .slice(0, max);
}

function newestFirst(a: TraceSummary, b: TraceSummary): number {
  return b.startMs - a.startMs || (a.id < b.id ? -1 : 1);
}

export type TraceOrder = 'newest' | 'slowest';

export function sortedSummaries(traces: readonly TraceSummary[], order: TraceOrder): readonly TraceSummary[] {
  return order === 'newest'
    ? traces.toSorted(newestFirst)
    : traces.toSorted((a, b) => b.durationMs - a.durationMs || newestFirst(a, b));
}

export interface ScatterPoint {
  readonly trace: TraceSummary;
  /** 0 … 1 from left to right, and from the bottom to the top. */
  readonly x: number;
  readonly y: number;
}

export interface Scatter {
  readonly points: readonly ScatterPoint[];
  readonly log: boolean;
  /** Durations with a line across, milliseconds, and where: 0 … 1 from the bottom. */
  readonly lines: readonly { readonly durationMs: number; readonly y: number }[];
}

/**
 * The time that the scatter shows. When there are more traces than were asked for,
 * only the part that those found reach back to: the rest would look as if nothing
 * had happened there.
 */
export function scatterInterval(
  traces: readonly TraceSummary[],
  { startMs, endMs }: Interval,
  limit: number,
): Interval {
  if (traces.length < limit) return { startMs, endMs };
  const oldestMs = traces.reduce((least, trace) => Math.min(least, trace.startMs), endMs);
  const fromMs = oldestMs - MARGIN * (endMs - oldestMs);
  return { startMs: Math.min(endMs - 1, Math.max(startMs, fromMs)), endMs };
}

/** Left of the oldest point, a share of the time shown. */
const MARGIN = 0.02;

/** Two decades apart, short traces would lie on the axis. */
const LOG_FROM_RATIO = 100;
/** Traces shorter than this are drawn at the foot of a logarithmic axis. */
const LOG_MS_MIN = 0.01;

/** Duration over start; logarithmic where durations span more than two decades. */
export function scatterOf(traces: readonly TraceSummary[], { startMs, endMs }: Interval): Scatter {
  const durations = traces.map(({ durationMs }) => Math.max(LOG_MS_MIN, durationMs));
  const max = durations.reduce((most, one) => Math.max(most, one), LOG_MS_MIN);
  const min = durations.reduce((least, one) => Math.min(least, one), max);
  const log = max / min > LOG_FROM_RATIO;
  const low = log ? Math.floor(Math.log10(min)) : 0;
  const high = log ? Math.log10(max * 1.2) : max * 1.08;
  const heightOf = (ms: number): number =>
    ((log ? Math.log10(Math.max(LOG_MS_MIN, ms)) : ms) - low) / (high - low);
  return {
    log,
    lines: linesOf(log, low, high).map((durationMs) => ({ durationMs, y: heightOf(durationMs) })),
    points: traces.map((trace) => ({
      trace,
      x: clamp((trace.startMs - startMs) / Math.max(1, endMs - startMs)),
      y: clamp(heightOf(trace.durationMs)),
    })),
  };
}

/** Each decade, or four round durations. */
function linesOf(log: boolean, low: number, high: number): readonly number[] {
  if (log) return Array.from({ length: Math.floor(high) - low + 1 }, (_, index) => 10 ** (low + index));
  const power = 10 ** Math.floor(Math.log10(high / 4));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= high / 4) ?? high;
  return Array.from({ length: Math.floor(high / step) + 1 }, (_, index) => index * step);
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

export interface HeldList {
  readonly shown: readonly TraceSummary[];
  /** Traces that wait until they are asked for. */
  readonly waiting: number;
}

/**
 * A list that is being read: its rows stay, even those that a search would no
 * longer find, and what is new waits.
 *
 * @param held rows as they were when the reading began; undefined while nobody reads
 */
export function heldList(
  found: readonly TraceSummary[],
  held: readonly TraceSummary[] | undefined,
): HeldList {
  if (held === undefined) return { shown: found, waiting: 0 };
  const byId = new Map(found.map((one) => [one.id, one]));
  const shown = held.map((one) => byId.get(one.id) ?? one);
  for (const { id } of held) byId.delete(id);
  return { shown, waiting: byId.size };
}
